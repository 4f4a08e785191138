import { describe, expect, it } from 'vitest';
import { EncodeWork, StatusFrames } from '../../../bench/layers/encode.js';
import { LAYER_FRAME_BYTES, LAYER_NAMES } from '../../../bench/layers/layer-table.js';
import { ChecksumSink } from '../../../bench/layers/layer-work.js';
import { makeLayerWork, measureLayer } from '../../../bench/layers/measure-layer.js';
import { dataFrames, frameLength, headBytes, misdirect } from '../../../bench/layers/packed-walk.js';
import { isUnverified } from '../../../bench/verify/unverified-error.js';
import { nativeStatus } from '../../../ts/index.js';

const native = nativeStatus().loaded;

describe.each(LAYER_NAMES)('the layer %s', (layer) => {
  it('brings out what went in, run after run, in TypeScript', () => {
    const work = makeLayerWork(layer, 'ts');
    expect([work.run(), work.run(), work.run()]).toEqual([work.expected, work.expected, work.expected]);
  });

  it.runIf(native)('does the same in C++', () => {
    const [work, ts] = [makeLayerWork(layer, 'native'), makeLayerWork(layer, 'ts')];
    expect([work.run(), work.run(), work.run()]).toEqual([work.expected, work.expected, work.expected]);
    expect([work.expected, work.operations]).toEqual([ts.expected, ts.operations]);
  });
});

describe('a measurement of a layer', () => {
  it('tells the time of one operation, and how many there were', () => {
    const { nanosPerOperation, operations, cycles } = measureLayer('stability', 'ts', 0.02);
    expect(nanosPerOperation).toBeGreaterThan(1);
    expect(operations).toBeGreaterThan(0);
    expect(cycles).toBeGreaterThanOrEqual(5);
  });

  it('is worth nothing when anything else comes out', () => {
    const sink = new ChecksumSink(7);
    sink.add(7);
    const wrong = () => sink.add(8);
    expect(wrong).toThrow('not verified: run 2 has the checksum 8, not 7');
    try {
      wrong();
    } catch (error) {
      expect(isUnverified(error)).toBe(true);
    }
  });
});

describe('packed frames', () => {
  const encoder = new EncodeWork('ts');
  const packed = encoder.wire.slice(0, encoder.makeBatch());

  it('are found where they lie, and are as long as they may be, but for the last', () => {
    const lengths = dataFrames(packed, packed.length).map((at) => frameLength(packed, at));
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([LAYER_FRAME_BYTES]));
    expect(encoder.hasRoom).toBe(true);
  });

  it('that carry nothing of a stream are passed over', () => {
    const { packed: status } = new StatusFrames(3);
    expect(dataFrames(status, status.length)).toEqual([]);
  });

  it('go to nobody when they are misdirected', () => {
    const [first = 0] = dataFrames(packed, packed.length);
    misdirect(packed, first);
    expect([...packed.subarray(first + 4, first + headBytes(packed, first))]).toEqual([0xfe, 0xff]);
  });
});

import { describe, expect, it } from 'vitest';
import { Burst } from '../../../../ts/data-plane/typescript/burst.js';
import { newHeader, Reject, StreamKind, validateHeader } from '../../../../ts/data-plane/typescript/frame.js';
import { MAX_BURST_BYTES, MAX_BURST_FRAMES } from '../../../../ts/data-plane/typescript/limits.js';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import { countingBytes, FrameBuilder } from './frame-builder.js';
import { datagramsOf } from './network.js';

const BYTES = 128 * 1024;

function setUp(checked = false) {
  const ring = new Ring(new Uint8Array(BYTES));
  ring.copyIn(0, countingBytes(BYTES), 0, BYTES);
  const burst = new Burst(checked);
  burst.begin([1, 2], true);
  const header = { ...newHeader(), flags: checked ? 1 : 0, sender: 4, destination: 0xffff, connectionLow: 5 };
  const add = (position: number, length: number): boolean => {
    if (!burst.fits(burst.dataFrameBytes(length))) return false;
    burst.addData(header, StreamKind.cast, 4, ring, position, length);
    return true;
  };
  return { burst, header, ring, add };
}

describe('a burst', () => {
  it('holds frames as their writer would write them', () => {
    const { burst, header, add } = setUp();
    add(0, 512);
    add(512, 64);
    expect(datagramsOf(burst)).toEqual([
      new FrameBuilder(header).data(StreamKind.cast, 4, 0, countingBytes(512)).bytes(),
      new FrameBuilder(header).data(StreamKind.cast, 4, 512, countingBytes(64)).bytes(),
    ]);
    expect([burst.frames, burst.segment, burst.bytes]).toEqual([2, 544, 544 + 96]);
    expect([burst.destinations, burst.all, burst.empty]).toEqual([[1, 2], true, false]);
  });

  it('holds a frame that goes round the end of the ring', () => {
    const { burst, header, add } = setUp();
    add(BYTES - 8, 24);
    const payload = Uint8Array.of(...countingBytes(BYTES).subarray(BYTES - 8), ...countingBytes(16));
    expect(datagramsOf(burst)).toEqual([new FrameBuilder(header).data(StreamKind.cast, 4, BYTES - 8, payload).bytes()]);
  });

  it('points into the ring and copies nothing', () => {
    const memory = new Uint8Array(8192);
    const burst = new Burst(false);
    burst.begin([1], false);
    burst.addData(newHeader(), StreamKind.cast, 0, new Ring(memory), 0, 4096);
    expect(burst.pieces.map((piece) => piece.length)).toEqual([32, 4096]);
    expect(burst.pieces[1]?.buffer).toBe(memory.buffer);
  });

  it('ends each frame with its own trailer if the view is checked', () => {
    const { burst, header, add } = setUp(true);
    add(0, 256);
    add(BYTES - 8, 256);
    const frames = datagramsOf(burst);
    expect(frames.map((frame) => validateHeader(frame, newHeader()))).toEqual([Reject.none, Reject.none]);
    expect(frames[0]).toEqual(new FrameBuilder(header).data(StreamKind.cast, 4, 0, countingBytes(256)).bytes());
  });

  it('takes one shorter frame, and only as the last', () => {
    const { add } = setUp();
    expect([add(0, 512), add(512, 512), add(1024, 504), add(1528, 504)]).toEqual([true, true, true, false]);
  });

  it('takes no longer frame than its first', () => {
    const { add } = setUp();
    expect([add(0, 512), add(512, 520)]).toEqual([true, false]);
  });

  it('ends after so many frames, and after so many bytes', () => {
    const small = setUp();
    let count = 0;
    while (small.add(8 * count, 8)) count++;
    expect(count).toBe(MAX_BURST_FRAMES);
    const large = setUp();
    count = 0;
    while (large.add(8192 * count, 8192)) count++;
    expect(count).toBe(Math.floor(MAX_BURST_BYTES / (8192 + 32)));
  });

  it('is empty when it begins anew', () => {
    const { burst, add } = setUp();
    add(0, 512);
    burst.begin([3], false);
    expect([burst.empty, burst.bytes, burst.firstPiece(burst.frames), burst.all, burst.destinations]).toEqual([
      true,
      0,
      0,
      false,
      [3],
    ]);
    expect(add(0, 4096)).toBe(true);
  });

  it('takes a frame that is written already, and adds its trailer', () => {
    const { burst, header } = setUp(true);
    const whole = new FrameBuilder(header).nakDone(StreamKind.cast, 4, 1).bytes();
    burst.addFrame(whole, whole.length - 8);
    expect(datagramsOf(burst)).toEqual([whole]);
  });
});

// Twin: native/test/frame_writer_test.cc
import { describe, expect, it } from 'vitest';
import {
  HEADER_BYTES,
  PartType,
  PROBE_BYTES,
  TRAILER_BYTES,
  writeProbe,
} from '../../../../ts/data-plane/typescript/frame.js';
import { FrameWriter } from '../../../../ts/data-plane/typescript/frame-writer.js';
import { CONTROL_FRAME_BYTES, MAX_FRAME_BYTES, MIN_FRAME_BYTES } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat, Stats } from '../../../../ts/data-plane/typescript/stats.js';
import { partsIn } from './lone-member.js';
import { CapturingSink, viewConfig } from './network.js';

/** Of rank 0 of four. */
function setUp(changes = {}) {
  const stats = new Stats();
  const writer = new FrameWriter(viewConfig({ members: 4, ...changes }), stats);
  const sink = new CapturingSink();
  writer.begin(sink);
  const probe = (time: number) =>
    writer.wrote(writeProbe(writer.control, writer.roomFor(PROBE_BYTES), PartType.probe, time, 0));
  return { stats, writer, sink, probe };
}

describe('the frame writer', () => {
  it('gathers parts for one member in one frame, and sends nothing where there is nothing to say', () => {
    const { writer, sink, probe } = setUp();
    writer.flush();
    writer.to(3);
    expect(writer.hasControl).toBe(false);
    probe(1);
    writer.to(3);
    probe(2);
    expect([writer.hasControl, sink.bursts]).toEqual([true, []]);
    writer.to(2);
    probe(3);
    writer.flush();
    writer.to(1);
    writer.flush();
    expect(sink.bursts.map(({ to, all, frames }) => [to, all, frames.length])).toEqual([
      [[3], false, 1],
      [[2], false, 1],
    ]);
    expect(partsIn(sink.take()).map(({ to, timeLow }) => [to, timeLow])).toEqual([
      [3, 1],
      [3, 2],
      [2, 3],
    ]);
  });

  it.each([false, true])('sends a control frame that is full, and begins another (checked: %s)', (checked) => {
    const { writer, sink, probe } = setUp({ checked });
    const fit = Math.floor((CONTROL_FRAME_BYTES - HEADER_BYTES - (checked ? TRAILER_BYTES : 0)) / PROBE_BYTES);
    writer.to(2);
    for (let i = 0; i < fit; i++) probe(i);
    expect(sink.bursts).toEqual([]);
    probe(fit);
    expect(partsIn(sink.take())).toHaveLength(fit);
    writer.flush();
    expect(partsIn(sink.take())).toMatchObject([{ to: 2, timeLow: fit }]);
  });

  it('counts what the sink refuses, and is blocked until it begins again', () => {
    const { stats, writer, sink, probe } = setUp();
    sink.room = 0;
    writer.to(2);
    probe(1);
    writer.flush();
    expect([writer.blocked, writer.hasControl, stats.get(Stat.refusedBySocket)]).toEqual([true, false, 1]);
    sink.room = 1;
    writer.begin(sink);
    writer.flush();
    expect([writer.blocked, sink.bursts]).toEqual([false, []]);
  });

  it('leaves room in a full frame for what is around the stream bytes, in whole words', () => {
    for (const frameBytes of [MIN_FRAME_BYTES, 1472, MAX_FRAME_BYTES]) {
      for (const checked of [false, true]) {
        const { writer } = setUp({ frameBytes, checked });
        const { maxFrameData, burst } = writer;
        expect(maxFrameData % 8).toBe(0);
        expect(burst.dataFrameBytes(maxFrameData)).toBeLessThanOrEqual(frameBytes);
        expect(burst.dataFrameBytes(maxFrameData + 8)).toBeGreaterThan(frameBytes);
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { PartType, Reject, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { from, partsIn, RING, setUp } from './lone-member.js';
import { Member, viewConfig } from './network.js';

const { cast } = StreamKind;

describe('the resender', () => {
  it('sends again what a NAK asks for, to the one who asked, and says when it is done', () => {
    const { member, plane, out } = setUp();
    member.write(out, 256);
    member.poll(0);
    member.sink.take();
    member.receive(
      from(2)
        .nak(cast, 0, 77, [
          [64, 64],
          [192, 8],
        ])
        .bytes(),
      10,
    );
    member.poll(10);
    expect(member.sink.bursts.map(({ to, all }) => [to, all])).toEqual([
      [[2], false],
      [[2], false],
    ]);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.data, position: 64, length: 64, to: 2 },
      { type: PartType.data, position: 192, length: 8 },
      { type: PartType.nakDone, serial: 77 },
    ]);
    expect(plane.stats.get(Stat.resentBytes)).toBe(72);
  });

  it('sends again of what a NAK asks for what it holds, and does not answer one that names nothing of it', () => {
    const { member, plane, out } = setUp();
    member.write(out, 128);
    member.poll(0);
    member.sink.take();
    const ask = (serial: number, ...ranges: [number, number][]) => {
      member.receive(from(2).nak(cast, 0, serial, ranges).bytes(), 10);
      member.poll(10);
      return partsIn(member.sink.take());
    };
    expect(ask(1, [64, 128], [192, 64])).toMatchObject([
      { type: PartType.data, position: 64, length: 64 },
      { type: PartType.nakDone, serial: 1 },
    ]);
    expect(plane.stats.getRejected(Reject.overrun)).toBe(0);
    expect(ask(2, [128, 64], [256, 8])).toEqual([]);
    expect(ask(1, [64, 64])).toMatchObject([{ type: PartType.nakDone, serial: 1 }]); // a repeat: the bytes went out once
    expect(plane.stats.getRejected(Reject.overrun)).toBe(1);
  });

  it('counts as sent again just what was asked for, with trailers or without', () => {
    for (const checked of [false, true]) {
      const { member, plane, out } = setUp({ checked });
      member.write(out, RING);
      member.poll(0);
      const ask = from(2, { flags: checked ? 1 : 0 });
      const ranges = [[0, 4096] as const, [4104, 8] as const];
      member.receive(ask.nak(cast, 0, 1, ranges).bytes(), 10);
      member.poll(10);
      expect(plane.stats.get(Stat.resentBytes)).toBe(4096 + 8);
    }
  });

  it('sends a bounded amount of resends, and says that there is more', () => {
    const ring = 1024 * 1024;
    const member = new Member(viewConfig({ members: 3, frameBytes: 65504 }));
    member.write(member.openSend(cast, ALL_RANKS, ring), ring);
    while (member.poll(0) === 0) {}
    member.sink.take();
    for (let serial = 1; serial <= 5; serial++) {
      const all = [[0, ring]] as const;
      member.receive(from(1).nak(cast, 0, serial, all).bytes(), 10);
    }
    const bytesIn = (frames: readonly Uint8Array[]) =>
      partsIn(frames).reduce((sum, { type, length }) => sum + (type === PartType.data ? length : 0), 0);
    let sum = 0;
    for (let deadline = 10; deadline === 10; ) {
      deadline = member.poll(10);
      const bytes = bytesIn(member.sink.take());
      expect(bytes).toBeLessThan(ring + 65504);
      sum += bytes;
    }
    expect(sum).toBe(5 * ring);
  });

  it('sends the rest of a resend that the sink interrupted', () => {
    const { member, out } = setUp();
    member.write(out, RING);
    member.poll(0);
    member.sink.take();
    member.receive(
      from(2)
        .nak(cast, 0, 1, [[0, RING]])
        .bytes(),
      10,
    );
    member.sink.room = 0;
    member.poll(10);
    member.sink.room = Number.POSITIVE_INFINITY;
    member.poll(20);
    const parts = partsIn(member.sink.take()).filter(({ type }) => type === PartType.data);
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(RING);
    expect(parts[0]?.position).toBe(0);
  });
});

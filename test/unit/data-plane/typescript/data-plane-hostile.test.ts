// Frames from somebody who means harm and knows the connection: nothing may throw, hang, or grow.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../ts/data-plane/typescript/crc32c.js';
import { Reject, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import {
  ALL_RANKS,
  MAX_INTERVALS,
  MAX_OUTSTANDING_NAKS,
  MAX_POSITION,
  STREAM_KINDS,
} from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { countingBytes, FrameBuilder } from './frame-builder.js';
import { CONNECTION_HIGH, CONNECTION_LOW, Member, viewConfig } from './network.js';

const MEMBERS = 3;
const RING = 64 * 1024;

function victim(): Member {
  const member = new Member(viewConfig({ members: MEMBERS }));
  const out = member.openSend(StreamKind.cast, ALL_RANKS, RING);
  for (const origin of [1, 2]) member.openReceive(StreamKind.cast, origin, RING);
  member.write(out, 4096);
  member.poll(0);
  member.sink.take();
  return member;
}

function from(sender: number): FrameBuilder {
  return new FrameBuilder({
    sender,
    destination: ALL_RANKS,
    connectionLow: CONNECTION_LOW,
    connectionHigh: CONNECTION_HIGH,
  });
}

const position = fc.oneof(
  fc.nat(2 * RING).map((p) => p - (p % 8)),
  fc.nat(2 * RING),
  fc.constantFrom(0, 8, RING - 8, RING, 2 ** 32, 2 ** 53 - 8, MAX_POSITION),
);
const stream = fc.integer({ min: 0, max: STREAM_KINDS - 1 }) as fc.Arbitrary<StreamKind>;
const rank = fc.nat(MEMBERS - 1);
const number32 = fc.oneof(fc.nat(5), fc.nat(0xffffffff));
const part: fc.Arbitrary<(builder: FrameBuilder) => FrameBuilder> = fc.oneof(
  fc.tuple(stream, rank, position, fc.nat(20)).map(
    ([s, r, p, n]) =>
      (b: FrameBuilder) =>
        b.data(s, r, p, countingBytes(8 * n)),
  ),
  fc.tuple(stream, rank, number32, fc.array(fc.tuple(position, position), { minLength: 1, maxLength: 64 })).map(
    ([s, r, n, ranges]) =>
      (b: FrameBuilder) =>
        b.nak(s, r, n, ranges),
  ),
  fc.tuple(stream, rank, position, position, position).map(
    ([s, r, p, q, t]) =>
      (b: FrameBuilder) =>
        b.status(s, r, p, q, t),
  ),
  fc.tuple(stream, rank, fc.boolean(), position, position).map(
    ([s, r, a, p, q]) =>
      (b: FrameBuilder) =>
        b.heartbeat(s, r, a, Math.max(p, q), Math.min(p, q)),
  ),
  fc.tuple(number32, number32).map(
    ([l, h]) =>
      (b: FrameBuilder) =>
        b.probe(l, h),
  ),
  fc.tuple(number32, number32).map(
    ([l, h]) =>
      (b: FrameBuilder) =>
        b.probeReply(l, h),
  ),
  fc.tuple(stream, rank, number32).map(
    ([s, r, n]) =>
      (b: FrameBuilder) =>
        b.nakDone(s, r, n),
  ),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => (b: FrameBuilder) => b.raw(bytes)),
);

describe('hostile frames', () => {
  it('of any parts from any member do no harm', () => {
    const frames = fc.array(fc.tuple(rank, fc.array(part, { minLength: 1, maxLength: 3 })), { maxLength: 30 });
    fc.assert(
      fc.property(frames, (list) => {
        const member = victim();
        let now = 1000;
        for (const [sender, parts] of list) {
          member.receive(parts.reduce((builder, add) => add(builder), from(sender)).bytes(), now);
          now += 500;
          member.poll(now);
          member.sink.take();
        }
        for (const origin of [1, 2]) expect(member.plane.received(origin)).toBeLessThanOrEqual(RING);
      }),
      { numRuns: 300 },
    );
  });

  it('of any bytes do no harm', () => {
    const member = victim();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, checked) => {
        const frame = from(1).raw(bytes).bytes();
        if (checked && frame.length >= 32) {
          frame[3] = 1;
          new DataView(frame.buffer).setUint32(frame.length - 8, crc32c(frame, frame.length - 8), true);
        }
        member.receive(frame, 0);
        member.receive(bytes, 0);
      }),
      { numRuns: 1000 },
    );
    expect(member.poll(10_000)).toBeGreaterThanOrEqual(0);
  });

  it('with a gap after every word hold no more than so many runs and NAKs', () => {
    const member = victim();
    for (let i = 0; i < RING / 16; i++) {
      member.receive(
        from(1)
          .data(StreamKind.cast, 1, 16 * i + 8, countingBytes(8))
          .bytes(),
        i,
      );
      member.poll(i + 200);
      member.sink.take();
    }
    const { stats } = member.plane;
    expect(stats.getRejected(Reject.overrun)).toBe(RING / 16 - MAX_INTERVALS);
    // Each was asked for first as long as there was room for it; all else are repeats, further and further apart.
    expect(stats.get(Stat.naksSent)).toBeGreaterThanOrEqual(MAX_OUTSTANDING_NAKS);
    expect(stats.get(Stat.naksSent)).toBeLessThan(8 * MAX_OUTSTANDING_NAKS);
  });

  it('on streams that nobody opened make no more wishes than there are streams', () => {
    const member = victim();
    for (let i = 0; i < 1000; i++) {
      for (const kind of [StreamKind.pt2pt, StreamKind.controlPt2pt]) {
        member.receive(
          from(1 + (i % 2))
            .data(kind, 1 + (i % 2), 8 * i, countingBytes(8))
            .bytes(),
          i,
        );
      }
    }
    let wishes = 0;
    while (member.plane.takeWanted() !== undefined) wishes++;
    expect(wishes).toBe(4);
  });

  it('that ask for everything a thousand times are answered from a bounded queue', () => {
    const member = victim();
    const ranges = Array.from({ length: 64 }, (_, i) => [64 * i, 8] as const);
    member.sink.room = 0;
    for (let i = 0; i < 1000; i++) {
      member.receive(from(1).nak(StreamKind.cast, 0, i, ranges).bytes(), i);
      member.poll(i);
    }
    member.sink.room = Number.POSITIVE_INFINITY;
    member.poll(2000);
    const bytes = member.sink.take().reduce((sum, frame) => sum + frame.length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(8192 * 64);
  });
});

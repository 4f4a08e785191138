import { describe, expect, it } from 'vitest';
import { DataPlaneCore } from '../../../../ts/data-plane/typescript/data-plane.js';
import { PartType, Reject, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, NEVER, PROBE_INTERVAL_US } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { countingBytes, type FrameBuilder } from './frame-builder.js';
import { from, partsIn, RING, setUp, typesIn } from './lone-member.js';
import { Member, viewConfig } from './network.js';

const { cast, controlCast, pt2pt } = StreamKind;

describe('opening a stream', () => {
  const { member } = setUp();
  const open = (kind: StreamKind, to: number) => () => member.openSend(kind, to, RING);
  const openReceive = (origin: number) => () => member.openReceive(cast, origin, RING);

  it('is refused twice', () => {
    expect(open(cast, ALL_RANKS)).toThrow('refused');
    expect(openReceive(1)).toThrow('refused');
  });

  it('is refused for ranks outside the view, for oneself, and for a cast to one', () => {
    for (const to of [0, 3, ALL_RANKS]) expect(open(pt2pt, to)).toThrow('refused');
    expect(open(controlCast, 1)).toThrow('refused');
    for (const origin of [0, 3, ALL_RANKS]) expect(openReceive(origin)).toThrow('refused');
  });

  it('is asked for when a pt2pt stream that is not open has sent, once', () => {
    const { member, plane } = setUp();
    const frame = from(1).data(pt2pt, 1, 0, countingBytes(8)).bytes();
    member.receive(frame, 0);
    member.receive(frame, 0);
    expect(plane.stats.getRejected(Reject.stream)).toBe(2);
    expect(plane.hasWanted).toBe(true);
    expect(plane.takeWanted()).toEqual({ origin: 1, kind: pt2pt });
    expect([plane.takeWanted(), plane.hasWanted]).toEqual([undefined, false]);
  });

  it('is not asked for where a cast is not open', () => {
    const { member, plane } = setUp();
    member.receive(from(1).data(controlCast, 1, 0, countingBytes(8)).bytes(), 0);
    expect([plane.stats.getRejected(Reject.stream), plane.hasWanted]).toEqual([1, false]);
  });
});

describe('a frame is dropped whole', () => {
  const done = (builder: FrameBuilder) => builder.nakDone(cast, 1, 1).bytes();

  it.each([
    ['from outside the view', done(from(3)), Reject.rank],
    ['from myself', done(from(0)), Reject.rank],
    ['for another member', done(from(1, { destination: 2 })), Reject.rank],
    ['of another connection', done(from(1, { connectionLow: 1 })), Reject.connection],
    ['with a malformed last part', from(1).status(cast, 0, 0, 0, 0).raw([9, 0, 0, 0, 0, 0, 0, 0]).bytes(), Reject.part],
    ['that is too short', new Uint8Array(23), Reject.short],
  ])('%s', (_, frame, reason) => {
    const { member, plane } = setUp();
    member.receive(frame, 0);
    expect(plane.stats.getRejected(reason)).toBe(1);
    expect(plane.stats.get(Stat.statusReceived)).toBe(0);
  });

  it('from a member that failed', () => {
    const { member, plane } = setUp();
    plane.exclude(1);
    member.receive(done(from(1)), 0);
    expect(plane.stats.getRejected(Reject.rank)).toBe(1);
  });

  it('without a checksum where the view demands one', () => {
    const { member, plane } = setUp({ checked: true });
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    expect([plane.stats.getRejected(Reject.checksum), plane.received(1)]).toEqual([1, 0]);
    member.receive(from(1, { flags: 1 }).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    expect(plane.received(1)).toBe(8);
  });
});

describe('a part is skipped by itself', () => {
  it.each([
    ['DATA of a stream that the sender may not speak for', from(2).data(cast, 1, 0, countingBytes(8)), Reject.origin],
    ['HEARTBEAT of another origin', from(2).heartbeat(cast, 1, true, 8, 0), Reject.origin],
    ['STATUS about a stream that is not mine', from(1).status(cast, 2, 0, 0, 0), Reject.origin],
    ['STATUS about a stream that is not open', from(1).status(pt2pt, 0, 0, 0, 0), Reject.stream],
    ['STATUS about what was never sent', from(1).status(cast, 0, 8, 8, 8), Reject.overrun],
    ['DATA beyond flow control', from(1).data(cast, 1, RING, countingBytes(8)), Reject.overrun],
    ['HEARTBEAT beyond flow control', from(1).heartbeat(cast, 1, true, RING + 8, 0), Reject.overrun],
    ['NAK for what was never sent', from(1).nak(cast, 0, 1, [[0, 8]]), Reject.overrun],
    ['NAK about a stream of mine that is not open', from(1).nak(controlCast, 0, 1, [[0, 8]]), Reject.stream],
    ['NAK about a stream of another that is not open', from(1).nak(controlCast, 2, 1, [[0, 8]]), Reject.stream],
    ['NAK about sends of another to one member', from(1).nak(pt2pt, 2, 1, [[0, 8]]), Reject.stream],
    ['NAK_DONE of a stream that the sender may not speak for', from(2).nakDone(cast, 1, 1), Reject.origin],
    ['NAK_DONE of a stream that is not open', from(1).nakDone(controlCast, 1, 1), Reject.stream],
    ['PROBE_REPLY from the future', from(1).probeReply(1001, 0), Reject.overrun],
    ['PROBE_REPLY with a time that no number holds', from(1).probeReply(0, 0xffffffff), Reject.overrun],
  ])('%s', (_, builder, reason) => {
    const { member, plane } = setUp();
    member.receive(builder.bytes(), 1000);
    expect(plane.stats.getRejected(reason)).toBe(1);
    expect(plane.stats.rejected.reduce((sum, count) => sum + count)).toBe(1);
  });

  it('and what follows it in the frame counts', () => {
    const { member, plane } = setUp();
    member.receive(from(1).status(cast, 2, 0, 0, 0).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    expect([plane.stats.getRejected(Reject.origin), plane.received(1)]).toEqual([1, 8]);
  });
});

describe('polling', () => {
  it('has nothing to wait for in a view where nothing happens', () => {
    const { member } = setUp();
    expect(member.poll(1000)).toBe(NEVER);
    expect(member.sink.take()).toEqual([]);
  });

  it('returns a PROBE with every bit of its time', () => {
    const { member } = setUp();
    member.receive(from(2).probe(0xfffffffe, 0x89abcdef).bytes(), 0);
    member.poll(0);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.probeReply, timeLow: 0xfffffffe, timeHigh: 0x89abcdef, to: 2 },
      { type: PartType.probe },
    ]);
  });

  it('probes no more often than needed', () => {
    const { member } = setUp();
    const probesAt = (now: number) => {
      member.receive(from(1).heartbeat(cast, 1, true, 0, 0).bytes(), now);
      member.poll(now);
      return typesIn(member.sink.take()).filter((type) => type === PartType.probe).length;
    };
    const later = 2 ** 33;
    expect([probesAt(later), probesAt(later + 1), probesAt(later + PROBE_INTERVAL_US)]).toEqual([1, 0, 1]);
  });

  it('tells JavaScript once that there is something new', () => {
    const { member, plane, out } = setUp();
    expect(plane.takeNews()).toBe(false);
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    expect([plane.takeNews(), plane.takeNews()]).toEqual([true, false]);
    member.write(out, 8);
    member.poll(0);
    member.receive(from(1).status(cast, 0, 8, 8, 8).bytes(), 0);
    expect(plane.takeNews()).toBe(true);
    plane.exclude(2);
    expect(plane.takeNews()).toBe(true);
  });
});

describe('the ranks of a view', () => {
  it('are checked wherever the control plane names one', () => {
    const { plane } = setUp();
    for (const rank of [3, ALL_RANKS]) {
      plane.exclude(rank);
      plane.setHolder(rank, 1, 0);
      plane.setHolder(1, rank, 0);
      plane.stopAt(rank, 0);
      expect(plane.received(rank)).toBe(0);
    }
    plane.exclude(0);
    plane.setHolder(0, 1, 0);
    expect([plane.received(0), plane.received(1)]).toEqual([0, 0]);
  });

  it('may be one alone', () => {
    const plane = new DataPlaneCore(viewConfig({ members: 1 }));
    expect(plane.poll(0, { send: () => false })).toBe(NEVER);
    expect(plane.blocked).toBe(false);
  });

  // Its ring was full, it waits for room; the plane makes room in poll() itself.
  it('may be one alone, who has news of the room that there is again', () => {
    const member = new Member(viewConfig({ members: 1 }));
    const out = member.openSend(cast, ALL_RANKS, RING);
    for (let end = RING; end < 4 * RING; end += RING) {
      out.goal = end;
      expect(member.publish()).toBe(true);
      member.poll(0);
      expect(member.plane.takeNews()).toBe(true);
      member.poll(0);
      expect(member.plane.takeNews()).toBe(false);
    }
  });
});

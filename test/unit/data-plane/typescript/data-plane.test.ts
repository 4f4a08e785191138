import { describe, expect, it } from 'vitest';
import { DataPlaneCore } from '../../../../ts/data-plane/typescript/data-plane.js';
import {
  type FrameHeader,
  newHeader,
  newPart,
  PartType,
  partsEnd,
  Reject,
  readPart,
  StreamKind,
  validateHeader,
} from '../../../../ts/data-plane/typescript/frame.js';
import {
  ALL_RANKS,
  HEARTBEAT_MIN_US,
  NEVER,
  PROBE_INTERVAL_US,
  STATUS_DELAY_US,
} from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { countingBytes, FrameBuilder } from './frame-builder.js';
import { CONNECTION_HIGH, CONNECTION_LOW, Member, viewConfig } from './network.js';

const { cast, controlCast, pt2pt } = StreamKind;
const RING = 8192;

function from(sender: number, changes: Partial<FrameHeader> = {}): FrameBuilder {
  const header = { sender, destination: ALL_RANKS, connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
  return new FrameBuilder({ ...header, ...changes });
}

/** The parts of frames that a member sent, as [to, type, position or serial]. */
function partsIn(frames: readonly Uint8Array[]) {
  const parts = [];
  for (const frame of frames) {
    const header = newHeader();
    expect(validateHeader(frame, header)).toBe(Reject.none);
    const end = partsEnd(frame, header);
    for (let offset = 16; offset < end; ) {
      const part = newPart();
      offset = readPart(frame, offset, end, 1024, part);
      parts.push({ ...part, to: header.destination });
    }
  }
  return parts;
}

const typesIn = (frames: readonly Uint8Array[]) => partsIn(frames).map(({ type }) => type);

/** Rank 0 of three, with a cast stream each way. */
function setUp(changes = {}) {
  const member = new Member(viewConfig({ members: 3, ...changes }));
  const out = member.openSend(cast, ALL_RANKS, RING);
  const inbound = member.openReceive(cast, 1, RING);
  member.openReceive(cast, 2, RING);
  return { member, plane: member.plane, out, inbound };
}

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
  it('sends new data to all live receivers at once, and then waits for STATUS', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    expect(member.poll(1000)).toBe(1000 + HEARTBEAT_MIN_US);
    expect(member.sink.bursts).toEqual([{ to: [1, 2], all: true, frames: [expect.any(Uint8Array)] }]);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.data, position: 0, length: 64, to: ALL_RANKS },
    ]);
    expect(plane.stats.get(Stat.dataBytesSent)).toBe(64);
  });

  it('has nothing to wait for in a view where nothing happens', () => {
    const { member } = setUp();
    expect(member.poll(1000)).toBe(NEVER);
    expect(member.sink.take()).toEqual([]);
  });

  it('offers data again that the sink refused', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    member.sink.room = 0;
    member.poll(1000);
    expect([plane.blocked, plane.stats.get(Stat.refusedBySocket)]).toEqual([true, 1]);
    member.sink.room = 1;
    member.poll(1001);
    expect([plane.blocked, typesIn(member.sink.take())]).toEqual([false, [PartType.data]]);
  });

  it('tells what was received after a while, or at once after an eighth of a ring', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 1000);
    expect(member.poll(1000)).toBe(1000 + STATUS_DELAY_US);
    expect(member.sink.take()).toEqual([]);
    member.poll(1000 + STATUS_DELAY_US);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.status, stream: cast, origin: 1, position: 8, consumed: 0, seen: 8, to: 1 },
      { type: PartType.probe, timeLow: 1000 + STATUS_DELAY_US },
    ]);
    member.receive(
      from(1)
        .data(cast, 1, 8, countingBytes(RING / 8))
        .bytes(),
      4000,
    );
    member.poll(4000);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, position: 8 + RING / 8 }]);
  });

  it('answers a HEARTBEAT that asks', () => {
    const { member } = setUp();
    member.receive(from(1).heartbeat(cast, 1, true, 0, 0).bytes(), 0);
    member.poll(0);
    expect(typesIn(member.sink.take())).toEqual([PartType.status, PartType.probe]);
  });

  it('tells every origin that lives, and that it has something of, what that is, when that is wished for', () => {
    const { member, plane } = setUp();
    member.receive(from(2).data(cast, 2, 0, countingBytes(8)).bytes(), 0);
    plane.answerAll();
    plane.exclude(2);
    expect(member.poll(0)).toBe(NEVER);
    expect(member.sink.take()).toEqual([]);
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    plane.answerAll();
    member.poll(0);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, origin: 1, position: 8, to: 1 }, {}]);
  });

  it('asks with a HEARTBEAT those who lag, and only those', () => {
    const { member, out } = setUp();
    member.write(out, 64);
    member.poll(0);
    member.sink.take();
    member.receive(from(1).status(cast, 0, 64, 64, 64).bytes(), 100);
    member.poll(HEARTBEAT_MIN_US);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.heartbeat, serial: 1, position: 64, consumed: 0, to: 2 },
      { type: PartType.probe },
    ]);
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

  it('asks the origin for what is missing', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 64, countingBytes(8)).bytes(), 0);
    member.poll(200);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.nak, origin: 1, serial: 1, length: 1, to: 1 },
      {},
    ]);
  });

  it('knows how much waits to be sent, whether it was polled since or not', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    expect(plane.unsentBytes()).toBe(64);
    member.poll(0);
    expect(plane.unsentBytes()).toBe(0);
  });

  it('tells in STATUS how much it was told to be stable', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 0, countingBytes(64)).heartbeat(cast, 1, true, 64, 48).bytes(), 0);
    member.poll(0);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, serial: 48 }, {}]);
  });

  it('tells what is stable again and again, until it is confirmed', () => {
    const { member, out } = setUp();
    member.write(out, 64);
    let now = member.poll(0);
    for (const rank of [1, 2]) member.receive(from(rank).status(cast, 0, 64, 64, 64).bytes(), 100);
    member.receive(from(2).status(cast, 0, 64, 64, 64, 64).bytes(), 100);
    for (let i = 0; i < 5; i++) {
      member.sink.take();
      now = member.poll(now);
      expect(partsIn(member.sink.take()).filter(({ type }) => type === PartType.heartbeat)).toMatchObject([
        { position: 64, consumed: 64, serial: 1, to: 1 },
      ]);
    }
    member.receive(from(1).status(cast, 0, 64, 64, 64, 64).bytes(), now);
    expect(member.poll(now)).toBe(NEVER);
    expect(typesIn(member.sink.take())).toEqual([]);
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

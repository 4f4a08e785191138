// Views that tell at once what has arrived and what is stable: when, how often, and that it comes to an end.
// Twin: native/test/data_plane_prompt_test.cc
import { describe, expect, it } from 'vitest';
import { SLOT_WORDS, WORD_STABLE } from '../../../../ts/data-plane/typescript/counters.js';
import {
  type FrameHeader,
  newHeader,
  newPart,
  PartType,
  partsEnd,
  readPart,
  StreamKind,
  validateHeader,
} from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, HEARTBEAT_MIN_US, NEVER, STATUS_DELAY_US } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { FrameBuilder } from './frame-builder.js';
import {
  CONNECTION_HIGH,
  CONNECTION_LOW,
  Member,
  Network,
  type NetworkOptions,
  patternByte,
  type Stream,
  viewConfig,
} from './network.js';

const { cast, controlCast, pt2pt } = StreamKind;
const RING = 8192;
const MINUTE = 60_000_000;

function from(sender: number, changes: Partial<FrameHeader> = {}): FrameBuilder {
  const header = { sender, destination: ALL_RANKS, connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
  return new FrameBuilder({ ...header, ...changes });
}

/** The right bytes [begin, end) of a stream of `origin`, sent by itself. */
function dataFrom(origin: number, begin: number, end: number, kind: StreamKind = cast): Uint8Array {
  const payload = Uint8Array.from({ length: end - begin }, (_, i) => patternByte(origin, kind, begin + i));
  return from(origin).data(kind, origin, begin, payload).bytes();
}

/** What was sent since the last look: the parts but PROBEs, each with the rank that its frame is for. */
function takeParts(member: Member) {
  const parts = [];
  for (const frame of member.sink.take()) {
    const header = newHeader();
    validateHeader(frame, header);
    for (let offset = 16; offset < partsEnd(frame, header); ) {
      const part = newPart();
      offset = readPart(frame, offset, partsEnd(frame, header), 1024, part);
      if (part.type !== PartType.probe) parts.push({ ...part, to: header.destination });
    }
  }
  return parts;
}

/** Rank 0 of a view that is prompt if not said otherwise, with a cast stream each way. */
function setUp(changes = {}, ringBytes = RING) {
  const member = new Member(viewConfig({ members: 3, prompt: true, ...changes }));
  const out = member.openSend(cast, ALL_RANKS, ringBytes);
  const inbound = member.openReceive(cast, 1, ringBytes);
  return { member, plane: member.plane, out, inbound };
}

describe('what has arrived of a prompt view', () => {
  it('is told in the step in which it came, once however many frames it came in', () => {
    const { member } = setUp();
    member.openReceive(cast, 2, RING);
    for (let p = 0; p < 20 * 32; p += 32) member.receive(dataFrom(1, p, p + 32), 1000);
    member.receive(dataFrom(2, 0, 64), 1000);
    expect(member.poll(1000)).toBe(NEVER);
    expect(takeParts(member)).toMatchObject([
      { type: PartType.status, origin: 1, position: 20 * 32, to: 1 },
      { type: PartType.status, origin: 2, position: 64, to: 2 },
    ]);
    expect(member.poll(1000)).toBe(NEVER);
    expect(takeParts(member)).toEqual([]);
  });

  it('takes what waited for a STATUS anyway with it', () => {
    const { member, inbound } = setUp();
    member.receive(dataFrom(1, 0, 64), 1000);
    member.poll(1000);
    takeParts(member);
    member.read(inbound, 64);
    expect(member.poll(1000)).toBe(1000 + STATUS_DELAY_US);
    expect(takeParts(member)).toEqual([]);
    member.receive(dataFrom(1, 64, 128), 1500);
    expect(member.poll(1500)).toBe(NEVER);
    expect(takeParts(member)).toMatchObject([{ type: PartType.status, position: 128, consumed: 64 }]);
  });

  it.each([
    ['lies beyond a gap', dataFrom(1, 128, 192)],
    ['came twice', dataFrom(1, 0, 64)],
    ['is of a control cast', dataFrom(1, 0, 64, controlCast)],
    ['is of a pt2pt stream', dataFrom(1, 0, 64, pt2pt)],
  ])('waits as ever if it %s', (_, frame) => {
    const { member } = setUp();
    for (const kind of [controlCast, pt2pt]) member.openReceive(kind, 1, RING);
    member.receive(dataFrom(1, 0, 64), 1000);
    member.poll(1000);
    takeParts(member);
    const statusAt = (now: number) => {
      member.poll(now);
      return takeParts(member).filter(({ type }) => type === PartType.status).length;
    };
    member.receive(frame, 2000);
    expect([statusAt(2000), statusAt(2000 + STATUS_DELAY_US)]).toEqual([0, 1]);
  });
});

describe('what has become stable in a prompt view', () => {
  /** Rank 0 has sent 64 bytes at 1000. */
  function sent(changes = {}) {
    const made = setUp(changes);
    made.member.write(made.out, 64);
    made.member.poll(1000);
    takeParts(made.member);
    return made;
  }

  const status = (rank: number, received: number, consumed: number, stable = 0) =>
    from(rank).status(cast, 0, received, consumed, received, stable).bytes();

  it('is told to all in the step in which it did, once, and asks for nothing', () => {
    const { member } = sent();
    member.receive(status(1, 64, 0), 1100);
    member.poll(1100);
    expect(takeParts(member)).toEqual([]);
    for (const received of [32, 64]) member.receive(status(2, received, 0), 1200);
    expect(member.poll(1200)).toBe(1000 + HEARTBEAT_MIN_US);
    const told = { type: PartType.heartbeat, position: 64, consumed: 64, serial: 0 };
    expect(takeParts(member)).toMatchObject([
      { ...told, to: 1 },
      { ...told, to: 2 },
    ]);
    member.poll(1200);
    expect(takeParts(member)).toEqual([]);
  });

  it('is all that the HEARTBEAT announces which only tells it', () => {
    const { member, out } = sent({ members: 2 });
    member.write(out, 128);
    member.poll(1100);
    takeParts(member);
    member.receive(status(1, 64, 0), 1200);
    member.poll(1200);
    expect(takeParts(member)).toMatchObject([{ type: PartType.heartbeat, position: 64 }]);
  });

  it('is asked about, where that was not confirmed, as soon as it would be without', () => {
    const { member } = sent({ members: 2 });
    member.receive(status(1, 64, 64), 1200);
    expect(member.poll(1200)).toBe(1000 + HEARTBEAT_MIN_US);
    takeParts(member);
    member.poll(1000 + HEARTBEAT_MIN_US);
    expect(takeParts(member)).toMatchObject([{ type: PartType.heartbeat, position: 64, consumed: 64, serial: 1 }]);
    member.receive(status(1, 64, 64, 64), 6000);
    expect(member.poll(6000)).toBe(NEVER);
    expect(takeParts(member)).toEqual([]);
  });

  it('of control casts is told as late as ever', () => {
    const member = new Member(viewConfig({ prompt: true }));
    member.write(member.openSend(controlCast, ALL_RANKS, RING), 64);
    member.poll(1000);
    takeParts(member);
    member.receive(from(1).status(controlCast, 0, 64, 64, 64).bytes(), 1100);
    expect(member.poll(1100)).toBeGreaterThan(1100);
    expect(takeParts(member)).toEqual([]);
  });

  it('only because somebody was excluded is not told: who is taken for failed may live', () => {
    const { member, plane } = sent();
    member.receive(status(1, 64, 0), 1100);
    member.poll(1100);
    plane.exclude(2);
    member.poll(1200);
    expect(takeParts(member)).toEqual([]);
  });

  it('is confirmed by a receiver once, with what it consumes meanwhile', () => {
    const { member, inbound } = setUp();
    member.receive(dataFrom(1, 0, 64), 1000);
    member.poll(1000);
    takeParts(member);
    for (let i = 0; i < 2; i++) member.receive(from(1).heartbeat(cast, 1, false, 64, 64).bytes(), 2000);
    expect(member.poll(2000)).toBe(2000 + STATUS_DELAY_US);
    member.read(inbound, 64);
    member.poll(2000 + STATUS_DELAY_US - 1);
    expect(takeParts(member)).toEqual([]);
    expect(member.poll(2000 + STATUS_DELAY_US)).toBe(NEVER);
    expect(takeParts(member)).toMatchObject([{ type: PartType.status, position: 64, consumed: 64, serial: 64 }]);
  });

  it.each([false, true])('is news for JavaScript: of others only there, of my own anyway (prompt: %s)', (prompt) => {
    const { member, plane } = sent({ members: 2, prompt });
    member.receive(dataFrom(1, 0, 64), 1100);
    plane.takeNews();
    const newsAfter = (frame: Uint8Array) => {
      member.receive(frame, 1200);
      return plane.takeNews();
    };
    expect(newsAfter(from(1).heartbeat(cast, 1, false, 64, 0).bytes())).toBe(false);
    expect(newsAfter(from(1).heartbeat(cast, 1, false, 64, 48).bytes())).toBe(prompt);
    expect(newsAfter(from(1).heartbeat(cast, 1, false, 64, 48).bytes())).toBe(false);
    expect(newsAfter(status(1, 64, 0))).toBe(true);
  });
});

describe('the members of a prompt view', () => {
  function network(changes: Partial<NetworkOptions> = {}): Network {
    const usual = { members: 3, seed: 1, ringBytes: RING, lossPercent: 0, duplicatePercent: 0, delayUs: 50 };
    return new Network({ ...usual, config: { prompt: true }, ...changes });
  }

  const sum = (net: Network, stat: Stat) => net.members.reduce((total, { plane }) => total + plane.stats.get(stat), 0);
  const stableOf = (net: Network, at: number, { slot }: Stream) =>
    net.member(at).words[slot * SLOT_WORDS + WORD_STABLE] as number;

  /** How far each member knows `origin`'s casts to be stable. */
  function stableEverywhere(net: Network, origin: number): number[] {
    return net.members.map((_, at) => stableOf(net, at, at === origin ? net.cast(origin) : net.castAt(at, origin)));
  }

  it('know that a cast is stable after two ways at its origin and three at the others', () => {
    const delayUs = 100; // and up to as much again
    const net = network({ delayUs });
    for (let goal = 64; goal <= 5 * 64; goal += 64) {
      net.run(1_000_000, () => false);
      const start = net.now;
      net.cast(0).goal = goal;
      expect(net.run(MINUTE, () => stableOf(net, 0, net.cast(0)) === goal)).toBe(true);
      expect(net.now - start).toBeLessThanOrEqual(2 * 2 * delayUs);
      expect(net.run(MINUTE, () => stableEverywhere(net, 0).every((stable) => stable === goal))).toBe(true);
      expect(net.now - start).toBeLessThanOrEqual(3 * 2 * delayUs);
    }
  });

  // DATA, a STATUS and a HEARTBEAT for each receiver, and the STATUS that confirms: no more.
  it('say everything about a lone cast with two STATUS and one HEARTBEAT for each receiver', () => {
    const net = network();
    net.cast(0).goal = 64;
    net.run(MINUTE, () => false);
    expect(net.members.map(({ deadline }) => deadline)).toEqual([NEVER, NEVER, NEVER]);
    expect([sum(net, Stat.heartbeatsSent), sum(net, Stat.statusSent)]).toEqual([2, 4]);
  });

  it('fall silent after a burst of all, and know what is stable, whatever was lost', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const members = 2 + (seed % 3);
      const net = network({ members, seed, lossPercent: (seed % 2) * 10, duplicatePercent: (seed % 5) * 5 });
      for (let rank = 0; rank < members; rank++) net.cast(rank).goal = 5 * RING;
      net.run(MINUTE, () => false);
      expect(net.members.map(({ deadline }) => deadline)).toEqual(Array(members).fill(NEVER));
      for (let origin = 0; origin < members; origin++) {
        expect(stableEverywhere(net, origin)).toEqual(Array(members).fill(5 * RING));
      }
    }
  });

  it('send as many STATUS and HEARTBEATs as they take steps under load, not as there are frames', () => {
    const ringBytes = 1024 * 1024;
    const [origin, receiver] = [setUp({ members: 2 }, ringBytes), setUp({ members: 2 }, ringBytes)];
    const steps = 100;
    for (let step = 0; step < steps; step++) {
      const now = 1000 + 500 * step;
      const begin = origin.out.position;
      for (let at = begin; at < begin + 50 * 64; at += 64) {
        receiver.member.receive(dataFrom(1, at, at + 64), now);
        origin.member.write(origin.out, at + 64);
        origin.member.poll(now);
      }
      receiver.member.poll(now);
      for (let end = begin + 64; end <= begin + 50 * 64; end += 64)
        origin.member.receive(from(1).status(cast, 0, end, 0, end).bytes(), now);
      origin.member.poll(now);
    }
    expect(receiver.plane.stats.get(Stat.statusSent)).toBe(steps);
    expect(origin.plane.stats.get(Stat.heartbeatsSent)).toBe(steps);
  });
});

// Planes that talk to each other over a bad network, in virtual time. A failure prints its options: the seed repeats it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SLOT_WORDS, WORD_STABLE } from '../../../../ts/data-plane/typescript/counters.js';
import { Reject, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, NEVER } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { countingBytes, FrameBuilder } from './frame-builder.js';
import { CONNECTION_HIGH, CONNECTION_LOW, Network, type NetworkOptions, patternByte, type Stream } from './network.js';

const RING = 16 * 1024;
const MINUTE = 60_000_000;

function network(changes: Partial<NetworkOptions> = {}): Network {
  const usual = { members: 2, seed: 1, ringBytes: RING, lossPercent: 0, duplicatePercent: 0, delayUs: 50 };
  return new Network({ ...usual, ...changes });
}

/** Whether each live member's application has handled all casts of every live member. */
function allArrived(net: Network): boolean {
  const live = net.members.filter((m) => !m.failed).map((m) => m.config.myRank);
  return live.every((at) =>
    live.every((origin) => at === origin || net.castAt(at, origin).position === net.cast(origin).goal),
  );
}

function castFromEach(net: Network, bytes: number): void {
  for (const member of net.members) net.cast(member.config.myRank).goal = bytes;
}

describe('two members', () => {
  it('exchange many rings of bytes, and nothing twice where frames keep their order', () => {
    const net = network({ delayUs: 0 });
    castFromEach(net, 20 * RING);
    expect(net.run(MINUTE, () => allArrived(net))).toBe(true);
    expect(net.member(0).plane.stats.get(Stat.resentBytes)).toBe(0);
  });

  it('fall silent when all is said', () => {
    const net = network();
    castFromEach(net, RING);
    net.run(MINUTE, () => false);
    expect(net.members.map((member) => member.deadline)).toEqual([NEVER, NEVER]);
    for (const rank of [0, 1]) expect(net.member(rank).plane.received(1 - rank)).toBe(RING);
  });

  it('wait for each other: nothing is lost to a slow application', () => {
    const net = network();
    net.cast(0).goal = 4 * RING;
    const slow = net.castAt(1, 0);
    slow.goal = 0;
    net.run(1_000_000, () => false);
    expect(net.cast(0).position).toBe(RING);
    expect(slow.position).toBe(0);
    slow.goal = Number.POSITIVE_INFINITY;
    // The application alone has news: nothing wakes its plane but the application.
    net.member(1).deadline = net.now;
    expect(net.run(MINUTE, () => allArrived(net))).toBe(true);
  });

  it('speak in private, on streams that are opened when the first frame comes', () => {
    const net = network({ members: 3, lossPercent: 10 });
    for (const kind of [StreamKind.pt2pt, StreamKind.controlPt2pt])
      net.member(0).openSend(kind, 2, RING).goal = 5 * RING;
    const theirs = () => net.member(2).receives.filter((stream) => stream.kind >= StreamKind.pt2pt);
    const done = () => theirs().length === 2 && theirs().every((stream) => stream.position === 5 * RING);
    expect(net.run(MINUTE, done)).toBe(true);
    expect(net.member(1).receives.some((stream) => stream.kind >= StreamKind.pt2pt)).toBe(false);
  });
});

describe('members on a bad network', () => {
  it.each([
    [2, 5],
    [2, 40],
    [3, 20],
    [5, 10],
  ])('%i of them, with %i %% lost, get every byte in order', (members, lossPercent) => {
    for (const checked of [false, true]) {
      const net = network({ members, lossPercent, duplicatePercent: 10, seed: 10 * members, config: { checked } });
      castFromEach(net, 10 * RING);
      expect(net.run(MINUTE, () => allArrived(net))).toBe(true);
    }
  });

  it('get every byte whatever the view, the loss and the delays', () => {
    const options = fc.record({
      members: fc.integer({ min: 2, max: 4 }),
      seed: fc.nat(0xffffffff),
      ringBytes: fc.constantFrom(8192, 32 * 1024),
      lossPercent: fc.nat(45),
      duplicatePercent: fc.nat(30),
      delayUs: fc.integer({ min: 1, max: 2000 }),
      config: fc.record({
        frameBytes: fc.constantFrom(1200, 1472, 65504),
        checked: fc.boolean(),
        prompt: fc.boolean(),
      }),
    });
    fc.assert(
      fc.property(options, fc.nat(8000), (changes, words) => {
        const net = network(changes);
        castFromEach(net, 8 * words);
        expect(net.run(5 * MINUTE, () => allArrived(net))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('all get to know what is stable, however much is lost', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const net = network({ members: 3, lossPercent: 30, seed, ringBytes: 8192, delayUs: 10 });
      net.cast(0).goal = 10 * 8192;
      net.run(30_000_000, () => false);
      const stable = (at: number, { slot }: Stream) => net.member(at).words[slot * SLOT_WORDS + WORD_STABLE];
      expect([stable(0, net.cast(0)), stable(1, net.castAt(1, 0)), stable(2, net.castAt(2, 0))]).toEqual(
        Array(3).fill(10 * 8192),
      );
      expect(net.members.map(({ deadline }) => deadline)).toEqual([NEVER, NEVER, NEVER]);
    }
  });

  it('do the same again from the same seed', () => {
    const run = () => {
      const net = network({ members: 3, lossPercent: 20, seed: 77 });
      castFromEach(net, 3 * RING);
      net.run(MINUTE, () => allArrived(net));
      return [net.now, ...net.members.map((member) => member.plane.stats.snapshot())];
    };
    expect(run()).toEqual(run());
  });
});

describe('when the origin fails', () => {
  /** Member 0 casts to members 1 and 2 and fails on the way; both have some of it, none has all. */
  function failed(seed: number): Network {
    const net = network({ members: 3, lossPercent: 30, seed, ringBytes: 8192 });
    net.cast(0).goal = 100 * 8192;
    net.run(20_000 + 500 * seed, () => false);
    net.fail(0, true);
    for (const rank of [1, 2]) net.member(rank).plane.exclude(0);
    return net;
  }

  it('the others get from the one who has most what they lack up to the cut, and agree', () => {
    let recovered = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const net = failed(seed);
      const has = (rank: number) => net.member(rank).plane.received(0);
      const holder = has(1) >= has(2) ? 1 : 2;
      const cut = has(holder);
      if (has(3 - holder) < cut) recovered++;
      for (const rank of [1, 2]) {
        net.member(rank).plane.stopAt(0, cut);
        net.member(rank).plane.setHolder(0, holder, cut);
      }
      expect(net.run(MINUTE, () => net.castAt(1, 0).position >= cut && net.castAt(2, 0).position >= cut)).toBe(true);
    }
    expect(recovered).toBeGreaterThan(5);
  });

  // 1. Member 1 has [0, 80) and [160, 240) of member 0's casts, member 2 has [0, 120); 2. member 0 fails; 3. the cut is 200, beyond what
  // the holder has. Member 1 asks for [80, 160) and gets [80, 120); the rest nobody can send it.
  it('and who should hold its bytes has less, it is asked now and then', () => {
    const net = network({ members: 3, ringBytes: 8192, delayUs: 10 });
    const give = (to: number, position: number, length: number) => {
      const payload = Uint8Array.from({ length }, (_, i) => patternByte(0, StreamKind.cast, position + i));
      const ours = { connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
      const frame = new FrameBuilder({ ...ours, sender: 0, destination: ALL_RANKS });
      net.member(to).receive(frame.data(StreamKind.cast, 0, position, payload).bytes(), net.now);
    };
    give(1, 0, 80);
    give(1, 160, 80);
    give(2, 0, 120);
    net.fail(0, true);
    for (const rank of [1, 2]) {
      net.member(rank).plane.exclude(0);
      net.member(rank).plane.setHolder(0, 2, 200);
      net.member(rank).plane.stopAt(0, 200);
    }
    net.run(1_000_000, () => false);
    const { plane } = net.member(1);
    expect(plane.received(0)).toBe(120);
    expect(plane.stats.get(Stat.naksSent)).toBeLessThan(30);
    expect(net.member(2).plane.stats.getRejected(Reject.overrun)).toBeGreaterThan(0);
  });

  // Its control casts have a gap, which nobody else can fill: the time at which it would be asked for passes.
  it('no deadline stays in the past for its other streams', () => {
    const net = network({ members: 3, ringBytes: 8192 });
    const ours = { connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
    const frame = new FrameBuilder({ ...ours, sender: 0, destination: ALL_RANKS });
    const member = net.member(1);
    member.receive(frame.data(StreamKind.controlCast, 0, 64, countingBytes(8)).bytes(), net.now);
    member.poll(net.now);
    member.plane.exclude(0);
    member.plane.setHolder(0, 2, 0);
    for (let i = 0; i < 5; i++) expect(member.poll(net.now + 1_000_000 * i)).toBeGreaterThan(net.now + 1_000_000 * i);
  });

  it('the live members go on, and it holds nothing back', () => {
    const net = failed(3);
    net.cast(1).goal = 10 * 8192;
    net.cast(2).goal = 10 * 8192;
    expect(net.run(MINUTE, () => allArrived(net))).toBe(true);
  });

  it('its bytes are taken from the holder only', () => {
    const net = failed(4);
    net.member(1).plane.stopAt(0, 0);
    const before = net.member(1).plane.received(0);
    net.run(1_000_000, () => false);
    expect(net.member(1).plane.received(0)).toBe(before);
  });
});

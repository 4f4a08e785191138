// The groups of the gate, and the slowdown that is put into them on purpose.
import { describe, expect, it } from 'vitest';
import { GateGroup } from '../../../../bench/gate/gate-group.js';
import { groupBenchmarks } from '../../../../bench/gate/group-benchmarks.js';
import { SlowPlane } from '../../../../bench/gate/slow-plane.js';
import { minMemory } from '../../../../ts/data-plane/ring-sizes.js';
import { CORE_CLASSES, hasNativeCore } from '../../../../ts/sim/cores.js';

const untouched = CORE_CLASSES.ts.prototype.receive;
const benchmark = groupBenchmarks.find(
  ({ name }) => name === 'group: casts of 64 B, ts',
) as (typeof groupBenchmarks)[number];

describe('a group of the gate', () => {
  const options = {
    members: 3,
    mode: 'ts',
    properties: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow',
    memory: minMemory(3),
  } as const;

  it('comes together, and hands each cast to the others once', () => {
    const group = new GateGroup(options);
    for (const member of group.members) for (let i = 0; i < 10; i++) member.cast(Uint8Array.of(i));
    group.runUntil(() => group.members.every(({ received }) => received >= 20));
    group.runFor(100_000);
    expect(group.members.map(({ received }) => received)).toEqual([20, 20, 20]);
  });

  it('gets everything through a network that loses', () => {
    const group = new GateGroup(options);
    group.network.dropEvery = 5;
    const before = group.counters.datagrams as number;
    for (let i = 0; i < 300; i++) group.coordinator.cast(new Uint8Array(1000));
    group.runUntil(() => group.members.every((member) => member === group.coordinator || member.received === 300));
    expect(group.counters.datagrams).toBeGreaterThan(before + 300);
  });

  it.runIf(hasNativeCore())('counts what crosses into native code', async () => {
    const native = groupBenchmarks.find(({ name }) => name === 'group: casts of 64 B, native');
    const prepared = await native?.setup();
    const before = prepared?.counters?.().nativeCalls as number;
    await prepared?.run(5);
    expect(prepared?.counters?.().nativeCalls).toBeGreaterThan(before);
  });
});

describe('the slowdown on purpose', () => {
  it('is not there until it is asked for, and then changes nothing but the time', async () => {
    const [plain, slowed] = [await benchmark.setup(), await benchmark.setup()];
    expect(await slowed.run(5)).toBe(await plain.run(5));
    // What takes datagrams in is what it always was: a slowdown that is off has nothing to cost.
    expect(CORE_CLASSES.ts.prototype.receive).toBe(untouched);
    slowed.slowDown?.(0);
    slowed.slowDown?.(0.5);
    expect(CORE_CLASSES.ts.prototype.receive).not.toBe(untouched);
    expect(await slowed.run(5)).toBe(await plain.run(5));
    expect(slowed.counters?.()).toMatchObject({
      datagrams: plain.counters?.().datagrams,
      bytes: plain.counters?.().bytes,
    });
    CORE_CLASSES.ts.prototype.receive = untouched;
  });

  it('costs its share of what runs take, also when they get faster, and is spent in pieces of some microseconds', () => {
    const { receive } = CORE_CLASSES.ts.prototype;
    let now = 0;
    const pieces: number[] = [];
    const spin = (turns: number) => {
      now += turns / 700;
      pieces.push(turns / 700);
    };
    // What the frames of a run are taken in by does nothing here; time passes with each of them.
    CORE_CLASSES.ts.prototype.receive = () => {};
    const slow = new SlowPlane('ts', { cpuMicros: () => now, spin, turnsPerMicrosecond: 700 });
    const takeIn = CORE_CLASSES.ts.prototype.receive as (this: unknown) => void;
    const run = (micros: number, frames: number) => {
      pieces.length = 0;
      slow.begins();
      for (let frame = 0; frame < frames; frame++) {
        now += micros / frames;
        takeIn.call(undefined);
      }
      slow.ends();
      return pieces.reduce((sum, piece) => sum + piece, 0);
    };
    try {
      expect(run(4000, 200)).toBe(0);
      slow.share = 0.05;
      run(4000, 200);
      for (const micros of [4000, 2000, 1000, 1000]) {
        run(micros, 200);
        expect(Math.abs(run(micros, 200) - micros * 0.05)).toBeLessThanOrEqual(2.5);
        expect(Math.min(...pieces)).toBeGreaterThan(1.99);
      }
    } finally {
      CORE_CLASSES.ts.prototype.receive = receive;
    }
  });
});

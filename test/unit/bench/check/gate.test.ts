// The groups of the gate, and the slowdown that is put into them on purpose.
import { describe, expect, it } from 'vitest';
import { GateGroup } from '../../../../bench/gate/gate-group.js';
import { groupBenchmarks } from '../../../../bench/gate/group-benchmarks.js';
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
});

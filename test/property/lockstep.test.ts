// Both twins get the same inputs, one step at a time: frames, deadlines, counters, statistics and rings must be the same to the byte.
import { describe, expect, it } from 'vitest';
import { Random } from '../../ts/data-plane/typescript/random.js';
import { type Change, findAddon, Lockstep, NO_ADDON } from './core-twins.js';
import { checkFor, PROPERTY_TIMEOUT_MS, regressions } from './scenarios.js';
import { type Scenario, SimulatedGroup } from './simulated-group.js';

const HOSTILE_STEPS = 400;
const SILENT_STEPS = 50;
const CHANGES: readonly Change[] = ['exclude', 'holder', 'stop', 'watch', 'watch'];

/** Runs a scenario by `play` in a group of twins in lockstep, whose differences throw at once. Returns how many frames went out. */
function inLockstep(scenario: Scenario, play: (group: SimulatedGroup) => void): number {
  const cores: Lockstep[] = [];
  const group = new SimulatedGroup(scenario, (config, counters) => {
    const core = new Lockstep(config, counters);
    cores.push(core);
    return core;
  });
  play(group);
  for (const core of cores) core.compareRings();
  return cores.reduce((sum, core) => sum + core.stats().statusSent, 0);
}

function toTheEnd(group: SimulatedGroup): void {
  group.runToEnd();
}

/** Members watch each other, with intervals that change and end, from before the first message until all have arrived, and then some silence. */
function whileWatching(group: SimulatedGroup): void {
  const random = new Random(group.scenario.seed + 2);
  const { members } = group.scenario;
  const watch = () => {
    const interval = random.below(4) === 0 ? 0 : 500 + random.below(50_000);
    group.member(random.below(members)).core.change('watch', random.below(members), 0, interval, group.now);
  };
  for (let i = 0; i < 2 * members; i++) watch();
  group.runToEnd();
  for (let i = 0; i < SILENT_STEPS && group.step(); i++) if (random.below(10) === 0) watch();
}

/** Members are excluded, replaced by holders and cut off in mid-stream, at random and without sense. */
function withChanges(group: SimulatedGroup): void {
  const random = new Random(group.scenario.seed + 1);
  const { members } = group.scenario;
  for (let i = 0; i < HOSTILE_STEPS && group.step(); i++) {
    if (random.below(20) > 0) continue;
    const { core } = group.member(random.below(members));
    const what = CHANGES[random.below(CHANGES.length)] as Change;
    // Ranks and positions that make no sense are among them.
    const rank = random.below(members + 1);
    const position = random.below(4) === 0 ? 8 * random.below(1 << 20) : core.received(rank % members);
    core.change(what, rank, random.below(members + 1), position, group.now);
  }
}

describe('the twins in lockstep', () => {
  it.for(regressions)('send the same frames at the same times when %s', ([, scenario], { skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    expect(inLockstep(scenario, toTheEnd)).toBeGreaterThan(0);
  });

  it.for(regressions)('do the same while members watch each other when %s', ([, scenario], { skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    expect(inLockstep(scenario, whileWatching)).toBeGreaterThan(0);
  });

  it.for(regressions)('do the same with spoiled frames and senseless changes when %s', ([, scenario], { skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    const hostile = { ...scenario, hostile: true, spoilPercent: 20 };
    expect(inLockstep(hostile, withChanges)).toBeGreaterThan(0);
  });

  it('send the same frames at the same times, whatever happens', { timeout: PROPERTY_TIMEOUT_MS }, ({ skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    checkFor((scenario) => void inLockstep(scenario, toTheEnd));
  });

  it('do the same while members watch each other, whatever happens', { timeout: PROPERTY_TIMEOUT_MS }, ({ skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    checkFor((scenario) => void inLockstep(scenario, whileWatching));
  });

  it('do the same with whatever is spoiled or makes no sense', { timeout: PROPERTY_TIMEOUT_MS }, ({ skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    checkFor((scenario) => void inLockstep({ ...scenario, hostile: true }, withChanges));
  });
});

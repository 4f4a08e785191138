// The same scenario with C++ members, TypeScript members and both together: each member delivers the same messages in the same order.
import { describe, expect, it } from 'vitest';
import { findAddon, type Language, makeCore, NO_ADDON } from './core-twins.js';
import { checkFor, PROPERTY_TIMEOUT_MS, regressions } from './scenarios.js';
import { type Delivery, type Scenario, SimulatedGroup } from './simulated-group.js';

function casts(deliveries: readonly Delivery[], origin: number, kind: number): Delivery[] {
  return deliveries.filter((delivery) => delivery.startsWith(`${origin} ${kind} `));
}

/** Runs a scenario with members of these languages, by turns; returns what each member delivered. */
function run(scenario: Scenario, languages: readonly Language[]): Delivery[][] {
  let rank = 0;
  const group = new SimulatedGroup(scenario, (config, counters) =>
    makeCore(languages[rank++ % languages.length] as Language, config, counters),
  );
  group.runToEnd();
  for (const { rank: at, delivered } of group.members) {
    for (const { rank: origin } of group.members) {
      const promised = group.promisedTo(at, origin);
      expect(casts(delivered, origin, 0)).toEqual(at === origin ? [] : promised.casts);
      expect(casts(delivered, origin, 2)).toEqual(at === origin ? [] : promised.sends);
    }
  }
  return group.members.map((member) => member.delivered);
}

function runAll(scenario: Scenario): void {
  const ts = run(scenario, ['ts']);
  expect(run(scenario, ['native'])).toEqual(ts);
  expect(run(scenario, ['native', 'ts'])).toEqual(ts);
  expect(run(scenario, ['ts', 'ts', 'native'])).toEqual(ts);
}

describe('a group of TypeScript cores', () => {
  it.for(regressions)('delivers everything in order when %s', ([, scenario]) => {
    run(scenario, ['ts']);
  });
});

describe('groups of C++, TypeScript and both cores', () => {
  it.for(regressions)('deliver the same in the same order when %s', ([, scenario], { skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    runAll(scenario);
  });

  it('deliver the same in the same order, whatever happens', { timeout: PROPERTY_TIMEOUT_MS }, ({ skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    checkFor(runAll);
  });
});

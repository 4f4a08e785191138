/** What a scenario's casts are ordered by: the properties that order, alone and together, and changes from one to another. */
import { parseProperties, stackOf } from '../stack/properties.js';
import type { Scenario, Step } from './actions.js';
import type { Dice } from './seeds.js';

const ORDERS = [
  'Local',
  'Causal',
  'Causal:Local',
  'Agree',
  'Agree:Local',
  'Total',
  'Total:Agree',
  'Causal:Agree',
  'Causal:Agree:Local',
  'Subcast',
  'Local:Subcast',
  'Agree:Subcast',
  'Causal:Subcast',
  'Total:Subcast',
  'Total:Agree:Subcast',
];

/** Changes on top of those that the scenario has: so many at most. */
const MOST_CHANGES = 3;

/** @param order properties that order, '' for none */
export function stackWith(properties: string, order: string): string {
  return stackOf(parseProperties(order === '' ? properties : `${properties}:${order}`));
}

/**
 * The scenario, with an order. Some of the members say something when they are told something: without that nothing depends on anything, but by
 * chance.
 */
export function withOrder(scenario: Scenario, dice: Dice, stackOfOrder: (order: string) => string): Scenario {
  const protocol = stackOfOrder(dice.pick(ORDERS));
  // Going to and fro between two finds more than wandering through all.
  const other = stackOfOrder(dice.pick(['', ...ORDERS]));
  const either = () => (dice.chance(0.5) ? protocol : other);
  const steps = scenario.steps.map((step): Step => (step.do === 'protocol' ? { ...step, protocol: either() } : step));
  if (dice.chance(0.25)) {
    for (let count = dice.between(1, MOST_CHANGES); count > 0; count--) {
      // Only who coordinates can, and that is more often one of the first.
      const place = dice.below(Math.ceil(scenario.places / 2));
      steps.push({ at: dice.below(scenario.end), do: 'protocol', place, protocol: either() });
    }
  }
  return {
    ...scenario,
    protocol,
    traits: scenario.traits.map((traits) => ({ ...traits, answers: dice.chance(0.4) })),
    steps: steps.sort((a, b) => a.at - b.at),
  };
}

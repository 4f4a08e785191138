// Random scenarios for the twins. The ranges are those in which a run ends in a few milliseconds.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Scenario } from './simulated-group.js';

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  members: fc.integer({ min: 2, max: 4 }),
  ringBytes: fc.constantFrom(8 * 1024, 16 * 1024, 64 * 1024),
  frameBytes: fc.constantFrom(1200, 1400, 9000, 65504),
  checked: fc.boolean(),
  lossPercent: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  duplicatePercent: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })),
  spoilPercent: fc.integer({ min: 0, max: 20 }),
  delayUs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 })),
  messages: fc.integer({ min: 0, max: 60 }),
  longest: fc.integer({ min: 0, max: 40 }),
  sendPercent: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  lazyPercent: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90 })),
  // A burst has up to 64 frames, and goes out as a whole.
  mostFrames: fc.integer({ min: 64, max: 256 }),
  prompt: fc.boolean(),
});

const BASE: Scenario = {
  seed: 1,
  members: 2,
  ringBytes: 8 * 1024,
  frameBytes: 1200,
  checked: false,
  lossPercent: 0,
  duplicatePercent: 0,
  spoilPercent: 0,
  delayUs: 50,
  messages: 40,
  longest: 30,
  sendPercent: 20,
  lazyPercent: 0,
  mostFrames: 256,
  prompt: false,
};

/** Scenarios that are run each time: one of each kind of trouble, and those that failed once. */
export const regressions: readonly (readonly [name: string, scenario: Scenario])[] = [
  ['nothing is wrong', BASE],
  ['a third is lost', { ...BASE, seed: 2, lossPercent: 33, members: 3 }],
  ['frames overtake each other and come twice', { ...BASE, seed: 3, delayUs: 15_000, duplicatePercent: 50 }],
  ['one in five frames is spoiled', { ...BASE, seed: 4, checked: true, spoilPercent: 20, members: 3 }],
  ['applications seldom read', { ...BASE, seed: 5, lazyPercent: 90, members: 4 }],
  ['frames are larger than the rings', { ...BASE, seed: 6, frameBytes: 65504, lossPercent: 10 }],
  ['messages are many times the ring', { ...BASE, seed: 7, longest: 400, messages: 10, lossPercent: 5 }],
  ['what is stable is told at once', { ...BASE, seed: 9, prompt: true, members: 3 }],
  ['it is, while much is lost', { ...BASE, seed: 10, prompt: true, members: 4, lossPercent: 25, duplicatePercent: 25 }],
  ['everything at once', { ...BASE, seed: 8, members: 4, lossPercent: 25, duplicatePercent: 25, delayUs: 5_000 }],
];

/** CONSORT_PROPERTY_MS=600000 lets each property run for ten minutes. */
const TIME_LIMIT_MS = Number(process.env.CONSORT_PROPERTY_MS ?? 3000);

/** Tests of properties need this long. */
export const PROPERTY_TIMEOUT_MS = TIME_LIMIT_MS + 60_000;

/** Tries as many scenarios as there is time for. A failure tells fast-check's seed and the smallest scenario that fails: add it to `regressions`. */
export function checkFor(check: (scenario: Scenario) => void): void {
  const limits = { interruptAfterTimeLimit: TIME_LIMIT_MS, markInterruptAsFailure: false, numRuns: 1_000_000 };
  const result = fc.check(fc.property(scenarios, check), limits);
  if (result.failed) throw new Error(fc.defaultReportMessage(result), { cause: result.errorInstance });
  expect(result.numRuns).toBeGreaterThan(0);
  console.log(`${result.numRuns} scenarios, seed ${result.seed}`);
}

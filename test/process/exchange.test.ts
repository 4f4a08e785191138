// Three members in three processes, all of which send: everybody gets everything, whole and in order, whatever the modes.
import { describe, expect, it } from 'vitest';
import { COMBINATIONS, Crew, type Plan } from '../helpers/crew.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const castPlan: Plan = [
  [0, 500],
  [1, 500],
  [64, 5_000],
  [KIB, 2_000],
  [64 * KIB, 40],
  [MIB, 3],
  // Short ones after long ones, which flow control held up.
  [0, 10],
  [3, 10],
];
const sendPlan: Plan = [
  [0, 50],
  [64, 500],
  [KIB, 200],
  [64 * KIB, 10],
  [MIB, 1],
  [1, 5],
];

describe.each(COMBINATIONS)('three members in mode %s, %s', (mix, threads) => {
  it('cast and send messages of 0 B to 1 MiB to each other, and get each of them once, whole and in order', async (context) => {
    const crew = await Crew.join(context, { mix, threads, members: 3, castPlan, sendPlan });
    const looks = await crew.exchange();
    for (const { stats } of looks) {
      const { droppedOnPurpose, rejected } = stats;
      expect(droppedOnPurpose).toBe(0);
      // Frames for a member that had not joined yet are all that may be refused.
      expect({ ...rejected, connection: 0, stream: 0, rank: 0 }).toEqual(
        Object.fromEntries(Object.keys(rejected).map((reason) => [reason, 0])),
      );
    }
    await crew.close();
  });
});

describe.each([
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'multi'],
] as const)('three members in mode %s, %s', (mix, threads) => {
  it('get a message of 100 MB whole', async (context) => {
    const crew = await Crew.join(context, {
      mix,
      threads,
      members: 3,
      castPlan: [
        [100_000_000, 1],
        [5, 1],
      ],
      options: { maxMessageSize: 128 * MIB },
    });
    await Promise.all([crew.receive([1]), crew.send([1])]);
    await crew.close();
  });
});

// Full synchronizations of whole replicas, with their logs, disks and views: each role crashes at each message, and at each write to its disk.
import { describe, expect, it } from 'vitest';
import { plantBug } from '../../ts/sim/planted-bug.js';
import { PLANTED_IN_STORES } from '../../ts/sim/store/planted.js';
import { courseOf, crashAtMessage, crashAtWrite, ROLES, type Role, SYNC_MESSAGES, WAYS } from './sync-scenario.js';

const TIMEOUT_MS = 120_000;
/** What a loss of power leaves of the writes before it, and where it tears them, is another thing with each seed. Who asked writes most. */
const SEEDS: Readonly<Record<Role, readonly number[]>> = { leader: [1], provider: [1], requester: [1, 2] };
const TO_ITS_END = WAYS['to its end'];

type WayName = keyof typeof WAYS;

/** A crash, and what was violated. */
interface Tried {
  readonly where: string;
  readonly violations: readonly string[];
}

/** The sender before it goes out; the receiver before it is taken; and whoever it is right after. */
function* atMessages(way: WayName, role: Role, messages: readonly string[]): Generator<Tried> {
  const seed = 1;
  const { places, points } = courseOf(seed, WAYS[way]);
  for (const point of points.filter(({ message }) => messages.includes(message))) {
    const isThere = point.place === places[role];
    const moments = point.moment === 'send' ? [false] : [false, true];
    for (const after of moments.filter((after) => after || isThere)) {
      const { crashedAt, violations } = crashAtMessage(seed, WAYS[way], places[role], point, after);
      const where = `${way}, ${point.moment} ${point.message} ${point.count}, ${after ? 'after' : 'before'} it`;
      expect(crashedAt, where).toBeDefined();
      yield { where, violations };
    }
  }
}

/** Between two writes and in the midst of one; who asked is the one that has to come back from half a store. */
const MOMENTS = [
  ['during', 'power'],
  ['after', 'power'],
  ['before', 'power'],
  ['during', 'process'],
] as const;

/** Until the copy is whole. */
function* atWrites(seed: number, role: Role): Generator<Tried> {
  const { places, wholeAt } = courseOf(seed, TO_ITS_END);
  for (const [moment, kind] of role === 'requester' ? MOMENTS : MOMENTS.slice(0, 2)) {
    for (let count = 0; ; count++) {
      const { crashedAt, violations } = crashAtWrite(seed, places[role], { moment, count, kind });
      if (crashedAt === undefined || crashedAt > wholeAt) break;
      yield { where: `seed ${seed}, ${moment} write ${count}, loss of ${kind}`, violations };
    }
  }
}

/** All must survive, and there must be as many as there are messages or writes at least. */
function expectSurvived(tried: readonly Tried[], least: number): void {
  const wrong = tried.filter(({ violations }) => violations.length > 0);
  expect(wrong).toEqual([]);
  expect(tried.length).toBeGreaterThanOrEqual(least);
}

function isFound(tries: Iterable<Tried>): boolean {
  for (const { violations } of tries) if (violations.length > 0) return true;
  return false;
}

describe('a full synchronization', () => {
  it('has all messages of the three roles, in one way or another', () => {
    const seen = Object.values(WAYS).flatMap((way) => courseOf(1, way).points);
    for (const moment of ['send', 'deliver'] as const) {
      for (const message of SYNC_MESSAGES)
        expect(
          seen.some((point) => point.message === message && point.moment === moment),
          `${moment} ${message}`,
        ).toBe(true);
    }
  });

  for (const role of ROLES) {
    it(`survives a crash of the ${role} at each message`, { timeout: TIMEOUT_MS }, () => {
      expectSurvived([...atMessages('to its end', role, SYNC_MESSAGES)], 25);
    });

    it(`survives a crash of the ${role} when it is given up`, { timeout: TIMEOUT_MS }, () => {
      const { 'to its end': _, ...others } = WAYS;
      const ways = Object.keys(others) as WayName[];
      const all = ways.flatMap((way) => [...atMessages(way, role, ['abort'])]);
      expectSurvived(all, 10);
    });

    it(`survives a crash of the ${role} between any two writes to its disk`, { timeout: TIMEOUT_MS }, () => {
      for (const seed of SEEDS[role]) expectSurvived([...atWrites(seed, role)], 25);
    });
  }
});

describe('a bug in synchronizations', () => {
  const found: Readonly<Record<string, () => Generator<Tried>>> = {
    'forget-half': () => atWrites(1, 'requester'),
    'wait-for-first-leader': () => atMessages('to its end', 'leader', ['chunk']),
    'copy-without-log': () => atMessages('to its end', 'provider', ['chunk']),
  };
  for (const [name, tries] of Object.entries(found)) {
    it(`'${name}' is found by a crash at some point`, { timeout: TIMEOUT_MS }, () => {
      const undo = plantBug(PLANTED_IN_STORES[name] as (typeof PLANTED_IN_STORES)[string]);
      try {
        expect(isFound(tries())).toBe(true);
      } finally {
        undo();
      }
    });
  }
});

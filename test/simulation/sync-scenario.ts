// A replica that synchronizes as a whole, written out: with one who leads, one who provides and two who only vote, while clients write. And what can happen in
// it to whom, point by point.

import type { CrashKind } from '../../ts/sim/sim-disk.js';
import type { StoreScenario, StoreStep } from '../../ts/sim/store/actions.js';
import { runStoreScenario } from '../../ts/sim/store/outcome.js';
import { PLAIN_GROUP } from '../../ts/sim/store/scenario.js';
import { STORE_LIMITS } from '../../ts/store/limits.js';
import { SYNC_LIMITS } from '../../ts/store/sync-limits.js';

const MS = 1000;
const PLACES = 5;
/** The one that is away until the log of the others begins after what it has. */
const REQUESTER = 4;
/** When it comes back. */
const BACK = 80 * MS;
/** Seconds of the protocol are milliseconds of the scenario, so that heartbeats belong to it. */
const HASTE = 800;
const KEYS = Array.from({ length: 8 }, (_, key) => 100 + key);

export const ROLES = ['leader', 'provider', 'requester'] as const;
export type Role = (typeof ROLES)[number];

export const SYNC_MESSAGES = [
  ...['start', 'start-reply', 'heartbeat', 'heartbeat-reply', 'start-chunks', 'chunk', 'chunk-reply'],
  ...['finish', 'finish-reply', 'abort'],
];

/** How else it can go. Each has aborts: of the leader, of the provider, of the requester. */
export const WAYS = {
  'to its end': {},
  'until the log has grown too long': {
    change: { syncLimits: { ...SYNC_LIMITS, chunkKeys: 2, windowBytes: 1, thresholdFactor: 2, limitFactor: 2 } },
  },
  'until nothing is heard of who asked': {
    more: [{ at: BACK + 4 * MS, do: 'congest', place: REQUESTER, micros: 30 * MS }],
  },
  'until the disk of who asked fails': {
    more: [{ at: BACK + 5 * MS, do: 'failDisk', place: REQUESTER, how: 'broken', back: 10 * MS }],
  },
} as const satisfies Readonly<Record<string, Way>>;

export interface Way {
  readonly more?: readonly StoreStep[];
  readonly change?: Partial<StoreScenario>;
}

function syncScenario(seed: number, { more = [], change = {} }: Way, fault?: StoreStep): StoreScenario {
  const steps: StoreStep[] = [
    ...Array.from({ length: PLACES }, (_, place): StoreStep => ({ at: place, do: 'start', place })),
    { at: 40 * MS, do: 'put', place: 0, keys: KEYS, bytes: 40 },
    { at: 50 * MS, do: 'crash', place: REQUESTER, back: 0 },
    // In several records: what is left of the log begins after what it has.
    ...[70, 71, 72, 73, 74, 75].map(
      (at): StoreStep => ({ at: at * MS, do: 'put', place: 1, keys: [1, 105], bytes: 10 }),
    ),
    ...(fault === undefined ? [] : [fault]),
    { at: BACK, do: 'start', place: REQUESTER },
    ...more,
    ...KEYS.map((key, i): StoreStep => ({ at: BACK + i * MS, do: 'put', place: i % 3, keys: [i % 2, key], bytes: 10 })),
  ];
  return {
    seed,
    theme: '',
    places: PLACES,
    durability: 'disk',
    logEntries: 3,
    logBytes: 1 << 20,
    limits: { ...STORE_LIMITS, writeTimeoutMs: STORE_LIMITS.writeTimeoutMs * HASTE, outcomeTimeoutMs: 500 * HASTE },
    syncLimits: { ...SYNC_LIMITS, chunkKeys: 2, windowBytes: 1, wipeKeys: 4 },
    haste: HASTE,
    group: { ...PLAIN_GROUP, minDelay: 200, maxDelay: 300 },
    writeMicros: [5, 50],
    syncMicros: [50, 200],
    steps: steps.sort((a, b) => a.at - b.at),
    end: BACK + 40 * MS,
    ...change,
  };
}

/** The n-th message of a type, as it is sent or delivered. */
export interface Point {
  /** Where that is: of the sender, or of the receiver. */
  readonly place: number;
  readonly message: string;
  readonly moment: 'send' | 'deliver';
  readonly count: number;
}

export interface Course {
  /** In which place each role is. */
  readonly places: Readonly<Record<Role, number>>;
  readonly points: readonly Point[];
  /** When the store of who asked is whole. */
  readonly wholeAt: number;
}

/** What happens when nobody crashes. Up to a crash it is the same with one. */
export function courseOf(seed: number, way: Way): Course {
  const { lines, violations } = runStoreScenario(syncScenario(seed, way), true);
  if (violations.length > 0) throw new Error(violations[0]?.text);
  const counts = new Map<string, number>();
  const points: Point[] = [];
  const senders = new Map<string, number>();
  let wholeAt = 0;
  for (const { at, replica, entry } of lines) {
    if (entry.type === 'replaced') wholeAt = at;
    const [, moment, message = ''] = /^ *(send|deliver)(?: of \w)?: ([\w-]+)/.exec(textOf(entry)) ?? [];
    if (!SYNC_MESSAGES.includes(message)) continue;
    const kind = `${moment} ${message}`;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const here = replica.charCodeAt(0) - 'a'.charCodeAt(0);
    points.push({ place: here, message, moment: moment as Point['moment'], count });
    if (!senders.has(kind)) senders.set(kind, here);
  }
  const place = (message: string) => senders.get(`send ${message}`) as number;
  return {
    places: { leader: place('start-reply'), provider: place('chunk'), requester: place('start') },
    points,
    wholeAt,
  };
}

function textOf(entry: { readonly type: string; readonly text?: string }): string {
  return entry.type === 'message' ? (entry.text ?? '') : '';
}

/** What becomes of it when somebody crashes at a message, before it or right after. */
export function crashAtMessage(seed: number, way: Way, victim: number, point: Point, after: boolean): Fate {
  const { message, moment, count } = point;
  const crash = { fault: 'crash', kind: 'power', micros: 8 * MS, victim, after } as const;
  return fateOf(syncScenario(seed, way, { at: BACK - 1, do: 'ambush', message, moment, count, ...crash }), victim);
}

/** Or at a write to its disk: the first after who asked is back, or a later one. */
export function crashAtWrite(
  seed: number,
  place: number,
  write: { readonly moment: 'before' | 'during' | 'after'; readonly count: number; readonly kind: CrashKind },
): Fate {
  return fateOf(syncScenario(seed, {}, { at: BACK - 1, do: 'diskAmbush', place, ...write, micros: 8 * MS }), place);
}

export interface Fate {
  /** Undefined: the victim did not come to that point. */
  readonly crashedAt: number | undefined;
  /** One line each. */
  readonly violations: readonly string[];
}

function fateOf(scenario: StoreScenario, victim: number): Fate {
  const { lines, violations } = runStoreScenario(scenario);
  const name = 'abcde'.charAt(victim);
  const crash = lines.find(
    ({ at, replica, entry }) => at >= BACK && replica === name && entry.type === 'ended' && entry.how === 'crashed',
  );
  return { crashedAt: crash?.at, violations: violations.map(({ invariant, text }) => `${invariant}: ${text}`) };
}

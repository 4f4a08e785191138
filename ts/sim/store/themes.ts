/**
 * What two thirds of the seeds of a store are about. The weather of scenario.ts has everything in it, and so some things once in thousands of seeds only: those that need
 * several faults one after the other, each at its time. A theme is one such course of events, over and over, with what is at random left at random.
 */
import type { Dice } from '../seeds.js';
import type { StoreAction, StoreScenario, StoreStep, Where } from './actions.js';
import type { GroupTraits } from './group.js';

export interface Theme {
  /** What happens. */
  readonly sentence: string;
  /** So many replicas, one of these. */
  readonly places: readonly number[];
  /** What is so in all of its scenarios. */
  readonly traits?: (weather: StoreScenario, dice: Dice) => Partial<StoreScenario>;
  /** Once, from `at` on; returns when it is over. */
  readonly round: (steps: ThemeSteps, at: number) => number;
}

const MS = 1000;
const SHARED_KEYS = [0, 1, 2, 3];
const BULK_KEYS = Array.from({ length: 16 }, (_, key) => 100 + key);

/** What themes are made of. Times are in microseconds, and most of them in what a change of the view takes. */
export class ThemeSteps {
  readonly steps: StoreStep[] = [];

  constructor(
    readonly dice: Dice,
    readonly places: number,
    /** Until a fault is noticed, at most. */
    readonly pace: number,
  ) {}

  add(at: number, action: StoreAction): void {
    this.steps.push({ ...action, at: Math.floor(at) });
  }

  each<T>(value: (place: number) => T): T[] {
    return Array.from({ length: this.places }, (_, place) => value(place));
  }

  any(): number {
    return this.dice.below(this.places);
  }

  other(than: number): number {
    return this.places === 1 ? than : (than + 1 + this.dice.below(this.places - 1)) % this.places;
  }

  /** From none to so many paces. */
  within(paces: number): number {
    return this.dice.below(paces * this.pace);
  }

  /** From one to so many paces. */
  upTo(paces: number): number {
    return this.dice.between(this.pace, paces * this.pace);
  }

  write(at: number, place: Where, keys = [this.dice.pick(SHARED_KEYS)]): void {
    const { dice } = this;
    const bytes = dice.between(1, 60);
    const by = dice.pick(['value', 'version'] as const);
    if (dice.chance(0.8)) this.add(at, { do: 'put', place, keys, bytes });
    else this.add(at, { do: 'swap', place, compares: keys, by, wrong: false, keys, bytes });
  }

  writes(count: number, from: number, until: number, place: () => Where): void {
    for (; count > 0; count--) this.write(this.dice.between(from, until), place());
  }

  read(at: number, place: Where, how: 'local' | 'linearizable' | 'snapshot' = 'linearizable'): void {
    this.add(at, { do: 'read', place, how, keys: SHARED_KEYS });
  }

  /** When such a message comes to somebody. */
  ambush(at: number, messages: readonly string[], change: Partial<Extract<StoreAction, { do: 'ambush' }>>): void {
    const { dice } = this;
    this.add(at, {
      do: 'ambush',
      message: dice.pick(messages),
      moment: 'deliver',
      after: dice.chance(0.5),
      count: dice.below(3),
      victim: 'this',
      fault: 'crash',
      micros: this.upTo(10),
      ...change,
    });
  }
}

export const THEMES: Readonly<Record<string, Theme>> = {
  'leaders pass': {
    sentence:
      'One view after the other while much is written, and who leads the next is gone when it has hardly begun.',
    places: [3, 3, 5],
    round: (steps, at) => {
      const { dice, pace } = steps;
      steps.writes(dice.between(10, 30), at, at + 8 * pace, () => (dice.chance(0.7) ? 'leader' : steps.any()));
      for (let count = dice.between(2, 4); count > 0; count--) {
        const then = at + steps.within(6);
        const place = steps.any();
        const what = dice.below(4);
        if (what < 2) steps.add(then, { do: 'crash', place, back: steps.upTo(3) });
        else if (what === 2) steps.add(then, { do: 'suspect', place });
        else steps.add(then, { do: 'isolate', place, micros: steps.upTo(3) });
        const fault = dice.pick(['crash', 'crash', 'isolate'] as const);
        const victim = dice.pick(['this', 'this', 'this', 'leader', 'other'] as const);
        const message = ['promised', 'promised', 'promised', 'hello', 'catch-up', 'record', 'accepted'];
        steps.ambush(then + steps.within(2), message, { victim, fault });
      }
      return at + 25 * pace;
    },
  },
  'one knows': {
    sentence:
      'One replica alone has all: the others were away, or have new disks. It is gone when it has hardly begun to tell them.',
    places: [3, 3, 5],
    traits: ({ group }, dice) => ({
      logEntries: dice.pick([1000, 1000, 5]),
      logBytes: 1 << 20,
      // A write may take longer than a change of the view.
      syncMicros: [50, 5000],
      group: { ...group, detection: dice.pick([2, 5, 20]) * MS, step: 100 },
    }),
    round: (steps, at) => {
      const { dice, pace, places } = steps;
      const knows = steps.any();
      const isAway = (place: number) => place !== knows && (place - knows + places) % places < places / 2;
      steps.add(at, { do: 'partition', pieces: steps.each((place) => (isAway(place) ? 1 : 0)) });
      const replaced = at + 12 * pace;
      const back = replaced + 8 * pace;
      steps.writes(dice.between(3, 8), at + 2 * pace, replaced, () => knows);
      for (let place = 0; place < places; place++) {
        if (place === knows) continue;
        if (!isAway(place)) steps.add(replaced + steps.within(1), { do: 'replace', place, back: steps.upTo(3) });
        else if (dice.chance(0.9)) steps.add(back, { do: 'slow', place, micros: 25 * pace });
        if (dice.chance(0.9)) steps.add(back, { do: 'slowDisk', place, micros: 25 * pace });
      }
      const message = ['replayed', 'replayed', 'replayed', 'replay', 'record', 'catch-up'];
      const victim = dice.pick(['leader', 'other', 'other'] as const);
      steps.ambush(back, message, { victim, micros: dice.between(20, 60) * pace, count: dice.below(2) });
      steps.add(back, { do: 'heal' });
      return back + 70 * pace;
    },
  },
  'lost suffix': {
    sentence:
      'A leader that is cut off writes much that nobody gets, and the others little, in a later epoch; then they meet.',
    places: [3, 3, 5],
    round: (steps, at) => {
      const { dice, pace } = steps;
      steps.writes(3, at, at + pace, () => 'leader');
      const apart = at + 2 * pace;
      steps.add(apart, { do: 'isolate', place: 'leader', micros: steps.dice.between(4, 30) * pace });
      steps.writes(dice.between(5, 20), apart, apart + pace, () => 'leader');
      steps.writes(dice.below(4), apart + 2 * pace, apart + 20 * pace, () => steps.any());
      if (dice.chance(0.3))
        steps.add(apart + steps.within(20), { do: 'crash', place: steps.any(), back: steps.upTo(10) });
      return apart + 45 * pace;
    },
  },
  'two leaders': {
    sentence: 'A leader that is cut off has not noticed it, and is asked; meanwhile the others write under another.',
    places: [3, 3, 5],
    round: (steps, at) => {
      const { dice, pace, places } = steps;
      steps.writes(3, at, at + pace, () => 'leader');
      const apart = at + 2 * pace;
      const until = apart + 15 * pace;
      steps.add(apart, { do: 'isolate', place: 'leader', micros: until - apart });
      for (let then = apart; then < until; then += pace) {
        for (let place = 0; place < places; place++) {
          if (dice.chance(0.35)) steps.write(then + steps.within(1), place);
          if (dice.chance(0.45)) steps.read(then + steps.within(1), place);
        }
      }
      return until + 15 * pace;
    },
  },
  'copies of several states': {
    sentence: 'Whoever copies the store gets it from one after the other, while others write.',
    places: [3, 4, 5, 5],
    // The log comes some time after the copy is whole: disks are quick, the network is not.
    traits: ({ group, syncLimits }, dice) => ({
      logEntries: dice.between(1, 4),
      haste: dice.pick([100, 400]),
      syncMicros: [50, 200],
      group: { ...group, minDelay: dice.pick([50, 500]), maxDelay: dice.pick([1000, 3000]) },
      syncLimits: { ...syncLimits, chunkKeys: dice.between(1, 3), windowBytes: dice.between(1, 300) },
    }),
    round: (steps, at) => {
      const { dice, pace } = steps;
      const place = steps.any();
      const back = steps.upTo(8);
      steps.write(at, steps.other(place), BULK_KEYS);
      steps.add(at + pace, dice.chance(0.7) ? { do: 'replace', place, back } : { do: 'crash', place, back });
      steps.writes(dice.between(6, 12), at + pace, at + pace + back, () => steps.other(place));
      const copying = at + pace + back;
      const until = copying + 20 * pace;
      for (let count = dice.between(6, 16); count > 0; count--) {
        const then = dice.between(copying, until);
        if (dice.chance(0.6)) steps.write(then, steps.other(place));
        else steps.write(then, steps.other(place), dice.chance(0.5) ? [dice.pick(BULK_KEYS)] : BULK_KEYS);
      }
      for (let count = dice.between(1, 3); count > 0; count--) {
        const fault = dice.pick(['crash', 'isolate', 'suspect', 'suspect', 'replace'] as const);
        const victim = dice.pick(['other', 'other', 'leader', 'this'] as const);
        const message = ['chunk', 'chunk', 'chunk', 'chunk-reply', 'start-chunks', 'start-reply'];
        steps.ambush(copying, message, { victim, fault, count: dice.below(12), micros: steps.upTo(5) });
      }
      return until + 10 * pace;
    },
  },
  'end of the log': {
    sentence:
      'A replica comes back when the log of the others has just not been trimmed beyond what it has, or just has.',
    places: [3, 3, 5],
    traits: (_, dice) => ({ logEntries: dice.between(2, 8), haste: dice.pick([100, 400]) }),
    round: (steps, at) => {
      const { dice, pace } = steps;
      const place = steps.any();
      const back = 10 * pace;
      steps.add(at, dice.chance(0.5) ? { do: 'isolate', place, micros: back } : { do: 'crash', place, back });
      steps.writes(dice.between(1, 12), at + pace, at + back, () => steps.other(place));
      steps.writes(dice.between(1, 12), at + back, at + back + 4 * pace, () => steps.any());
      if (dice.chance(0.6)) {
        const victim = dice.pick(['this', 'other', 'leader'] as const);
        steps.ambush(at + back, ['catch-up', 'replay', 'must-sync', 'replayed', 'start', 'chunk'], { victim });
      }
      return at + back + 20 * pace;
    },
  },
  'the last word': {
    sentence:
      'Who comes back is told of old and of new records at the same time, has no room for them, and then nothing more is said.',
    places: [3, 3, 5],
    // What is sent to one waits for room on its way, and what is cast overtakes it.
    traits: ({ group, limits }, dice) => ({
      logEntries: 1000,
      logBytes: 1 << 20,
      limits: {
        ...limits,
        heldBytes: dice.between(1, 50),
        recordBytes: dice.pick([1, 100]),
        replayWindowBytes: 1 << 20,
      },
      group: {
        ...group,
        window: dice.pick([50, 150]),
        highWaterMark: 1 << 16,
        maxDelay: group.minDelay + dice.pick([500, 3000]),
      },
    }),
    round: (steps, at) => {
      const { dice, pace } = steps;
      const place = steps.any();
      const back = at + 10 * pace;
      steps.add(
        at,
        dice.chance(0.5) ? { do: 'isolate', place, micros: back - at } : { do: 'crash', place, back: back - at },
      );
      steps.writes(dice.between(5, 12), at + 3 * pace, back - pace, () => steps.other(place));
      for (let count = dice.between(1, 3); count > 0; count--)
        steps.ambush(back, ['catch-up', 'replay'], { fault: 'write', victim: 'leader', after: true });
      return back + 20 * pace;
    },
  },
  'power cuts': {
    sentence: 'All lose their power while they write, or one after the other between two writes.',
    places: [1, 2, 3, 3, 5],
    round: (steps, at) => {
      const { dice, pace, places } = steps;
      steps.writes(dice.between(3, 15), at, at + 3 * pace, () => steps.any());
      const then = at + steps.within(4);
      if (dice.chance(0.5)) steps.add(then, { do: 'crashAll', back: steps.each(() => steps.upTo(3)) });
      else {
        for (let place = 0; place < places; place++) {
          const moment = dice.pick(['before', 'during', 'during', 'after'] as const);
          steps.add(then, { do: 'diskAmbush', place, moment, count: dice.below(6), micros: steps.upTo(3) });
        }
      }
      if (dice.chance(0.3)) steps.add(then, { do: 'failDisk', place: steps.any(), how: 'broken', back: steps.upTo(5) });
      return at + 15 * pace;
    },
  },
};

/** The scenario that a theme makes of the weather of its seed. */
export function themed(weather: StoreScenario, name: string, dice: Dice, replicas?: number): StoreScenario {
  const theme = THEMES[name] as Theme;
  const places = replicas ?? dice.pick(theme.places);
  const group = quickGroup(dice);
  const durability = dice.chance(0.9) ? 'disk' : 'memory';
  const plain = { ...weather, theme: name, places, durability, group, syncMicros: quickDisk(dice) } as const;
  const { limits, haste } = plain;
  const changed: StoreScenario = { ...plain, ...theme.traits?.(plain, dice) };
  // Time-outs are of the time that disks keep.
  const faster = changed.haste / haste;
  const writeTimeoutMs = limits.writeTimeoutMs * faster;
  const outcomeTimeoutMs = limits.outcomeTimeoutMs * faster;
  const steps = new ThemeSteps(dice, places, changed.group.detection);
  for (let place = 0; place < places; place++) steps.add(dice.below(2 * MS), { do: 'start', place });
  let at = 20 * changed.group.detection;
  for (let rounds = dice.between(2, 3); rounds > 0; rounds--) at = theme.round(steps, at);
  if (dice.chance(0.2)) steps.steps.push(...weather.steps.filter((step) => step.at < at && fits(step, places)));
  return {
    ...changed,
    limits: { ...changed.limits, writeTimeoutMs, outcomeTimeoutMs },
    steps: steps.steps.sort((a, b) => a.at - b.at),
    end: at,
  };
}

/** Views change within some milliseconds, so that a theme has time for several rounds. */
function quickGroup(dice: Dice): GroupTraits {
  const minDelay = dice.pick([10, 50, 200]);
  return {
    minDelay,
    maxDelay: minDelay + dice.pick([20, 200, 1000]),
    detection: dice.pick([1, 2, 5, 20]) * MS,
    step: dice.pick([100, 1000]),
    window: dice.pick([2000, 1 << 20]),
    highWaterMark: dice.pick([1000, 1 << 16]),
  };
}

function quickDisk(dice: Dice): [number, number] {
  return [50, dice.pick([200, 2000, 5000])];
}

function fits(step: StoreStep, places: number): boolean {
  return step.do !== 'start' && (!('place' in step) || step.place === 'leader' || step.place < places);
}

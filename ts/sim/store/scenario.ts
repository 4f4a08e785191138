/**
 * What happens to a replicated store, all of it, from one seed. As with groups (ts/sim/scenario.ts) each scenario draws first which kinds of faults it has at
 * all.
 */
import { STORE_LIMITS, type StoreLimits } from '../../store/limits.js';
import { SYNC_LIMITS, type SyncLimits } from '../../store/sync-limits.js';
import { Dice } from '../seeds.js';
import type { StoreAction, StoreScenario, StoreStep, Victim } from './actions.js';
import type { GroupTraits } from './group.js';
import { THEMES, themed } from './themes.js';

export interface StoreScenarioOptions {
  /** Otherwise 1 to 5, as the seed says. */
  readonly replicas?: number | undefined;
  /** By its name (themes.ts); empty: none. Otherwise as the seed says. */
  readonly theme?: string | undefined;
}

const MS = 1000;
/** Keys that clients share; each replica has one of its own besides. */
const SHARED_KEYS = 4;
/** More keys, written together: so that there is something to synchronize. */
const FIRST_BULK_KEY = 100;

const MESSAGES = [
  ...['hello', 'promised', 'record', 'replay', 'replayed', 'accepted', 'committed', 'catch-up', 'must-sync'],
  ...['submit', 'refused', 'read-index', 'read-at', 'confirm', 'confirmed'],
];
const SYNC_MESSAGES = [
  ...['start', 'start-reply', 'heartbeat', 'heartbeat-reply', 'start-chunks', 'chunk', 'chunk-reply'],
  ...['finish', 'finish-reply', 'abort'],
];

export function makeStoreScenario(seed: number, { replicas, theme }: StoreScenarioOptions = {}): StoreScenario {
  const dice = new Dice(seed, 5);
  const drawn = dice.chance(2 / 3) ? dice.pick(Object.keys(THEMES)) : '';
  const name = theme ?? drawn;
  const weather = makeWeather(seed, replicas);
  return name === '' ? weather : themed(weather, name, dice, replicas);
}

/** Of everything something. */
function makeWeather(seed: number, replicas: number | undefined): StoreScenario {
  const dice = new Dice(seed, 0);
  const places = replicas ?? dice.pick([1, 2, 3, 3, 3, 3, 4, 5, 5]);
  const end = dice.between(50, dice.pick([200, 600, 2000])) * MS;
  const durability = dice.chance(0.2) ? 'memory' : 'disk';
  /** Whether replicas come to lack what is not in the log any more. */
  const syncs = dice.chance(0.5);
  const tiny = syncs || dice.chance(0.3);
  const haste = syncs ? dice.pick([20, 100, 400]) : dice.pick([1, 100]);
  const fsync = dice.pick([200, 2000, 10_000, 50_000]);
  return {
    seed,
    theme: '',
    places,
    durability,
    logEntries: tiny ? dice.between(1, 12) : dice.pick([30, 1000]),
    logBytes: tiny && dice.chance(0.3) ? dice.between(100, 2000) : 1 << 20,
    limits: makeLimits(new Dice(seed, 3), haste),
    haste,
    syncLimits: makeSyncLimits(new Dice(seed, 4)),
    group: makeTraits(new Dice(seed, 1)),
    writeMicros: [5, 50],
    syncMicros: [50, fsync],
    steps: new StoreSteps(new Dice(seed, 2), places, end, syncs).all(),
    end,
  };
}

/** A network and members that are quick, and have room for all. */
export const PLAIN_GROUP: GroupTraits = {
  minDelay: 50,
  maxDelay: 100,
  detection: 2 * MS,
  step: 100,
  window: 1 << 20,
  highWaterMark: 1 << 16,
};

function makeTraits(dice: Dice): GroupTraits {
  const minDelay = dice.pick([10, 50, 200]);
  return {
    minDelay,
    maxDelay: minDelay + dice.pick([20, 200, 2000, 20_000]),
    detection: dice.pick([2, 20, 100]) * MS,
    step: dice.pick([100, 1000, 10_000]),
    window: dice.pick([200, 2000, 1 << 20]),
    highWaterMark: dice.pick([100, 1000, 1 << 16]),
  };
}

function makeLimits(dice: Dice, haste: number): StoreLimits {
  const small = (most: number) => (dice.chance(0.4) ? dice.between(1, most) : 1 << 20);
  return {
    ...STORE_LIMITS,
    recordBytes: small(300),
    replayWindowBytes: small(300),
    heldBytes: small(500),
    cachedLogBytes: small(500),
    applyBytes: small(500),
    // Disks are not slower than they are.
    writeTimeoutMs: STORE_LIMITS.writeTimeoutMs * haste,
    outcomeTimeoutMs: dice.pick([50, 500, 5000]) * haste,
  };
}

function makeSyncLimits(dice: Dice): SyncLimits {
  const small = (most: number, usual: number) => (dice.chance(0.5) ? dice.between(1, most) : usual);
  const { chunkBytes, chunkKeys, windowBytes, writingBytes, wipeBytes, wipeKeys, mostSyncs, limitFactor } = SYNC_LIMITS;
  return {
    ...SYNC_LIMITS,
    chunkBytes: small(300, chunkBytes),
    chunkKeys: small(4, chunkKeys),
    windowBytes: small(500, windowBytes),
    writingBytes: small(500, writingBytes),
    wipeBytes: small(500, wipeBytes),
    wipeKeys: small(5, wipeKeys),
    mostSyncs: small(2, mostSyncs),
    limitFactor: dice.chance(0.2) ? 2 * SYNC_LIMITS.thresholdFactor : limitFactor,
  };
}

class StoreSteps {
  private readonly steps: StoreStep[] = [];

  constructor(
    private readonly dice: Dice,
    private readonly places: number,
    private readonly end: number,
    private readonly syncs: boolean,
  ) {}

  all(): StoreStep[] {
    const { dice } = this;
    for (let place = 0; place < this.places; place++) {
      const late = dice.chance(0.1);
      this.add(late ? this.anyTime() : dice.below(20 * MS), { do: 'start', place });
    }
    this.traffic();
    if (this.syncs) this.bulk();
    const kinds = [
      () => this.some(5, (at) => this.fault(at, { do: 'crash', place: this.place(), back: this.back() })),
      () => this.some(2, (at) => this.fault(at, { do: 'crashAll', back: this.backs() })),
      () => this.some(3, (at) => this.fault(at, { do: 'stop', place: this.place(), back: this.back() })),
      () => this.replacements(),
      () => this.partitions(),
      () => this.some(3, (at) => this.fault(at, { do: 'suspect', place: this.place() })),
      () => this.slowness(),
      () => this.some(2, (at) => this.failDisk(at)),
      () => this.some(6, (at) => this.ambush(at, MESSAGES)),
      () => this.some(3, (at) => this.diskAmbush(at)),
    ];
    for (const kind of kinds) if (dice.chance(0.35)) kind();
    if (dice.chance(0.25)) this.storm();
    if (this.syncs) {
      if (dice.chance(0.6)) this.replacements();
      if (dice.chance(0.6)) this.some(6, (at) => this.ambush(at, SYNC_MESSAGES));
    }
    return this.steps.sort((a, b) => a.at - b.at);
  }

  private add(at: number, action: StoreAction): void {
    this.steps.push({ ...action, at });
  }

  private some(most: number, each: (at: number) => void): void {
    for (let count = this.dice.between(1, most); count > 0; count--) each(this.anyTime());
  }

  private anyTime(): number {
    return this.dice.below(this.end);
  }

  private place(): number {
    return this.dice.below(this.places);
  }

  /** 0: not before the end. */
  private back(): number {
    return this.dice.chance(0.1) ? 0 : this.dice.pick([1, 30, 300, 1000]) * this.dice.between(1, 1000);
  }

  private backs(): number[] {
    return Array.from({ length: this.places }, () => this.back());
  }

  // ---- clients ----

  private traffic(): void {
    const { dice } = this;
    const burst = dice.pick([1, 4, 12]);
    for (let bursts = dice.between(4, 24); bursts > 0; bursts--) {
      const from = this.anyTime();
      for (let count = dice.between(1, burst); count > 0; count--)
        this.client(from + dice.below(dice.pick([1, 10]) * MS));
    }
  }

  private client(at: number): void {
    const { dice } = this;
    const place = this.place();
    const bytes = dice.chance(0.1) ? dice.below(2000) : dice.between(1, 100);
    const what = dice.below(10);
    if (what < 3) this.add(at, { do: 'put', place, keys: this.keys(), bytes });
    else if (what === 3) this.add(at, { do: 'delete', place, keys: this.keys() });
    else if (what < 6) {
      const by = dice.pick(['value', 'version'] as const);
      const wrong = dice.chance(0.1);
      this.add(at, { do: 'swap', place, compares: this.keys(), by, wrong, keys: this.keys(), bytes });
    } else {
      const how = dice.pick(['local', 'local', 'linearizable', 'linearizable', 'snapshot'] as const);
      this.add(at, { do: 'read', place, how, keys: Array.from({ length: SHARED_KEYS }, (_, key) => key) });
    }
  }

  /** One, mostly; without repetition. */
  private keys(): number[] {
    const { dice } = this;
    const count = dice.chance(0.7) ? 1 : dice.between(2, 3);
    const first = dice.below(SHARED_KEYS);
    return Array.from({ length: count }, (_, i) => (first + i) % SHARED_KEYS);
  }

  /** Many keys at a time, from early on. */
  private bulk(): void {
    const { dice } = this;
    for (let count = dice.between(1, 4); count > 0; count--) {
      const first = FIRST_BULK_KEY + dice.below(30);
      const keys = Array.from({ length: dice.between(3, 30) }, (_, i) => first + i);
      const bytes = dice.between(1, 200);
      this.add(dice.below(this.end / 2), { do: 'put', place: this.place(), keys, bytes });
    }
  }

  // ---- faults ----

  /** And somebody asks for something soon after it, often. */
  private fault(at: number, action: StoreAction): void {
    const { dice } = this;
    this.add(at, action);
    if (!dice.chance(0.5)) return;
    const within = dice.pick([2, 20, 200]) * MS;
    for (let count = dice.between(1, 6); count > 0; count--) this.client(at + dice.below(within));
  }

  private replacements(): void {
    this.some(3, (at) => this.fault(at, { do: 'replace', place: this.place(), back: this.back() }));
  }

  private partitions(): void {
    this.some(4, (at) => {
      const { dice } = this;
      this.fault(at, this.partition());
      if (dice.chance(0.8)) this.add(at + dice.between(1, dice.pick([20, 600])) * MS, { do: 'heal' });
    });
  }

  private partition(): StoreAction {
    const { dice } = this;
    const pieces = dice.between(2, 3);
    return { do: 'partition', pieces: Array.from({ length: this.places }, () => dice.below(pieces)) };
  }

  /** One view after the other, each of which somebody does not live to see. */
  private storm(): void {
    const { dice } = this;
    const step = dice.pick([2, 10, 40]) * MS;
    let at = this.anyTime();
    for (let count = dice.between(5, 20); count > 0; count--) {
      at += dice.between(1, step);
      const what = dice.below(8);
      if (what < 4) this.fault(at, this.partition());
      else if (what === 4) this.add(at, { do: 'heal' });
      else if (what === 5) this.fault(at, { do: 'suspect', place: this.place() });
      else if (what === 6) this.ambush(at, MESSAGES);
      else this.fault(at, { do: 'crash', place: this.place(), back: dice.between(1, step) });
    }
    this.add(at + step, { do: 'heal' });
  }

  private slowness(): void {
    this.some(4, (at) => {
      const { dice } = this;
      const what = dice.pick(['congest', 'slow', 'slowDisk'] as const);
      this.add(at, { do: what, place: this.place(), micros: dice.between(1, 500) * MS });
    });
  }

  private failDisk(at: number): void {
    this.fault(at, { do: 'failDisk', place: this.place(), how: this.dice.pick(['full', 'broken']), back: this.back() });
  }

  private ambush(at: number, messages: readonly string[]): void {
    const { dice } = this;
    // From the first message of the store on, often.
    this.fault(dice.chance(0.3) ? 0 : at, {
      do: 'ambush',
      message: dice.pick(messages),
      moment: dice.pick(['send', 'deliver'] as const),
      after: dice.chance(0.5),
      count: dice.below(dice.pick([1, 5, 20])),
      victim: dice.pick<Victim>(['this', 'this', 'other', 'both', 'leader', 'all']),
      fault: dice.pick(['crash', 'crash', 'crash', 'isolate', 'suspect', 'replace'] as const),
      micros: dice.pick([1, 30, 300]) * dice.between(1, 1000),
    });
  }

  private diskAmbush(at: number): void {
    const { dice } = this;
    this.add(at, {
      do: 'diskAmbush',
      place: this.place(),
      moment: dice.pick(['before', 'during', 'after'] as const),
      count: dice.below(dice.pick([1, 5, 30])),
      micros: dice.pick([1, 30, 300]) * dice.between(1, 1000),
    });
  }
}

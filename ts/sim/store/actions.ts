/** What a scenario of the replicated store is made of: plain data. */
import type { StoreLimits } from '../../store/limits.js';
import type { SyncLimits } from '../../store/sync-limits.js';
import type { CrashKind } from '../sim-disk.js';
import type { GroupTraits } from './group.js';

/** A replica: at this place; or whoever takes himself for the leader when it is done, none or two of them maybe. */
export type Where = number | 'leader';

/** What a client does at a replica. Keys are numbers here. */
export type ClientAction =
  /** Writes each key, whatever it is. */
  | { readonly do: 'put'; readonly place: Where; readonly keys: readonly number[]; readonly bytes: number }
  | { readonly do: 'delete'; readonly place: Where; readonly keys: readonly number[] }
  /**
   * Looks at the keys, and writes `keys` if those in `compares` are as they were when it looked: their values, or their versions. `wrong`: they are not, most
   * likely.
   */
  | {
      readonly do: 'swap';
      readonly place: Where;
      readonly compares: readonly number[];
      readonly by: 'value' | 'version';
      readonly wrong: boolean;
      readonly keys: readonly number[];
      readonly bytes: number;
    }
  /** `snapshot`: all there is. `local`: without asking anyone. */
  | {
      readonly do: 'read';
      readonly place: Where;
      readonly how: 'local' | 'linearizable' | 'snapshot';
      readonly keys: readonly number[];
    };

/** Whom an ambush hits. A number: whoever is at this place. */
export type Victim = 'this' | 'other' | 'leader' | 'both' | 'all' | number;

/** Times in microseconds. `back`: so long after it ended it is started again; 0: at the end of all faults. */
export type StoreAction =
  | ClientAction
  | { readonly do: 'start'; readonly place: number }
  | { readonly do: 'crash'; readonly place: Where; readonly back: number }
  | { readonly do: 'crashAll'; readonly back: readonly number[] }
  | { readonly do: 'stop'; readonly place: Where; readonly back: number }
  /** It crashes, and has an empty disk afterwards: where so many others are whole that nothing is lost. */
  | { readonly do: 'replace'; readonly place: Where; readonly back: number }
  /** By place: which piece it is in. */
  | { readonly do: 'partition'; readonly pieces: readonly number[] }
  | { readonly do: 'heal' }
  /** It is in a piece of its own for so long, and the others in another. */
  | { readonly do: 'isolate'; readonly place: Where; readonly micros: number }
  /** The others take it for failed. */
  | { readonly do: 'suspect'; readonly place: Where }
  /** Nothing of what it sends goes out; or all that it sends and gets takes longer. */
  | { readonly do: 'congest'; readonly place: Where; readonly micros: number }
  | { readonly do: 'slow'; readonly place: Where; readonly micros: number }
  | { readonly do: 'slowDisk'; readonly place: Where; readonly micros: number }
  /** The disk is full, or broken, from the next write on. The replica fails; `back`: after so long it has been seen to, and is started again. */
  | { readonly do: 'failDisk'; readonly place: Where; readonly how: 'full' | 'broken'; readonly back: number }
  /**
   * When so many messages of this type more have been sent (`at` 'send': `this` is the sender) or delivered ('deliver': `this` is the receiver, `other` the
   * sender), somebody is hit: before it, or right after.
   */
  | {
      readonly do: 'ambush';
      readonly message: string;
      readonly moment: 'send' | 'deliver';
      readonly after: boolean;
      readonly count: number;
      readonly victim: Victim;
      /** 'write': it is no fault, but a client of theirs writes something. */
      readonly fault: 'crash' | 'isolate' | 'suspect' | 'replace' | 'write';
      /** Of a crash; undefined: as chance has it. */
      readonly kind?: CrashKind;
      readonly micros: number;
    }
  /** The same with writes to the disk of a place: before the next but so many, while it is under way, or when it is done. */
  | {
      readonly do: 'diskAmbush';
      readonly place: number;
      readonly moment: 'before' | 'during' | 'after';
      readonly count: number;
      readonly kind?: CrashKind;
      readonly micros: number;
    };

export type StoreStep = StoreAction & { readonly at: number };

export interface StoreScenario {
  readonly seed: number;
  /** What it is about (themes.ts); empty: of everything something. */
  readonly theme: string;
  /** Configured replicas, each at a place of its own. */
  readonly places: number;
  readonly durability: 'disk' | 'memory';
  readonly logEntries: number;
  readonly logBytes: number;
  readonly limits: StoreLimits;
  readonly syncLimits: SyncLimits;
  /** The time of replicas runs so many times faster than that of group and disks: time-outs of seconds are met in each run. */
  readonly haste: number;
  readonly group: GroupTraits;
  /** Of each disk, in microseconds: a write, and one that is durable, take between so and so long. */
  readonly writeMicros: readonly [least: number, most: number];
  readonly syncMicros: readonly [least: number, most: number];
  readonly steps: readonly StoreStep[];
  /** When all faults end. */
  readonly end: number;
}

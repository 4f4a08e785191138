/** Replicas of a store in one process, for tests: a clock that is turned by hand, a group whose messages go when they are told to, databases in memory. */

import type { Environment } from '../../../ts/stack/environment.js';
import type { Database } from '../../../ts/store/database.js';
import type { StoreLimits } from '../../../ts/store/limits.js';
import { MemoryDatabase } from '../../../ts/store/memory-database.js';
import { Replica } from '../../../ts/store/replica.js';
import type { ReplicaPort, ReplicaSettings } from '../../../ts/store/replica-port.js';
import type { Outcome, Transaction } from '../../../ts/store/transaction.js';

/** Time and all that waits for it. */
export class HandClock implements Environment {
  private time = 0;
  private calls: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  private order = 0;
  private seed = 1;

  now(): number {
    return this.time;
  }

  setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    const call = { at: this.time + milliseconds, order: this.order++, run: callback };
    this.calls.push(call);
    return {
      cancel: () => {
        this.calls = this.calls.filter((each) => each !== call);
      },
    };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  random(bound: number): number {
    this.seed = (Math.imul(this.seed, 1103515245) + 12345) >>> 0;
    return (this.seed >>> 16) % bound;
  }

  /** Runs all that is due within so many milliseconds. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.calls.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.calls = this.calls.filter((each) => each !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }
}

export interface TestReplica {
  readonly name: string;
  replica: Replica;
  readonly database: Database;
  readonly troubles: string[];
  readonly applied: number[];
  failed: string | undefined;
  isUp: boolean;
}

export const SETTINGS = { durability: 'disk', logEntries: 1000, logBytes: 1 << 20 } as const;
const BYTES = new TextEncoder();

export class TestStore {
  readonly replicas = new Map<string, TestReplica>();
  private view: string[] = [];
  private views = 0;
  private incarnations = 0;

  constructor(
    readonly names: readonly string[],
    private readonly settings: Partial<ReplicaSettings> = {},
    private readonly limits: Partial<StoreLimits> = {},
    readonly clock = new HandClock(),
  ) {}

  /** `called`: its name as a replica, where it says another one than this test does. */
  start(name: string, database = this.newDatabase(), called = name): TestReplica {
    const entry = { name, database, troubles: [], applied: [], failed: undefined, isUp: true } as Omit<
      TestReplica,
      'replica'
    >;
    const port: ReplicaPort = {
      environment: this.clock,
      database,
      group: {
        cast: (bytes) =>
          this.post(
            name,
            this.view.filter((other) => other !== name),
            bytes,
          ),
        send: (rank, bytes) => this.post(name, [this.view[rank] as string], bytes),
        isFull: false,
      },
      onStatus: () => {},
      onApplied: (first, entries) => (entry as TestReplica).applied.push(...entries.map((_, index) => first + index)),
      onReplaced: () => {},
      onTrouble: ({ code }) => (entry as TestReplica).troubles.push(code),
      onFailed: ({ code }) => {
        (entry as TestReplica).failed = code;
      },
    };
    const settings = {
      ...SETTINGS,
      name: called,
      members: this.names,
      incarnation: ++this.incarnations,
      ...this.settings,
    };
    Replica.open({ port, settings, limits: this.limits }, (error, replica) => {
      if (error !== undefined) (entry as TestReplica).failed = error.code;
      else (entry as TestReplica).replica = replica as Replica;
    });
    this.clock.advance(1);
    this.replicas.set(name, entry as TestReplica);
    return entry as TestReplica;
  }

  /** These are in a view now, and those alone. */
  install(...names: string[]): void {
    this.view = names;
    const view = `view ${++this.views}`;
    for (const [rank, name] of names.entries()) this.of(name).replica.enterView(view, names.length, rank);
    this.clock.advance(50);
  }

  newDatabase(): Database {
    return new MemoryDatabase((callback) => this.clock.defer(callback));
  }

  crash(name: string): Database {
    const entry = this.of(name);
    entry.isUp = false;
    return entry.database;
  }

  of(name: string): TestReplica {
    return this.replicas.get(name) as TestReplica;
  }

  /** The outcome, or the code of the error; undefined: there is none yet. */
  submit(name: string, transaction: Transaction): { value: Outcome | string | undefined } {
    const result: { value: Outcome | string | undefined } = { value: undefined };
    this.of(name).replica.submit(transaction, (error, outcome) => {
      result.value = error === undefined ? outcome : ((error as { code?: string }).code ?? error.message);
    });
    this.clock.advance(50);
    return result;
  }

  put(name: string, key: string, value: string): Outcome | string | undefined {
    return this.submit(name, { compares: [], effects: [put(key, value)] }).value;
  }

  get(name: string, key: string): string | undefined {
    const found = this.of(name).replica.get(BYTES.encode(key));
    return found && new TextDecoder().decode(found.value);
  }

  state(name: string): string {
    return this.of(name).replica.status.state;
  }

  private post(from: string, to: readonly string[], bytes: Uint8Array): void {
    const { views } = this;
    const copy = bytes.slice();
    for (const name of to) {
      this.clock.setTimer(1, () => {
        const rank = this.view.indexOf(from);
        if (views === this.views && rank >= 0 && this.of(name).isUp) this.of(name).replica.receive(rank, copy);
      });
    }
  }
}

export function put(key: string, value: string): Transaction['effects'][number] {
  return { type: 'put', key: BYTES.encode(key), value: BYTES.encode(value) };
}

export function bytes(text: string): Uint8Array {
  return BYTES.encode(text);
}

// Replicas of a store, each in a process of its own, with a directory that outlives it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { ReplicatedStoreOptions, StoreEvent, StoreStatus, SyncProgress } from '../../ts/index.js';
import { Child, type ChildOptions } from './child.js';
import { type Mode, skipWithoutAddon, type Threads } from './crew.js';
import { SHORT_SUSPICION, uniqueGroup } from './group-crew.js';

export interface ReplicaSettings {
  readonly options?: Partial<ReplicatedStoreOptions>;
  readonly child?: ChildOptions;
  readonly ready?: boolean;
  /** Whom to kill when this replica has got so much of the whole store: itself, or whoever provides it. */
  readonly killAtSync?: 'me' | Readonly<Record<string, number>>;
  readonly afterBytes?: number;
}

export interface Seen {
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly syncs: readonly SyncProgress[];
  readonly states: readonly string[];
  readonly acknowledged: number;
}

export interface Dump {
  readonly version: number;
  readonly stale: boolean;
  readonly entries: readonly {
    readonly key: string;
    readonly version: number;
    readonly bytes: number;
    readonly begins: string;
  }[];
}

/** A write that was acknowledged. */
export interface Acknowledged {
  readonly key: string;
  readonly version: number;
}

/** One process. */
export class Replica {
  constructor(
    readonly name: string,
    readonly child: Child,
  ) {}

  call<T>(name: string, ...args: unknown[]): Promise<T> {
    return this.child.call<T>(name, ...args);
  }

  status(): Promise<StoreStatus> {
    return this.call('status');
  }

  seen(): Promise<Seen> {
    return this.call('seen');
  }

  put(key: string, value: string): Promise<number> {
    return this.call('put', key, value);
  }

  get(key: string, read = 'local'): Promise<string | undefined> {
    return this.call('get', key, read);
  }

  dump(read = 'linearizable'): Promise<Dump> {
    return this.call('dump', read);
  }

  watched(): Promise<StoreEvent<string>[]> {
    return this.call('watched');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.child.pid, signal);
  }

  kill(): Promise<void> {
    return this.child.kill('SIGKILL');
  }
}

export class StoreCrew {
  readonly folder: string;
  readonly groupName = uniqueGroup();
  /** Those that were started last under their names. */
  private readonly replicas = new Map<string, Replica>();
  private runs = 0;

  constructor(
    private readonly context: TestContext,
    private readonly mode: Mode,
    private readonly threadMode: Threads,
    private readonly common: Partial<ReplicatedStoreOptions> = {},
    readonly names: readonly string[] = ['a', 'b', 'c'],
  ) {
    skipWithoutAddon(context, mode);
    this.folder = mkdtempSync(join(tmpdir(), 'consort-store-'));
    context.onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Starts all of them, and waits until they can be used. */
  static async founded(
    context: TestContext,
    mode: Mode,
    threadMode: Threads,
    common: Partial<ReplicatedStoreOptions> = {},
  ): Promise<StoreCrew> {
    const crew = new StoreCrew(context, mode, threadMode, common);
    await crew.startAll();
    return crew;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.start(name, { ready: true })));
    await this.areTogether();
  }

  directory(name: string): string {
    return join(this.folder, name);
  }

  /** A process whose store is not opened yet, in the place of the one of that name. */
  async spawn(name: string, child: ChildOptions = {}): Promise<Replica> {
    const replica = await this.stranger(name, child);
    this.replicas.set(name, replica);
    return replica;
  }

  /** One that is none of the crew. */
  async stranger(name: string, child: ChildOptions = {}): Promise<Replica> {
    return new Replica(name, await Child.start(this.context, 'store-program.mjs', child));
  }

  async open(replica: Replica, { options, child: _, ...traits }: ReplicaSettings = {}): Promise<void> {
    const { name } = replica;
    const { groupName, names: members, mode, threadMode, common } = this;
    await replica.call(
      'open',
      {
        groupName,
        name,
        members,
        directory: this.directory(name),
        mode,
        threadMode,
        params: SHORT_SUSPICION,
        logFile: this.logFile(name),
        ...common,
        ...options,
      },
      traits,
    );
  }

  async start(name: string, settings: ReplicaSettings = {}): Promise<Replica> {
    const replica = await this.spawn(name, settings.child);
    await this.open(replica, settings);
    return replica;
  }

  replica(name: string): Replica {
    return this.replicas.get(name) as Replica;
  }

  get all(): Replica[] {
    return this.names.map((name) => this.replica(name));
  }

  /** Waits until these, and no others, are in one view with a leader, and up to date. Returns the leader's name. */
  async areTogether(replicas: readonly Replica[] = this.all): Promise<string> {
    const names = replicas.map(({ name }) => name).sort();
    for (;;) {
      await Promise.all(replicas.map((replica) => replica.call('waitForPresent', names)));
      await Promise.all(replicas.map((replica) => replica.call('ready')));
      const all = await Promise.all(replicas.map((replica) => replica.status()));
      const [first] = all as [StoreStatus];
      if (all.every(({ leader, epoch }) => leader === first.leader && epoch === first.epoch))
        return String(first.leader);
    }
  }

  async leader(): Promise<Replica> {
    return this.replica(await this.areTogether());
  }

  async load(replicas: readonly Replica[] = this.all, writers = 4, bytes = 100): Promise<void> {
    const run = ++this.runs;
    await Promise.all(replicas.map(({ name, child }) => child.call('load', `${name}${run}`, writers, bytes)));
  }

  async endLoad(replicas: readonly Replica[] = this.all): Promise<void> {
    await Promise.all(replicas.map((replica) => replica.call('endLoad')));
  }

  /** So many more writes are acknowledged to each of these. */
  async write(count: number, replicas: readonly Replica[] = this.all): Promise<void> {
    await Promise.all(replicas.map((replica) => replica.call('waitForWrites', count)));
  }

  /** What was acknowledged to anybody. */
  acknowledged(): Acknowledged[] {
    return this.names.flatMap((name) => this.lines(name)).filter((line): line is Acknowledged => 'key' in line);
  }

  lines(name: string): (Acknowledged | { readonly killed: string })[] {
    const lines = readFileSync(this.logFile(name), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  /** All have the same, and all that was acknowledged, in the versions that were acknowledged: so in that order. */
  async check(replicas: readonly Replica[] = this.all): Promise<Dump> {
    const dumps = await Promise.all(replicas.map((replica) => replica.dump()));
    const [first] = dumps as [Dump, ...Dump[]];
    for (const { entries } of dumps) expect(entries).toEqual(first.entries);
    const versions = new Map(first.entries.map(({ key, version }) => [key, version]));
    const acknowledged = this.acknowledged();
    const lost = acknowledged
      .filter(({ key, version }) => versions.get(key) !== version)
      .map((line) => ({ ...line, there: versions.get(line.key) }));
    expect(lost).toEqual([]);
    expect(new Set(acknowledged.map(({ version }) => version)).size).toBe(acknowledged.length);
    return first;
  }

  async close(replicas: readonly Replica[] = this.all): Promise<void> {
    await Promise.all(replicas.map((replica) => replica.call('close')));
  }

  /** What each of these has complained of. */
  async errors(replicas: readonly Replica[] = this.all): Promise<string[]> {
    const seen = await Promise.all(replicas.map((replica) => replica.seen()));
    return seen.flatMap(({ errors }) => errors.map(({ code, message }) => `${code}: ${message}`));
  }

  private logFile(name: string): string {
    return join(this.folder, `${name}.jsonl`);
  }
}

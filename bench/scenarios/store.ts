/**
 * A replicated store: how many commits it takes from few and from many writers, and how long each waits; on disk also reads, what a killed leader
 * costs, and how fast a replica that has nothing takes the whole store while others write.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Durability } from '../options.js';
import type { GroupRow } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { StoreCommitsSample, StoreSample } from '../results.js';
import type { StoreOpen } from '../roles/store-role.js';
import { freshGroupName, memberSeed, modeOf, PATIENCE_SECONDS, type Trial, warmUpSeconds } from './trial.js';

/** Spread over all replicas, the leader first. */
const WRITERS: Readonly<Record<Durability, readonly number[]>> = { disk: [1, 8, 64], memory: [1, 8, 64, 512] };
const QUICK_WRITERS: typeof WRITERS = { disk: [1, 64], memory: [512] };
const WARM_UP_WRITERS = 32;
/** Of a store that is synchronized. */
const SYNC_VALUE_BYTES = 1000;
const SYNC_KEY_BYTES = 14;
/** So short that a store does not fit into it. */
const LOG_SHARE = 1 / 16;
const MIN_LOG_BYTES = 256 * 1024;
/** A store may be filled and taken so slowly before it is given up. Bytes per second. */
const LEAST_BYTES_PER_SECOND = 2e6;
/** Databases merge what they were filled with for so long at most, before it is synchronized. */
const MIN_SETTLE_MS = 1000;
const MOST_SETTLE_MS = 30_000;
const LEAST_SETTLED_BYTES_PER_SECOND = 20e6;

export async function measureStore(crew: Crew, trial: Trial<GroupRow>): Promise<StoreSample> {
  const folder = mkdtempSync(join(trial.settings.folder ?? tmpdir(), 'consort-bench-'));
  try {
    return await new BenchStore(crew, trial, folder).measure();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class BenchStore {
  private readonly groupName = freshGroupName();
  private readonly names: readonly string[];
  private readonly durability: Durability;
  private readonly stateBytes: number;

  constructor(
    private readonly crew: Crew,
    private readonly trial: Trial<GroupRow>,
    private readonly folder: string,
  ) {
    this.names = crew.actors.map((_, member) => `replica ${member}`);
    this.durability = trial.block.durability ?? 'disk';
    this.stateBytes = trial.block.stateBytes ?? 0;
  }

  async measure(): Promise<StoreSample> {
    const { crew, trial, folder } = this;
    const { seconds, quick } = trial.settings;
    await Promise.all(crew.actors.map((actor, member) => actor.call('storeOpen', this.open(member), PATIENCE_SECONDS)));
    const fsyncMicros = await this.actor(0).call('storeFsync', folder, PATIENCE_SECONDS);
    await this.commits(WARM_UP_WRITERS, 'warm-up', warmUpSeconds(trial));
    const commits: StoreCommitsSample[] = [];
    const all = (quick ? QUICK_WRITERS : WRITERS)[this.durability];
    for (const writers of all) commits.push(await this.commits(writers, `w${writers}`, seconds));
    const more = this.durability === 'disk' ? await this.measureRest() : {};
    await Promise.all(crew.actors.map((actor) => actor.call('storeClose', undefined, PATIENCE_SECONDS)));
    return { repetition: trial.repetition, fsyncMicros, commits, ...more };
  }

  private async measureRest() {
    const { settings, block } = this.trial;
    const leader = await this.leader();
    const survivor = (leader + 1) % this.names.length;
    const reads = await this.actor(survivor).call(
      'storeReads',
      { folder: this.folder, seconds: settings.seconds, valueBytes: block.sizeBytes },
      settings.seconds + PATIENCE_SECONDS,
    );
    const lost = await this.lose(leader, survivor);
    return { ...reads, ...lost, ...(await this.synchronize(leader, survivor)) };
  }

  /** So many writers for so long; all that they were told is verified at all replicas. */
  private async commits(writers: number, phase: string, seconds: number): Promise<StoreCommitsSample> {
    const { actors } = this.crew;
    const { sizeBytes: valueBytes } = this.trial.block;
    const leader = await this.leader();
    const share = (member: number) => {
      const place = (member - leader + actors.length) % actors.length;
      return Math.floor((writers + actors.length - 1 - place) / actors.length);
    };
    const startMs = performance.now();
    const written = await Promise.all(
      actors.map((actor, member) =>
        actor.call('storeWrite', { phase, writers: share(member), seconds, valueBytes }, seconds + PATIENCE_SECONDS),
      ),
    );
    const tookSeconds = (performance.now() - startMs) / 1000;
    const last = written.flatMap((each) => each.last);
    await Promise.all(actors.map((actor) => actor.call('storeVerify', last, PATIENCE_SECONDS)));
    const micros = sorted(written.map((each) => each.micros));
    const at = (share: number) => micros[Math.min(micros.length - 1, Math.floor(micros.length * share))] ?? Number.NaN;
    return { writers, commitsPerSecond: micros.length / tookSeconds, p50Micros: at(0.5), p99Micros: at(0.99) };
  }

  /** Kills the leader, where it is a process. */
  private async lose(leader: number, survivor: number): Promise<{ recoveryMillis?: number }> {
    const { processes } = this.crew;
    if (processes === undefined) {
      await this.actor(leader).call('storeClose', undefined, PATIENCE_SECONDS);
      return {};
    }
    const actor = this.actor(survivor);
    await actor.call('storeBeginSteady', this.trial.block.sizeBytes, PATIENCE_SECONDS);
    const noticed = actor.call('storeAwaitOther', this.names[leader] as string, PATIENCE_SECONDS);
    processes.signal(leader, 'SIGKILL');
    await noticed;
    const { largestGapMs } = await actor.call('storeEndSteady', undefined, PATIENCE_SECONDS);
    await processes.replace(leader);
    return { recoveryMillis: largestGapMs };
  }

  /** A replica that has nothing, in the place of the one that was lost, takes the whole store while another writes. */
  private async synchronize(requester: number, writer: number) {
    const { stateBytes, trial } = this;
    const patience = stateBytes / LEAST_BYTES_PER_SECOND + PATIENCE_SECONDS;
    const keys = Math.ceil(stateBytes / (SYNC_VALUE_BYTES + SYNC_KEY_BYTES));
    await this.actor(writer).call('storeFill', { keys, valueBytes: SYNC_VALUE_BYTES }, patience);
    const others = this.crew.actors.filter((_, member) => member !== requester);
    const mostMs = Math.min(MOST_SETTLE_MS, MIN_SETTLE_MS + (stateBytes / LEAST_SETTLED_BYTES_PER_SECOND) * 1000);
    await Promise.all(others.map((actor) => actor.call('storeSettle', { mostMs }, patience)));
    rmSync(this.directory(requester), { recursive: true, force: true });
    await this.actor(writer).call('storeBeginSteady', trial.block.sizeBytes, PATIENCE_SECONDS);
    const synced = await this.actor(requester).call('storeSync', this.open(requester), patience);
    await this.actor(writer).call('storeEndSteady', undefined, PATIENCE_SECONDS);
    return { syncBytesPerSecond: stateBytes / synced.seconds, requesterPeakBytes: synced.peakBytes };
  }

  private async leader(): Promise<number> {
    const leads = await Promise.all(
      this.crew.actors.map((actor) => actor.call('storeLeads', undefined, PATIENCE_SECONDS)),
    );
    return Math.max(0, leads.indexOf(true));
  }

  private open(member: number): StoreOpen {
    const { trial, names, groupName, durability, stateBytes } = this;
    const directory = this.directory(member);
    mkdirSync(directory, { recursive: true });
    return {
      groupName,
      name: names[member] as string,
      members: names,
      directory,
      durability,
      mode: modeOf(trial.row, member),
      threads: trial.row.threads,
      logBytes: Math.max(MIN_LOG_BYTES, Math.round(stateBytes * LOG_SHARE)),
      seed: memberSeed(trial, member),
    };
  }

  private directory(member: number): string {
    return join(this.folder, `${member}`);
  }

  private actor(member: number): Actor {
    return this.crew.actors[member] as Actor;
  }
}

function sorted(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}

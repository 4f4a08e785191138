/**
 * Soak: a group under a steady load of casts and loss, whose members are killed and stopped one after the other, for as long as one likes. The first half of the
 * members is never hurt: of them no memory may grow, and to them casts have to come without a long gap. The others take turns in what is done to them:
 *
 *   killed          another member comes in its place as soon as the others are without it
 *   stopped long    the others go on without it; when it goes on itself, the two sides come together again
 *   stopped short   nobody may notice
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupRow, propertiesOf } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import { duration, quantity } from '../report/format.js';
import type { SoakSample } from '../results.js';
import type { SoakReport } from '../roles/soak-role.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import { suspicionOf } from '../view-measures.js';
import { MemoryLog, missingAtEnd, slopeLimit, steepest, ViewComparison } from './soak-checks.js';
import { freshGroupName, memberSeed, modeOf, PATIENCE_SECONDS, type Trial, TrialError } from './trial.js';

const TICK_SECONDS = 1;
const QUICK_TICK_SECONDS = 0.2;
/** Between two faults: so long everything is well. */
const CALM_SECONDS = 10;
const QUICK_CALM_SECONDS = 0.5;
/** In times of a suspicion. */
const LONG_STOP = 2;
const SHORT_STOP = 0.4;
/** A fault and what it brings take so long at most, before it counts as a failure of the group. */
const REPAIR_SECONDS = 60;
const FAULTS = ['kill', 'long stop', 'short stop'] as const;

export interface SoakSettings {
  readonly durationSeconds: number;
  readonly quick: boolean;
  readonly seed: number;
  readonly ratePerSecond: number;
}

export interface SoakListener {
  onProgress(text: string): void;
}

/** Without a delivery for longer the group is stuck: a member that is silent holds the others up until it is suspected and a view without it is there. */
export function gapLimitMillis(settings: Pick<SoakSettings, 'quick'>): number {
  const { sweepSeconds, maxIdle } = suspicionOf(settings);
  return Math.max(10, 4 * sweepSeconds * maxIdle) * 1000;
}

/** @param signal aborted: resolves with what was until then */
export async function measureSoak(
  crew: Crew,
  trial: Trial<GroupRow>,
  settings: SoakSettings,
  listener: SoakListener,
  signal: AbortSignal,
): Promise<SoakSample> {
  const soak = new Soak(crew, trial, settings, listener, signal);
  try {
    await soak.run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return soak.sample();
}

class Soak {
  private readonly groupName = freshGroupName();
  private readonly comparison = new ViewComparison();
  private readonly memory = new Map<number, MemoryLog>();
  /** Members that are down, or that can't answer. */
  private readonly down = new Set<number>();
  private readonly reports = new Map<number, SoakReport>();
  /** What members had sent and got that are no more. */
  private buried = { sent: 0, delivered: 0 };
  private incarnations = 0;
  private kills = 0;
  private stops = 0;
  private longestGapMs = 0;
  private startMs = 0;
  private endedSeconds = 0;

  constructor(
    private readonly crew: Crew,
    private readonly trial: Trial<GroupRow>,
    private readonly settings: SoakSettings,
    private readonly listener: SoakListener,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<void> {
    const { actors } = this.crew;
    await Promise.all(actors.map((_, member) => this.open(member)));
    await this.watchUntil(() => this.isComplete(), 'the group has not come together');
    this.startMs = performance.now();
    await Promise.all(actors.map((_, member) => this.start(member)));
    for (let fault = 0; this.secondsLeft() > 0; fault++) {
      await this.watchFor(this.settings.quick ? QUICK_CALM_SECONDS : CALM_SECONDS);
      if (this.secondsLeft() > 0) await this.hurtSomebody(fault);
    }
    this.endedSeconds = this.seconds();
    await Promise.all(actors.map((actor) => actor.call('soakStop', undefined, PATIENCE_SECONDS)));
    await this.settle();
    await Promise.all(actors.map((actor) => actor.call('soakClose', undefined, PATIENCE_SECONDS)));
  }

  sample(): SoakSample {
    const reports = [...this.reports.values()];
    const delivered = reports.reduce((sum, each) => sum + each.delivered, this.buried.delivered);
    const seconds = this.endedSeconds || this.seconds();
    return {
      repetition: this.trial.repetition,
      seconds,
      sentMessages: reports.reduce((sum, each) => sum + each.sent, this.buried.sent),
      verifiedMessages: delivered,
      deliveredMessagesPerSecond: delivered / seconds,
      views: this.reports.get(0)?.views ?? 0,
      comparedViews: this.comparison.compared,
      kills: this.kills,
      stops: this.stops,
      longestGapMillis: this.longestGapMs,
      memory: [...this.memory].map(([member, log]) => log.series(member)),
    };
  }

  private seconds(): number {
    return (performance.now() - this.startMs) / 1000;
  }

  private secondsLeft(): number {
    return this.settings.durationSeconds - this.seconds();
  }

  // ---- faults ----

  private async hurtSomebody(fault: number): Promise<void> {
    const { processes, actors } = this.crew;
    const firstVictim = Math.ceil(actors.length / 2);
    // Threads can't be hurt one by one: then there is loss alone.
    if (processes === undefined) return this.watchFor(CALM_SECONDS);
    const victim = firstVictim + (fault % (actors.length - firstVictim));
    const what = FAULTS[fault % FAULTS.length];
    if (what === 'kill') await this.kill(victim);
    else await this.stop(victim, this.suspicionSeconds() * (what === 'long stop' ? LONG_STOP : SHORT_STOP));
    await this.watchUntil(() => this.isComplete(), `the group has not come together after a ${what}`);
  }

  private async kill(victim: number): Promise<void> {
    this.kills++;
    this.down.add(victim);
    this.crew.processes?.signal(victim, 'SIGKILL');
    await this.watchUntil(() => this.isWithout(victim), 'the others have kept a member that was killed');
    const { sent = 0, delivered = 0 } = this.reports.get(victim) ?? {};
    this.buried = { sent: this.buried.sent + sent, delivered: this.buried.delivered + delivered };
    this.reports.delete(victim);
    await this.crew.processes?.replace(victim);
    await this.open(victim);
    await this.start(victim);
    this.down.delete(victim);
  }

  private async stop(victim: number, seconds: number): Promise<void> {
    this.stops++;
    this.down.add(victim);
    this.crew.processes?.signal(victim, 'SIGSTOP');
    try {
      await this.watchFor(seconds);
    } finally {
      this.crew.processes?.signal(victim, 'SIGCONT');
    }
    this.down.delete(victim);
  }

  private suspicionSeconds(): number {
    const { sweepSeconds, maxIdle } = suspicionOf(this.settings);
    return sweepSeconds * maxIdle;
  }

  // ---- members ----

  private async open(member: number): Promise<void> {
    const { trial, settings } = this;
    const { row, block } = trial;
    const { sweepSeconds, maxIdle } = suspicionOf(settings);
    const actor = this.actor(member);
    await actor.call(
      'soakOpen',
      {
        groupName: this.groupName,
        properties: propertiesOf(row),
        params: `suspect_sweep=${sweepSeconds};suspect_max_idle=${maxIdle}`,
        mode: modeOf(row, member),
        threads: row.threads,
        lossRate: row.lossRate,
        seed: memberSeed(trial, member) + 31 * this.incarnations++,
        sizeBytes: block.sizeBytes,
        contentSeed: settings.seed,
      },
      PATIENCE_SECONDS,
    );
    await actor.call('soakJoin', undefined, PATIENCE_SECONDS);
  }

  private start(member: number): Promise<void> {
    return this.actor(member).call('soakStart', { ratePerSecond: this.settings.ratePerSecond }, PATIENCE_SECONDS);
  }

  private actor(member: number): Actor {
    const actor = this.crew.actors[member];
    if (actor === undefined) throw new TrialError(`there is no member ${member}`);
    return actor;
  }

  private isComplete(): boolean {
    const { length } = this.crew.actors;
    return this.reports.size === length && [...this.reports.values()].every(({ members }) => members === length);
  }

  private isWithout(victim: number): boolean {
    const { length } = this.crew.actors;
    return [...this.reports].every(([member, { members }]) => member === victim || members === length - 1);
  }

  // ---- what is seen ----

  private async watchFor(seconds: number): Promise<void> {
    const endMs = performance.now() + seconds * 1000;
    do await this.tick();
    while (performance.now() < endMs && this.secondsLeft() > 0);
  }

  private async watchUntil(isSo: () => boolean, otherwise: string): Promise<void> {
    const endMs = performance.now() + REPAIR_SECONDS * 1000;
    for (await this.tick(); !isSo(); await this.tick()) {
      if (performance.now() > endMs)
        throw new TrialError(`${otherwise} within ${REPAIR_SECONDS} s: ${this.describe()}`);
    }
  }

  /** Nobody sends any more: everything has to be there soon. */
  private async settle(): Promise<void> {
    const missing = () => missingAtEnd([...this.reports.values()]);
    try {
      await this.watchUntil(() => missing().length === 0, 'not everything has arrived');
    } catch (error) {
      if (this.signal.aborted || missing().length === 0) throw error;
      throw new UnverifiedError(missing().join('; '));
    }
  }

  private async tick(): Promise<void> {
    await sleep((this.settings.quick ? QUICK_TICK_SECONDS : TICK_SECONDS) * 1000, undefined, { signal: this.signal });
    const asked = this.crew.actors.flatMap((actor, member) => (this.down.has(member) ? [] : [{ actor, member }]));
    const reports = await Promise.all(asked.map(({ actor }) => actor.call('soakReport', undefined, PATIENCE_SECONDS)));
    for (const [at, report] of reports.entries()) this.take(asked[at]?.member ?? 0, report);
    if (this.startMs > 0) this.listener.onProgress(this.describe());
  }

  private take(member: number, report: SoakReport): void {
    this.reports.set(member, report);
    const differences = this.comparison.add(report.name, report.closed);
    const wrong = [...report.faults.map((fault) => `member ${member}: ${fault}`), ...differences];
    if (wrong.length > 0) throw new UnverifiedError(wrong.slice(0, 3).join('; '));
    if (member >= Math.ceil(this.crew.actors.length / 2) || this.startMs === 0 || this.endedSeconds > 0) return;
    const log = this.memory.get(member) ?? new MemoryLog();
    this.memory.set(member, log);
    log.add(this.seconds(), report.residentBytes);
    this.longestGapMs = Math.max(this.longestGapMs, report.longestGapMs);
    const limit = gapLimitMillis(this.settings);
    if (report.longestGapMs > limit) {
      throw new TrialError(
        `a stall: nothing came at member ${member} for ${Math.round(report.longestGapMs)} ms, over ${limit}`,
      );
    }
  }

  private describe(): string {
    const { verifiedMessages, views, memory } = this.sample();
    const resident = Math.max(0, ...memory.map(({ residentBytes }) => residentBytes.at(-1) ?? 0));
    const slope = slopeLimit(memory) === undefined ? undefined : steepest(memory);
    return [
      `${duration(this.seconds())} of ${duration(this.settings.durationSeconds)}`,
      `${quantity(verifiedMessages)} messages verified`,
      `${views} views, ${this.kills} kills, ${this.stops} stops`,
      `longest gap ${Math.round(this.longestGapMs)} ms`,
      `memory ${Math.round(resident / 2 ** 20)} MiB${slope === undefined ? '' : `, ${(slope.median / 2 ** 20).toFixed(1)} MiB/h`}`,
    ].join(' · ');
  }
}

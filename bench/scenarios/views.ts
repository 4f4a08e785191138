/**
 * How fast views change: a group forms, another member comes and goes, the group is cut into halves that merge again, one is killed, one is stopped. Whoever
 * should get a view has to get it.
 * Times are taken at the members, by the clock of the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../ts/index.js';
import { type GroupRow, propertiesOf } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import { machineMs } from '../roles/machine-clock.js';
import { suspicionOf, type ViewMeasure } from '../view-measures.js';
import { freshGroupName, memberSeed, modeOf, PATIENCE_SECONDS, type Trial } from './trial.js';
import { measureChangesUnderLoad } from './views-under-load.js';

/** Joins and leaves of one measurement. */
const ROUNDS = 10;
const QUICK_ROUNDS = 3;

/** Cuts of one measurement, each of which lasts as long as it takes to suspect half of the group. */
const CUTS = 3;
const QUICK_CUTS = 1;
/** Coordinators announce their views about this often: the stack's default. */
const HEAL_SWEEP_MS = 1000;
/** The fractional parts of its multiples are spread evenly, however many there are. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

export interface ViewsMeasurement {
  readonly repetition: number;
  readonly millis: { readonly [Measure in ViewMeasure]?: readonly number[] };
  /** Messages that came while views changed, each verified. */
  readonly verifiedMessages: number;
}

/** A row's crew has one worker more than the group has members: who comes and goes. */
export async function measureViews(crew: Crew, trial: Trial<GroupRow>): Promise<ViewsMeasurement> {
  const group = new BenchGroup(crew, trial);
  const formation = await group.form();
  const millis = {
    formation: [formation],
    ...(await group.joinAndLeave()),
    merge: await group.cutAndHeal(),
    ...(await group.hurt()),
  };
  await group.close();
  const { verifiedMessages, ...blocked } = await measureChangesUnderLoad(crew, trial);
  return { repetition: trial.repetition, millis: { ...millis, ...blocked }, verifiedMessages };
}

class BenchGroup {
  private readonly name = freshGroupName();
  /** By number; the last is the one that comes and goes. */
  private readonly addresses: Address[] = [];

  constructor(
    private readonly crew: Crew,
    private readonly trial: Trial<GroupRow>,
  ) {}

  /** Milliseconds from the last join() to the view of all at all. */
  async form(): Promise<number> {
    const { actors } = this.crew;
    const addresses = await Promise.all(actors.map((_, number) => this.open(number)));
    this.addresses.push(...addresses);
    const all = this.members();
    const joins = await Promise.all(actors.slice(0, -1).map((actor) => actor.call('viewsJoin', all, PATIENCE_SECONDS)));
    return Math.max(...joins.map(({ doneMs }) => doneMs)) - Math.max(...joins.map(({ calledMs }) => calledMs));
  }

  async joinAndLeave() {
    const guest = this.crew.actors.at(-1) as Actor;
    const took = { join: [] as number[], joinAll: [] as number[], leave: [] as number[], leaveAll: [] as number[] };
    const rounds = this.trial.settings.quick ? QUICK_ROUNDS : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      const joined = await guest.call('viewsJoin', this.addresses, PATIENCE_SECONDS);
      took.join.push(joined.doneMs - joined.calledMs);
      took.joinAll.push(await this.untilAllHave(this.addresses, joined.calledMs));
      const left = await guest.call('viewsLeave', undefined, PATIENCE_SECONDS);
      took.leave.push(left.doneMs - left.calledMs);
      took.leaveAll.push(await this.untilAllHave(this.members(), left.calledMs));
    }
    return took;
  }

  /** Cuts the network between two halves until each has a view of its own; milliseconds from when it is healed until all are in one view again. */
  async cutAndHeal(): Promise<readonly number[]> {
    const { trial } = this;
    const all = [...this.members().keys()];
    const left = all.slice(0, Math.ceil(all.length / 2));
    const right = all.slice(left.length);
    const took: number[] = [];
    const cuts = trial.settings.quick ? QUICK_CUTS : CUTS;
    for (let cut = 0; cut < cuts; cut++) {
      const cutMs = machineMs();
      await Promise.all([this.cutOff(left, right), this.cutOff(right, left)]);
      await Promise.all([left, right].map((half) => this.untilThoseHave(half, this.addressesOf(half), cutMs)));
      // New views announce themselves, and then for a while they do not: networks heal whenever it happens.
      await sleep(((0.5 + GOLDEN_RATIO * (trial.repetition * cuts + cut)) % 1) * HEAL_SWEEP_MS);
      const healedMs = machineMs();
      await this.cutOff(all, []);
      took.push(await this.untilAllHave(this.members(), healedMs));
    }
    return took;
  }

  /** Kills one and stops another, where they are processes; who is hit has another rank each time, as chance has it. */
  async hurt(): Promise<{ crash?: number[]; hang?: number[] }> {
    const { processes } = this.crew;
    if (processes === undefined) return {};
    const victim = this.trial.repetition % this.trial.row.members;
    const crash = await this.loseTo('SIGKILL', victim);
    await this.replace(victim);
    const hang = await this.loseTo('SIGSTOP', victim);
    await processes.replace(victim);
    return { crash: [crash], hang: [hang] };
  }

  async close(): Promise<void> {
    await Promise.all(this.crew.actors.map((actor) => actor.call('viewsClose', undefined, PATIENCE_SECONDS)));
  }

  private members(): readonly Address[] {
    return this.addresses.slice(0, -1);
  }

  private open(number: number): Promise<Address> {
    const { trial } = this;
    const { row, settings } = trial;
    const { sweepSeconds, maxIdle } = suspicionOf(settings);
    const options = {
      groupName: this.name,
      properties: propertiesOf(row),
      params: `suspect_sweep=${sweepSeconds};suspect_max_idle=${maxIdle}`,
      mode: modeOf(row, number),
      threads: row.threads,
      lossRate: row.lossRate,
      seed: memberSeed(trial, number),
    };
    return this.actor(number).call('viewsOpen', options, PATIENCE_SECONDS);
  }

  /** Milliseconds from then until all who have been there have a view of these. */
  private untilAllHave(members: readonly Address[], sinceMs: number, without = -1): Promise<number> {
    const all = [...this.members().keys()];
    return this.untilThoseHave(
      all.filter((number) => number !== without),
      members,
      sinceMs,
    );
  }

  private async untilThoseHave(those: readonly number[], members: readonly Address[], sinceMs: number) {
    const waiting = those.map((number) =>
      this.actor(number).call('viewsAwait', { members, sinceMs }, PATIENCE_SECONDS),
    );
    return Math.max(...(await Promise.all(waiting))) - sinceMs;
  }

  /** Those hear nothing of the others any more, and of all who are not among these again. */
  private async cutOff(those: readonly number[], others: readonly number[]): Promise<void> {
    const from = this.addressesOf(others);
    await Promise.all(those.map((number) => this.actor(number).call('viewsCutOff', from, PATIENCE_SECONDS)));
  }

  private addressesOf(numbers: readonly number[]): readonly Address[] {
    return numbers.map((number) => this.addresses[number] as Address);
  }

  private actor(number: number): Actor {
    return this.crew.actors[number] as Actor;
  }

  private async loseTo(signal: 'SIGKILL' | 'SIGSTOP', victim: number): Promise<number> {
    const sinceMs = machineMs();
    this.crew.processes?.signal(victim, signal);
    const left = this.members().filter((_, number) => number !== victim);
    return this.untilAllHave(left, sinceMs, victim);
  }

  private async replace(victim: number): Promise<void> {
    await this.crew.processes?.replace(victim);
    this.addresses[victim] = await this.open(victim);
    const { calledMs } = await this.actor(victim).call('viewsJoin', this.members(), PATIENCE_SECONDS);
    await this.untilAllHave(this.members(), calledMs);
  }
}

/**
 * Runs a scenario in simulated time: first its steps, faults included; then all faults end, the network heals, and the group has to find together
 * again; then everyone says something once more, which has to arrive.
 */
import type { ClientServerView } from '../api/client-server-view.js';
import type { SessionSettings } from '../api/session.js';
import { minMemory } from '../data-plane/ring-sizes.js';
import type { Victim } from './actions.js';
import { SimClock } from './clock.js';
import type { MemberLog } from './log.js';
import { type Moment, type ServerPlan, SimMember } from './member.js';
import { NO_FAULTS, SimNetwork } from './network.js';
import type { Action, Scenario } from './scenario.js';
import { randomOf } from './seeds.js';
import { SimServices } from './services.js';

export interface RunResult {
  readonly scenario: Scenario;
  readonly members: readonly MemberLog[];
  /** Microseconds; undefined: those who live did not come together in time. */
  readonly togetherAt: number | undefined;
  /** When everyone spoke for the last time: from here on nothing may be lost. */
  readonly lastWordsAt: number;
  readonly endedAt: number;
  /** Something happened over and over at one moment. */
  readonly hung: boolean;
  readonly datagrams: number;
}

const MS = 1000;
const PORT = 4000;
/** After the end of all faults the group is together within this. */
const TOGETHER_WITHIN = 30_000 * MS;
/** What is said then has arrived within this. */
const ARRIVED_WITHIN = 4_000 * MS;
const SLICE = 50 * MS;
/** More steps than this in one slice of time: nothing of it would ever end. */
const MOST_STEPS = 300_000;
/** Members that are gone, and still in a view beside those that came after them at their addresses. */
const MOST_GHOSTS = 8;
/** Between two attempts to bring views with different stacks together again. */
const OPERATOR_SWEEP = 400 * MS;

interface Ambush {
  readonly action: Extract<Action, { do: 'ambush' }>;
}

export class Run {
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly services: SimServices | undefined;
  readonly members: SimMember[] = [];
  private readonly byPlace: (SimMember | undefined)[];
  private readonly ambushes: Ambush[] = [];
  private readonly settings: SessionSettings;
  private incarnation = 0;
  private hung = false;
  private calm = false;
  private togetherSince: number | undefined;

  constructor(
    private readonly scenario: Scenario,
    private readonly onAction: (at: number, action: Action) => void = () => {},
  ) {
    const { seed, places, protocol, params, checksum } = scenario;
    this.network = new SimNetwork(this.clock, randomOf(seed, 10));
    if (scenario.services > 0) this.services = new SimServices(this.clock, randomOf(seed, 11), scenario.services);
    this.byPlace = new Array<SimMember | undefined>(places).fill(undefined);
    this.settings = {
      groupName: 'simulated',
      key: '',
      protocol,
      params,
      memory: minMemory(places + MOST_GHOSTS),
      maxMessageSize: 1 << 20,
      highWaterMark: 64 * 1024,
      maxQueuedBytes: 1 << 22,
      checksum,
      frameBytes: 1400,
      clientServer: scenario.servers !== undefined,
    };
  }

  run(): RunResult {
    const { scenario, clock } = this;
    this.schedule();
    this.advance(scenario.end);
    this.endFaults();
    const togetherAt = this.waitUntil(scenario.end + TOGETHER_WITHIN, () => this.isTogetherForGood());
    const lastWordsAt = clock.now;
    if (togetherAt !== undefined) this.lastWords();
    for (const member of this.members) member.finish();
    return {
      scenario,
      members: this.members.map(({ result }) => result),
      togetherAt,
      lastWordsAt,
      endedAt: clock.now,
      hung: this.hung,
      datagrams: this.network.datagrams,
    };
  }

  /** All steps, from now on. */
  schedule(): void {
    for (const step of this.scenario.steps) this.clock.schedule(step.at, () => this.act(step));
  }

  /** Places in so many pieces, by turns. */
  split(pieces: number): void {
    this.network.partition(this.byPlace.map((_, place) => [addressOf(place), place % pieces]));
  }

  /** Ends all members; afterwards only what `members` have logged is of any use. */
  dispose(): void {
    for (const { driver } of this.members) driver.release();
  }

  // ---- steps ----

  private act(action: Action): void {
    if (this.calm) return;
    this.onAction(this.clock.now, action);
    switch (action.do) {
      case 'join':
        return this.join(action.place);
      case 'network':
        this.network.faults = action.faults;
        return;
      case 'partition':
        return this.network.partition(action.pieces.map((piece, place) => [addressOf(place), piece]));
      case 'cut':
        return this.network.cut(addressOf(action.from), addressOf(action.to));
      case 'heal':
        return this.network.heal();
      case 'ambush':
        this.ambushes.push({ action });
        return;
      case 'restart':
        return this.services?.restart(action.service, action.micros);
      case 'trap':
        return this.services?.trap(action);
    }
    const member = this.byPlace[action.place];
    if (member?.isLive === true) this.actOn(member, action);
  }

  private actOn(member: SimMember, action: Extract<Action, { place: number }>): void {
    const { session, driver } = member;
    switch (action.do) {
      case 'cast':
        return member.cast(action.bytes);
      case 'send':
        return member.send(action.to, action.bytes);
      case 'call':
        return member.call(action.call, action.safety, action.to, action.bytes);
      case 'want':
        return driver.whenRunning(() => member.server?.want(action.transfer));
      case 'leave':
        return member.leave();
      case 'crash':
        return member.kill(action.refuses);
      case 'hangUp':
        return member.link?.drop();
      case 'stop':
        return this.stop(member, action.micros);
      case 'slow':
        session.group.pause();
        this.clock.schedule(action.micros, () => session.group.resume());
        return;
      case 'suspect': {
        const whom = this.byPlace[action.whom];
        if (whom !== undefined && whom !== member) driver.whenRunning(() => session.group.suspect([whom.endpoint]));
        return;
      }
      case 'prompt':
        return driver.whenRunning(() => session.group.requestNewView());
      case 'protocol':
        return driver.whenRunning(() => void session.group.changeProtocol(action.protocol, this.scenario.params));
    }
  }

  private join(place: number): void {
    const { seed, traits } = this.scenario;
    // The socket is free only when the member before is gone.
    if (this.byPlace[place]?.driver.dead === false) return;
    const incarnation = ++this.incarnation;
    const random = randomOf(seed, 100 + incarnation);
    const member = new SimMember(
      addressOf(place),
      incarnation,
      this.settings,
      traits[place] as SimMember['traits'],
      random,
      this.clock,
      this.network,
      this.services,
      this.planOf(place, incarnation),
    );
    member.onMoment = (moment) => this.spring(member, moment);
    this.byPlace[place] = member;
    this.members.push(member);
    member.join();
  }

  private planOf(place: number, incarnation: number): ServerPlan | undefined {
    const { servers, seed } = this.scenario;
    const manner = servers?.[place];
    if (manner === undefined) return undefined;
    return { manner, random: randomOf(seed, 100_000 + incarnation), isCalm: () => this.calm };
  }

  private stop({ driver }: SimMember, micros: number): void {
    if (driver.isPaused) return;
    driver.pause();
    this.clock.schedule(micros, () => driver.isPaused && driver.resume());
  }

  /** Whoever comes to the moment that an ambush waits for is hit some datagrams later. */
  private spring(member: SimMember, moment: Moment): void {
    const isCoordinator = moment === 'propose' || member.view?.myRank === 0;
    const index = this.ambushes.findIndex(
      ({ action }) => action.moment === moment && (isCoordinator || !action.coordinator),
    );
    if (index < 0) return;
    const victim = this.victimOf(member, (this.ambushes[index] as Ambush).action.victim);
    if (victim === undefined || victim.driver.onTransmit !== undefined) return;
    const [{ action }] = this.ambushes.splice(index, 1) as [Ambush];
    let left = action.datagrams;
    victim.driver.onTransmit = () => {
      if (left-- > 0) return;
      victim.driver.onTransmit = undefined;
      if (!this.calm) this.hit(victim, action);
    };
  }

  /** Who is meant beside the one who has come to a moment. */
  private victimOf(member: SimMember, victim: Victim | undefined): SimMember | undefined {
    if (victim === undefined) return member;
    const view = member.view as ClientServerView | undefined;
    const of = {
      coordinator: view?.members,
      server: view?.servers,
      xferServer: view?.xferServers,
      client: view?.clients,
    };
    const whom = of[victim]?.find((each) => victim === 'coordinator' || !each.equals(member.endpoint));
    return this.members.find((each) => each.isLive && whom !== undefined && each.endpoint.equals(whom));
  }

  private hit(member: SimMember, { fault, micros }: Ambush['action']): void {
    this.onAction(this.clock.now, { do: 'ambush', moment: 'view', coordinator: false, datagrams: 0, fault, micros });
    if (fault === 'crash') return member.kill(micros % 2 === 0);
    if (fault === 'stop') return this.stop(member, micros);
    if (fault === 'split') {
      this.split(2);
      this.clock.schedule(micros, () => this.network.heal());
      return;
    }
    const { host, port } = member.endpoint;
    this.network.partition([[{ host, port }, 1000 + this.members.indexOf(member)]]);
    this.clock.schedule(micros, () => this.network.partition([[{ host, port }, 0]]));
  }

  // ---- the end ----

  private endFaults(): void {
    this.calm = true;
    this.network.faults = NO_FAULTS;
    this.network.heal();
    this.services?.heal();
    for (const { driver, session } of this.members) {
      driver.onTransmit = undefined;
      if (driver.isPaused) driver.resume();
      if (!driver.dead) session.group.resume();
    }
    this.operate();
  }

  /** Views with different stacks refuse to merge: somebody has to see to it that all have the same again. */
  private operate(): void {
    const { protocol, params } = this.scenario;
    for (const { isLive, view, session } of this.members) {
      if (isLive && view?.myRank === 0 && view.protocol !== protocol) session.group.changeProtocol(protocol, params);
    }
    this.clock.schedule(OPERATOR_SWEEP, () => this.operate());
  }

  /** For so long that whoever is suspected, or has heard of another view, has been seen to. */
  private isTogetherForGood(): boolean {
    const { now } = this.clock;
    if (!this.isTogether()) this.togetherSince = undefined;
    else this.togetherSince ??= now;
    return this.togetherSince !== undefined && now - this.togetherSince >= this.scenario.settle;
  }

  /** All who live and stay are in one view, nobody else is, and they are the servers and clients that they want to be. */
  isTogether(): boolean {
    const live = this.members.filter(({ isLive }) => isLive);
    if (live.some(({ isLeaving }) => isLeaving)) return false;
    const [first] = live;
    return live.every(
      ({ view, server }) =>
        server?.isSettled !== false &&
        view?.nmembers === live.length &&
        view.viewId.time === first?.view?.viewId.time &&
        view.coordinator.equals(first.view.coordinator),
    );
  }

  private lastWords(): void {
    const live = this.members.filter(({ isLive }) => isLive);
    for (const member of live) {
      member.cast(30);
      for (let rank = 0; rank < live.length; rank++) member.send(rank, 30);
      if (member.server === undefined) continue;
      for (const call of ['scast', 'lsend'] as const) member.call(call, 'safe', [...live.keys()], 30);
      member.call('scast', 'generic', [], 30);
    }
    const before = live.map(({ log }) => log.length);
    const news = (live.length - 1) * 2;
    const isThere = () =>
      live.every(({ log }, i) => {
        let received = 0;
        for (let at = before[i] as number; at < log.length; at++) if (log[at]?.type === 'received') received++;
        return received >= news;
      });
    this.waitUntil(this.clock.now + ARRIVED_WITHIN, isThere);
    // What comes twice, or too late, comes now.
    this.advance(this.clock.now + 10 * SLICE);
  }

  /** Returns when it was so; undefined: it was not in time. */
  waitUntil(until: number, isSo: () => boolean): number | undefined {
    while (!this.hung) {
      if (isSo()) return this.clock.now;
      if (this.clock.now >= until) return undefined;
      this.advance(this.clock.now + SLICE);
    }
    return undefined;
  }

  advance(until: number): void {
    while (!this.hung && this.clock.now < until)
      this.hung = !this.clock.runUntil(Math.min(until, this.clock.now + SLICE), MOST_STEPS);
  }
}

export function addressOf(place: number): { readonly host: string; readonly port: number } {
  return { host: `10.0.${place >> 8}.${place & 255}`, port: PORT };
}

/**
 * Runs a scenario of the replicated store in simulated time: first its steps, faults included; then all faults end, every replica is started, and they have
 * to come together; then each commits something once more.
 */
import type { ConsortError } from '../../base/errors.js';
import type { Operation } from '../../store/database.js';
import { LOG_RANGE } from '../../store/keys.js';
import { readHead } from '../../store/record.js';
import { SimClock } from '../clock.js';
import { Dice, randomOf } from '../seeds.js';
import { type CrashKind, type DiskFaults, NO_DISK_FAULTS, SimDisk } from '../sim-disk.js';
import type { StoreAction, StoreScenario, Victim, Where } from './actions.js';
import { Clients } from './clients.js';
import { SimGroup, type SimGroupMember } from './group.js';
import type { FinalState, LogLine, ReplicaEntry, StoreHistory, StoreInvariant, StoreViolation } from './history.js';
import { describeMessage, messageType } from './message-type.js';
import { type ProcessWorld, StoreProcess, type WriteMoment } from './process.js';

const MS = 1000;
/** After the end of all faults the replicas are together within this: the longest time-outs of a synchronization, some times over. */
const TOGETHER_WITHIN = 300_000 * MS;
/** What is submitted then is committed within this. */
const COMMITTED_WITHIN = 20_000 * MS;
const SLICE = 50 * MS;
/** More steps than this in one slice of time: nothing of it would ever end. */
const MOST_STEPS = 200_000;
const SLOW_DISK = 40;
/** Until a process that was to leave its group has done so. */
const LEAVES_WITHIN = 20 * MS;

type Ambush = Extract<StoreAction, { do: 'ambush' }>;
type DiskAmbush = Extract<StoreAction, { do: 'diskAmbush' }>;
type ActionAtPlace = Exclude<StoreAction, { do: 'crashAll' | 'partition' | 'heal' | 'ambush' | 'diskAmbush' }>;
type ActionOnProcess = Exclude<ActionAtPlace, { do: 'start' | 'crash' | 'failDisk' | 'slowDisk' }>;

/** Where a replica runs, one process after the other. */
interface Place {
  readonly disk: SimDisk;
  process: StoreProcess | undefined;
  runs: number;
  /** All that it ever acknowledged is on its disk. */
  isWhole: boolean;
  /** Its disk fails, or it was closed while it was slow: nobody starts it before that is over. */
  isBroken: boolean;
}

export class StoreRun implements ProcessWorld {
  readonly clock = new SimClock();
  readonly group: SimGroup;
  readonly names: readonly string[];
  readonly clients: Clients;
  private readonly places: Place[];
  private readonly dice: Dice;
  readonly lines: LogLine[] = [];
  private readonly violations: StoreViolation[] = [];
  private readonly records = new Map<string, Uint8Array>();
  private ambushes: (Ambush & { left: number })[] = [];
  private diskAmbushes: (DiskAmbush & { left: number })[] = [];
  private moment = 0;
  private hung = false;
  private calm = false;
  private togetherAt: number | undefined;

  constructor(
    readonly scenario: StoreScenario,
    private readonly traced = false,
  ) {
    const { seed, places } = scenario;
    this.dice = new Dice(seed, 20);
    this.group = new SimGroup(this.clock, new Dice(seed, 21), scenario.group, {
      onSend: (from, bytes) => this.onMessage('send', from, undefined, bytes),
      onDeliver: (to, from, bytes) => this.onMessage('deliver', to, from, bytes),
    });
    this.names = Array.from({ length: places }, (_, place) => 'abcdefghijkl'.charAt(place));
    this.clients = new Clients(this.clock, this, () => this.moment++);
    this.places = this.names.map((_, place) => {
      const disk = new SimDisk(this.clock, randomOf(seed, 30 + place));
      disk.faults = this.disksFaults;
      return { disk, process: undefined, runs: 0, isWhole: false, isBroken: false };
    });
  }

  run(): StoreHistory {
    const { scenario, clock } = this;
    for (const step of scenario.steps) clock.schedule(step.at, () => this.act(step));
    this.advance(scenario.end);
    this.endFaults();
    this.togetherAt = this.waitUntil(TOGETHER_WITHIN, () => this.isTogether);
    if (this.togetherAt !== undefined) this.lastWords();
    const finals = this.finals();
    return {
      lines: this.lines,
      operations: this.clients.operations,
      finals,
      found: this.violations,
      togetherAt: this.togetherAt,
      hung: this.hung,
    };
  }

  get simulatedSeconds(): number {
    return this.clock.now / 1e6;
  }

  // ---- what processes tell ----

  log({ name, run }: StoreProcess, entry: ReplicaEntry): void {
    this.lines.push({ at: this.clock.now, moment: this.moment++, replica: name, run, entry });
  }

  found(invariant: StoreInvariant, text: string, { name }: StoreProcess): void {
    this.violations.push({ invariant, text, replicas: [name] });
  }

  onStatus(process: StoreProcess): void {
    const state = process.replica?.status.state;
    if (state === 'leader' || state === 'follower') (this.places[process.place] as Place).isWhole = true;
    // What a replica has is looked at when it has begun, or has all there is.
    if (state !== 'no-quorum' && state !== 'catching-up') this.clients.lookAround(process);
  }

  onFailed(process: StoreProcess, error: ConsortError): void {
    const place = this.places[process.place] as Place;
    if (!place.isBroken) this.found('no error', `${process.name} failed: ${error.code}: ${error.message}`, process);
    this.clock.schedule(this.dice.below(LEAVES_WITHIN), () => this.end(process, 'failed', error.code));
  }

  onWrite(process: StoreProcess, moment: WriteMoment, operations: readonly Operation[]): void {
    if (moment === 'before') this.noteRecords(process, operations);
    for (const ambush of this.diskAmbushes) {
      if (ambush.place !== process.place || ambush.moment !== moment || ambush.left-- > 0) continue;
      this.diskAmbushes = this.diskAmbushes.filter((each) => each !== ambush);
      this.hit(process, 'crash', ambush.micros, ambush.kind);
      return;
    }
  }

  /** (epoch, version) names one record, everywhere and for ever. */
  private noteRecords(process: StoreProcess, operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.type !== 'put' || operation.key[0] !== LOG_RANGE.from[0]) continue;
      const { epoch, version } = readHead(operation.value);
      const name = `${epoch}/${version}`;
      const known = this.records.get(name);
      if (known === undefined) this.records.set(name, new Uint8Array(operation.value));
      else if (Buffer.compare(known, operation.value) !== 0)
        this.found('one log', `${process.name} writes another record of epoch ${epoch}, version ${version}`, process);
    }
  }

  // ---- steps ----

  private act(action: StoreAction): void {
    if (this.calm) return;
    switch (action.do) {
      case 'crashAll':
        if (this.scenario.durability === 'memory') return;
        for (const [place, back] of action.back.entries()) this.crashAt(place, back);
        return;
      case 'partition':
        return this.group.partition(action.pieces);
      case 'heal':
        return this.group.partition([]);
      case 'ambush':
        this.ambushes.push({ ...action, left: action.count });
        return;
      case 'diskAmbush':
        this.diskAmbushes.push({ ...action, left: action.count });
        return;
      default:
        for (const place of this.placesAt(action.place)) this.actAt(place, action);
    }
  }

  private placesAt(where: Where): number[] {
    if (where !== 'leader') return [where];
    return this.places.flatMap(({ process }, place) => (leads(process) ? [place] : []));
  }

  private actAt(place: number, action: ActionAtPlace): void {
    switch (action.do) {
      case 'start':
        return this.start(place);
      case 'crash':
        return this.crashAt(place, action.back);
      case 'failDisk':
        return this.failDisk(place, action.how, action.back);
      case 'slowDisk':
        return this.slowDisk(place, action.micros);
    }
    const process = this.places[place]?.process;
    if (process?.isAlive === true) this.actOn(process, action);
  }

  private actOn(process: StoreProcess, action: ActionOnProcess): void {
    const { member } = process;
    switch (action.do) {
      case 'stop':
        return this.stop(process, action.back);
      case 'replace':
        return this.hit(process, 'replace', action.back);
      case 'isolate':
        return this.hit(process, 'isolate', action.micros);
      case 'suspect':
        if (member !== undefined) this.group.suspect(member);
        return;
      case 'congest':
        if (member !== undefined) this.group.congest(member, action.micros);
        return;
      case 'slow':
        if (member !== undefined) member.slowUntil = this.clock.now + action.micros;
        return;
      default:
        this.clients.act(process, action);
    }
  }

  private start(index: number): void {
    const place = this.places[index] as Place;
    if (place.process?.isAlive === true || place.isBroken) return;
    const run = ++place.runs;
    place.process = new StoreProcess(
      this,
      index,
      run,
      place.disk,
      new Dice(this.scenario.seed, 100 + 64 * run + index),
    );
    place.process.start();
  }

  private startLater(place: number, micros: number): void {
    if (micros > 0) this.clock.schedule(micros, () => this.start(place));
  }

  private stop(process: StoreProcess, back: number): void {
    process.stop(() => {
      this.log(process, { type: 'ended', how: 'stopped', text: '' });
      this.startLater(process.place, back);
    });
  }

  private crashAt(place: number, back: number): void {
    const process = this.places[place]?.process;
    if (process?.isAlive === true) this.hit(process, 'crash', back);
  }

  /** With its disk lost, or what it has acknowledged: are there so many others left that nothing is lost for all? */
  private mayLose(index: number): boolean {
    const others = this.places.filter((place, at) => at !== index && !place.isWhole).length;
    return others + 1 <= this.places.length - (Math.floor(this.places.length / 2) + 1);
  }

  private hit(process: StoreProcess, fault: Ambush['fault'], micros: number, kind?: CrashKind): void {
    if (!process.isAlive || this.calm) return;
    const { place: index, member } = process;
    const place = this.places[index] as Place;
    if (fault === 'isolate') {
      this.group.partition(this.names.map((_, each) => (each === index ? 1 : 0)));
      this.clock.schedule(micros, () => this.group.partition([]));
    } else if (fault === 'write') {
      this.clients.act(process, { do: 'put', place: index, keys: [0], bytes: 10 });
    } else if (fault === 'suspect') {
      if (member !== undefined) this.group.suspect(member);
    } else {
      const loses = fault === 'replace' || this.scenario.durability === 'memory';
      if (loses && !this.mayLose(index)) return;
      if (loses) place.isWhole = false;
      this.end(process, fault === 'replace' ? 'replaced' : 'crashed', '', kind);
      if (fault === 'replace') place.disk.replace();
      this.startLater(index, micros);
    }
  }

  private end(
    process: StoreProcess,
    how: 'crashed' | 'replaced' | 'failed',
    text: string,
    kind: CrashKind = how === 'failed' || this.dice.chance(0.3) ? 'process' : 'power',
  ): void {
    if (!process.isAlive) return;
    process.crash(kind);
    this.log(process, { type: 'ended', how, text });
  }

  private get disksFaults(): DiskFaults {
    const { writeMicros, syncMicros } = this.scenario;
    const [minWrite, maxWrite] = writeMicros;
    const [minSync, maxSync] = syncMicros;
    return { ...NO_DISK_FAULTS, minWrite, maxWrite, minSync, maxSync };
  }

  private failDisk(index: number, how: 'full' | 'broken', back: number): void {
    const place = this.places[index] as Place;
    const loses = this.scenario.durability === 'memory';
    if (place.isBroken || (loses && !this.mayLose(index))) return;
    if (loses) place.isWhole = false;
    place.isBroken = true;
    if (how === 'full') place.disk.capacity = place.disk.length + this.dice.below(200);
    else place.disk.faults = { ...this.disksFaults, failedWrites: 0.5, failedSyncs: 0.5 };
    if (back > 0) this.clock.schedule(back, () => this.mendDisk(index, true));
  }

  private mendDisk(index: number, starts: boolean): void {
    const place = this.places[index] as Place;
    // Somebody takes the process away, too, if it is still there.
    if (place.isBroken && place.process !== undefined) this.end(place.process, 'failed', 'its disk was seen to');
    place.isBroken = false;
    place.disk.capacity = Number.POSITIVE_INFINITY;
    place.disk.faults = this.disksFaults;
    if (starts) this.start(index);
  }

  private slowDisk(index: number, micros: number): void {
    const { disk, isBroken } = this.places[index] as Place;
    if (isBroken) return;
    const { minWrite, maxWrite, minSync, maxSync } = this.disksFaults;
    const times = { minWrite, maxWrite: maxWrite * SLOW_DISK, minSync, maxSync: maxSync * SLOW_DISK };
    disk.faults = { ...disk.faults, ...times };
    this.clock.schedule(micros, () => {
      disk.faults = { ...disk.faults, minWrite, maxWrite, minSync, maxSync };
    });
  }

  // ---- ambushes ----

  private onMessage(
    moment: 'send' | 'deliver',
    self: SimGroupMember,
    other: SimGroupMember | undefined,
    bytes: Uint8Array,
  ): void {
    if (this.traced) this.trace(moment, self, other, bytes);
    if (this.ambushes.length === 0 || this.calm) return;
    const type = messageType(bytes);
    for (const ambush of this.ambushes) {
      if (ambush.moment !== moment || ambush.message !== type || ambush.left-- > 0) continue;
      this.ambushes = this.ambushes.filter((each) => each !== ambush);
      const victims = this.victimsOf(ambush.victim, self, other);
      const spring = () => {
        for (const victim of victims) this.hit(victim, ambush.fault, ambush.micros, ambush.kind);
      };
      if (ambush.after) this.clock.schedule(0, spring);
      else spring();
    }
  }

  private trace(moment: string, { place }: SimGroupMember, other: SimGroupMember | undefined, bytes: Uint8Array): void {
    const process = this.places[place]?.process;
    const from = other === undefined ? '' : ` of ${this.names[other.place]}`;
    if (process !== undefined)
      this.log(process, { type: 'message', text: `  ${moment}${from}: ${describeMessage(bytes)}` });
  }

  private victimsOf(victim: Victim, self: SimGroupMember, other: SimGroupMember | undefined): StoreProcess[] {
    const processes = this.places.flatMap(({ process }) => (process?.isAlive === true ? [process] : []));
    if (typeof victim === 'number') return processes.filter(({ place }) => place === victim);
    const isVictim: Readonly<Record<typeof victim, (process: StoreProcess) => boolean>> = {
      this: ({ member }) => member === self,
      other: ({ member }) => (other === undefined ? member !== self && member?.view === self.view : member === other),
      both: ({ member }) => member === self || member === other,
      leader: leads,
      all: () => true,
    };
    return processes.filter(isVictim[victim]);
  }

  // ---- the end ----

  private endFaults(): void {
    this.calm = true;
    this.group.isCalm = true;
    this.group.partition([]);
    this.ambushes = [];
    this.diskAmbushes = [];
    for (const [index, { process }] of this.places.entries()) {
      this.mendDisk(index, false);
      if (process?.member !== undefined) process.member.slowUntil = 0;
    }
    this.startAll();
  }

  /** Whoever is not there, now or later. */
  private startAll(): void {
    for (const index of this.places.keys()) this.start(index);
  }

  /** In one group, with the same state; and nobody waits for anything. */
  private get isTogether(): boolean {
    this.startAll();
    if (this.places.some(({ process }) => (process?.pending ?? 0) > 0)) return false;
    if (!this.group.isOne || this.group.members.length !== this.places.length) return false;
    const all = this.places.map(({ process }) => process?.replica?.status);
    const [first] = all;
    return all.every(
      (status) =>
        status !== undefined &&
        (status.state === 'leader' || status.state === 'follower') &&
        status.lastCommitted === first?.lastCommitted &&
        status.lastApplied === status.lastCommitted,
    );
  }

  /** Everyone writes and reads once more. */
  private lastWords(): void {
    const last = this.places.flatMap(({ process }, place) => {
      if (process === undefined) return [];
      const put = this.clients.act(process, { do: 'put', place, keys: [place], bytes: 10 });
      const read = this.clients.act(process, { do: 'read', place, how: 'linearizable', keys: [place, 0] });
      return [put, read];
    });
    this.waitUntil(COMMITTED_WITHIN, () => last.every((operation) => operation?.result !== undefined));
    this.waitUntil(COMMITTED_WITHIN, () => this.isTogether);
  }

  private finals(): FinalState[] {
    const finals = this.places.map(({ process }, index): FinalState => {
      const status = process?.isAlive === true ? process.replica?.status : undefined;
      return {
        replica: this.names[index] as string,
        state: status?.state ?? 'gone',
        applied: status?.lastApplied ?? 0,
        committed: status?.lastCommitted ?? 0,
        cells: undefined,
      };
    });
    if (this.togetherAt === undefined) return finals;
    const done = finals.map(() => false);
    for (const [index, { process }] of this.places.entries()) {
      process?.readAll((cells) => {
        finals[index] = { ...(finals[index] as FinalState), cells };
        done[index] = true;
      });
    }
    this.waitUntil(COMMITTED_WITHIN, () => done.every((each) => each));
    return finals;
  }

  /** Returns when it was so; undefined: not within so long. */
  private waitUntil(within: number, isSo: () => boolean): number | undefined {
    const until = this.clock.now + within;
    while (!this.hung) {
      if (isSo()) return this.clock.now;
      if (this.clock.now >= until) return undefined;
      this.advance(this.clock.now + SLICE);
    }
    return undefined;
  }

  private advance(until: number): void {
    while (!this.hung && this.clock.now < until)
      this.hung = !this.clock.runUntil(Math.min(until, this.clock.now + SLICE), MOST_STEPS);
  }
}

function leads(process: StoreProcess | undefined): boolean {
  return process?.isAlive === true && process.replica?.status.state === 'leader';
}

// A group in virtual time, from one seed: members with applications that cast, send and read records, on a network that loses, delays, doubles
// and spoils frames. What each member delivered is kept; what it should have delivered is known.
import { Message } from '../../ts/base/message.js';
import { StreamKind } from '../../ts/data-plane/data-plane.js';
import { incomingWords, RecordReader, type RecordReceiver } from '../../ts/data-plane/record-reader.js';
import { RecordWriter } from '../../ts/data-plane/record-writer.js';
import { SLOT_WORDS } from '../../ts/data-plane/typescript/counters.js';
import { ALL_RANKS, NEVER } from '../../ts/data-plane/typescript/limits.js';
import { Random } from '../../ts/data-plane/typescript/random.js';
import type { ViewConfig } from '../../ts/data-plane/typescript/view-config.js';
import type { Core } from './core-twins.js';

/** All that a run depends on. */
export interface Scenario {
  readonly seed: number;
  readonly members: number;
  readonly ringBytes: number;
  readonly frameBytes: number;
  /** Frames carry a checksum; only then some are spoiled on their way. */
  readonly checked: boolean;
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly spoilPercent: number;
  /** A frame takes this long and up to as much again, so that frames overtake each other. */
  readonly delayUs: number;
  /** Messages of each member. */
  readonly messages: number;
  /** The longest message, in eighths of a part of the ring. */
  readonly longest: number;
  /** How many of 100 messages go to one member instead of all. */
  readonly sendPercent: number;
  /** How many of 100 times an application that could read does not. */
  readonly lazyPercent: number;
  /** Frames that the socket takes at a time. */
  readonly mostFrames: number;
  /** Whether what is stable is told at once. */
  readonly prompt: boolean;
  /** Spoiled frames arrive without a checksum that shows it: nothing is promised any more, but that nothing breaks. */
  readonly hostile?: boolean;
}

/** `origin kind length sum`, in the order of delivery. */
export type Delivery = string;

interface Outgoing {
  readonly writer: RecordWriter;
  readonly waiting: Uint8Array[];
  done: number;
}

interface Flight {
  readonly at: number;
  readonly to: number;
  readonly frame: Uint8Array;
}

const MAX_MESSAGE_BYTES = 1024 * 1024;

function describe(origin: number, kind: StreamKind, bytes: Uint8Array): Delivery {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 31 + byte) | 0;
  return `${origin} ${kind} ${bytes.length} ${sum}`;
}

export class SimulatedMember {
  readonly core: Core;
  readonly delivered: Delivery[] = [];
  /** What the others should get from here: by kind and destination. */
  readonly promised = new Map<string, Delivery[]>();
  deadline = 0;
  readonly counters: Int32Array;
  private readonly outgoing = new Map<string, Outgoing>();
  private readonly readers: { readonly kind: StreamKind; readonly reader: RecordReader }[] = [];
  private readonly message = new Message();
  private nextSlot = 0;

  constructor(
    private readonly scenario: Scenario,
    readonly rank: number,
    private readonly random: Random,
    makeCore: (config: ViewConfig, counters: Int32Array) => Core,
  ) {
    const { members, frameBytes, checked, ringBytes, seed, prompt } = scenario;
    this.counters = new Int32Array(members * 6 * SLOT_WORDS);
    const config: ViewConfig = {
      connectionLow: 0x89abcdef,
      connectionHigh: 0xfedcba98,
      myRank: rank,
      members,
      frameBytes,
      maxWindow: ringBytes,
      checked,
      seed: seed + rank,
      prompt,
    };
    this.core = makeCore(config, this.counters);
    this.openSend(StreamKind.cast, ALL_RANKS);
    for (let origin = 0; origin < members; origin++) if (origin !== rank) this.openReceive(StreamKind.cast, origin);
  }

  /** Writes a message, or lets it wait for flow control. */
  write(kind: StreamKind, to: number, bytes: Uint8Array): void {
    const key = `${kind} ${to}`;
    const stream = this.outgoing.get(key) ?? this.openSend(kind, to);
    const promised = this.promised.get(key) ?? [];
    promised.push(describe(this.rank, kind, bytes));
    this.promised.set(key, promised);
    stream.waiting.push(bytes);
  }

  /** Lets the application do what it can and feels like. */
  work(): void {
    for (const { kind, reader } of this.readers) {
      if (reader.hasMore() && this.random.below(100) >= this.scenario.lazyPercent) this.read(kind, reader);
    }
    for (const stream of this.outgoing.values()) this.writeOut(stream);
  }

  /** Whether there is something to do that needs no frame from outside. */
  get isBusy(): boolean {
    for (const { reader } of this.readers) if (reader.hasMore()) return true;
    return false;
  }

  openWanted(): void {
    for (let wanted = this.core.takeWanted(); wanted !== undefined; wanted = this.core.takeWanted()) {
      this.openReceive(wanted[1] as StreamKind, wanted[0]);
    }
  }

  private read(kind: StreamKind, reader: RecordReader): void {
    const { hostile } = this.scenario;
    const fail = (what: string) => (origin: number) => {
      if (hostile !== true) throw new Error(`member ${this.rank}: the stream ${kind} of ${origin} ${what}`);
    };
    const receiver: RecordReceiver = {
      onMessage: (origin, _, message) => this.delivered.push(describe(origin, kind, message.bytes())),
      onTooLong: fail('holds a message that is too long'),
      onMalformed: fail('is malformed'),
    };
    reader.drain(receiver, this.message, 1 + this.random.below(2 * this.scenario.ringBytes));
  }

  private writeOut(stream: Outgoing): void {
    const { writer, waiting } = stream;
    for (let bytes = waiting[0]; bytes !== undefined; bytes = waiting[0]) {
      if (bytes.length <= writer.maxPart) {
        if (!writer.write(bytes, 0)) break;
      } else {
        stream.done = writer.writeParts(bytes, stream.done, 0);
        if (stream.done < bytes.length) break;
        stream.done = 0;
      }
      waiting.shift();
    }
    writer.publish();
  }

  private openSend(kind: StreamKind, to: number): Outgoing {
    const { ring, slot } = this.open(kind, to, true);
    const stream = { writer: new RecordWriter(ring, this.counters, slot, () => {}), waiting: [], done: 0 };
    this.outgoing.set(`${kind} ${to}`, stream);
    return stream;
  }

  private openReceive(kind: StreamKind, origin: number): void {
    const { ring, slot } = this.open(kind, origin, false);
    this.readers.push({
      kind,
      reader: new RecordReader(origin, ring, this.counters, incomingWords(slot), MAX_MESSAGE_BYTES),
    });
  }

  private open(kind: StreamKind, rank: number, outgoing: boolean): { ring: Uint8Array; slot: number } {
    const ring = new Uint8Array(this.scenario.ringBytes);
    const slot = this.nextSlot++;
    if (!this.core.openStream(kind, rank, outgoing, ring, slot)) throw new Error(`stream ${kind} ${rank} was refused`);
    return { ring, slot };
  }
}

/** Longer than any scenario needs: a run that takes more is stuck. Microseconds of virtual time. */
const MOST_TIME_US = 600_000_000;
const APPLICATION_STEP_US = 200;

export class SimulatedGroup {
  readonly members: SimulatedMember[];
  now = 1_000;
  private readonly random: Random;
  private flights: Flight[] = [];

  constructor(
    readonly scenario: Scenario,
    makeCore: (config: ViewConfig, counters: Int32Array) => Core,
  ) {
    this.random = new Random(scenario.seed);
    this.members = Array.from(
      { length: scenario.members },
      (_, rank) => new SimulatedMember(scenario, rank, new Random(scenario.seed ^ (rank + 0x5eed)), makeCore),
    );
    for (const member of this.members) this.writeMessages(member);
  }

  /** Runs until everybody has everything; throws when that takes for ever. */
  runToEnd(): void {
    const wanted = this.members.map((member) => this.owedTo(member.rank));
    while (this.members.some((member) => member.delivered.length < (wanted[member.rank] as number))) {
      if (this.now > MOST_TIME_US || !this.step()) throw new Error(`stuck: ${this.describeProgress()}`);
    }
  }

  /** One moment: what is due arrives, then every member works and polls. False: nothing will ever happen any more. */
  step(): boolean {
    const next = this.nextMoment();
    if (next === NEVER) return false;
    this.now = Math.max(this.now + 1, next);
    const due = this.flights.filter((flight) => flight.at <= this.now).sort((a, b) => a.at - b.at);
    this.flights = this.flights.filter((flight) => flight.at > this.now);
    const awake = new Set(this.members.filter((member) => member.deadline <= this.now || member.isBusy));
    for (const { to, frame } of due) {
      this.member(to).core.receive(frame, this.now);
      awake.add(this.member(to));
    }
    for (const member of this.members) {
      if (!awake.has(member)) continue;
      member.openWanted();
      member.work();
      this.poll(member);
    }
    return true;
  }

  member(rank: number): SimulatedMember {
    return this.members[rank] as SimulatedMember;
  }

  /** What `at` should have delivered of `origin`'s, casts and sends each in their order. */
  promisedTo(at: number, origin: number): { casts: Delivery[]; sends: Delivery[] } {
    const { promised } = this.member(origin);
    return {
      casts: promised.get(`${StreamKind.cast} ${ALL_RANKS}`) ?? [],
      sends: promised.get(`${StreamKind.pt2pt} ${at}`) ?? [],
    };
  }

  private owedTo(rank: number): number {
    let count = 0;
    for (const { rank: origin } of this.members) {
      const { casts, sends } = this.promisedTo(rank, origin);
      if (origin !== rank) count += casts.length + sends.length;
    }
    return count;
  }

  private writeMessages(member: SimulatedMember): void {
    const { scenario, random } = this;
    const part = scenario.ringBytes / 8;
    for (let i = 0; i < scenario.messages; i++) {
      // Most are short, some have several parts.
      const most = random.below(4) === 0 ? (scenario.longest * part) / 8 : 100;
      const bytes = new Uint8Array(random.below(most + 1));
      const salt = random.next();
      for (let at = 0; at < bytes.length; at++) bytes[at] = Math.imul(salt, at + 1) >> 8;
      const other = (member.rank + 1 + random.below(scenario.members - 1)) % scenario.members;
      if (random.below(100) < scenario.sendPercent) member.write(StreamKind.pt2pt, other, bytes);
      else member.write(StreamKind.cast, ALL_RANKS, bytes);
    }
  }

  private nextMoment(): number {
    const busy = this.members.some((member) => member.isBusy) ? this.now + APPLICATION_STEP_US : NEVER;
    let next = Math.min(busy, ...this.members.map((member) => member.deadline));
    for (const flight of this.flights) next = Math.min(next, flight.at);
    return next;
  }

  private poll(member: SimulatedMember): void {
    const { frames, deadline, blocked } = member.core.poll(this.now, this.scenario.mostFrames);
    // A socket that was full has room a little later.
    member.deadline = blocked ? this.now + 50 : deadline;
    for (const { to, frame } of frames) for (const rank of to) this.launch(rank, frame);
  }

  private launch(to: number, frame: Uint8Array): void {
    const { random, scenario } = this;
    if (random.below(100) < scenario.lossPercent) return;
    const copies = random.below(100) < scenario.duplicatePercent ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const spoiled = (scenario.checked || scenario.hostile) && random.below(100) < scenario.spoilPercent;
      const at = this.now + scenario.delayUs + random.below(scenario.delayUs + 1);
      this.flights.push({ at, to, frame: spoiled ? spoil(frame, random) : frame });
    }
  }

  private describeProgress(): string {
    return this.members.map(({ rank, delivered }) => `${rank} has ${delivered.length} of ${this.owedTo(rank)}`).join();
  }
}

/** The frame with some of its bits changed, or cut short, or with something behind it. */
export function spoil(frame: Uint8Array, random: Random): Uint8Array {
  const how = random.below(4);
  if (how === 0) return frame.slice(0, random.below(frame.length));
  const copy = how === 1 ? Uint8Array.from([...frame, random.below(256), 1, 2, 3]) : Uint8Array.from(frame);
  for (let bits = 1 + random.below(3); bits > 0; bits--) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] as number) ^ (1 << random.below(8));
  }
  return copy;
}

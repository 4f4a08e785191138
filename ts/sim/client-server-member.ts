/**
 * What a simulated member keeps as a server: a state that generic messages change, and the transfer of it to those who become servers, by the very code
 * that StateTransferServer runs (ts/api/transfers.ts), in simulated time.
 *
 * Its state is the list of what was cast, to all or to the servers. How it gets it:
 *
 *   protected, atomic   `now`     the state as it is when a server is asked: nothing changes it meanwhile
 *   free                `start`   the state as it was when the view began in which the server was asked; what has been delivered since then, it has itself
 *
 * In steps, each of which is a request of its own, and may go to another server.
 */
import type { ClientServerView } from '../api/client-server-view.js';
import type { ServerOwner, Session } from '../api/session.js';
import type { TransferId } from '../api/state-transfer.js';
import { Transfers } from '../api/transfers.js';
import type { Endpoint } from '../base/endpoint.js';
import { TransferTerminated } from '../base/errors.js';
import type { Message } from '../base/message.js';
import type { TransferType } from '../client-server/safety.js';
import type { StateQuestion } from '../client-server/state-provider.js';
import type { Random } from '../data-plane/typescript/random.js';
import type { LogEntry, RolesEntry } from './log.js';
import { SimSink } from './sim-sink.js';
import { SlowSource } from './slow-source.js';
import { WITHOUT_TRANSFER } from './state-checks.js';

/** How one member is a server. Probabilities in percent; they end with the faults. */
export interface ServerManner {
  /** With which transfer it becomes a server when it joins; undefined: it is a client. */
  readonly wants: TransferType | undefined;
  /** Where a server fails: `collect` begins with another one from the beginning, `resume` goes on where it stopped, `stream` fails. */
  readonly takes: 'collect' | 'stream' | 'resume';
  /** Requests of one transfer. */
  readonly steps: number;
  /** How long it thinks before each of them, and over each part that it gets; and, as the one who is asked, before each part. */
  readonly thinkMs: number;
  readonly takeMs: number;
  readonly giveMs: number;
  readonly partBytes: number;
  /** Of those who ask it, so many it refuses, and so many it never answers. */
  readonly refuses: number;
  readonly silent: number;
  /** Of its own transfers, so many it gives up, to begin anew later; of its requests, so many it drops on the way. */
  readonly givesUp: number;
  readonly drops: number;
  /** It goes on with transfers that are over. */
  readonly stale: boolean;
  /** All casts are in one order: so is the state. Otherwise it is written as a set, so that all servers write the same bytes. */
  readonly total: boolean;
}

/** Steps of a transfer, as those see them who take part: where faults may lie in wait. */
export type TransferMoment = 'begun' | 'ask' | 'asked' | 'part' | 'whole' | 'done';

/** The member that it belongs to. */
export interface ServerHost {
  readonly name: string;
  readonly session: () => Session;
  readonly random: Random;
  readonly isLive: () => boolean;
  /** The faults have ended. */
  readonly isCalm: () => boolean;
  readonly now: () => number;
  readonly later: (micros: number, callback: () => void) => { cancel(): void };
  readonly record: (entry: LogEntry) => void;
  readonly moment: (moment: TransferMoment) => void;
  readonly failed: (error: unknown) => void;
  readonly received: (origin: Endpoint, message: Message, call: 'scast' | 'lsend') => void;
}

const MS = 1000;
/** Who is asked and says nothing for so long is given up. */
const STATE_TIMEOUT_MS = 300;
/** Between a failure and the next attempt. */
const RETRY_MS = 40;
/** At most: then who has given up wants to be a server again. */
const BACK_AGAIN_MS = 200;
/** Views whose beginnings a server remembers. */
const MOST_SNAPSHOTS = 4;

/** A state, or what one step of a transfer gives of it. */
interface Part {
  readonly lineage: string;
  /** Time of the view at whose beginning it was so; undefined: at no view's in particular. */
  readonly label: number | undefined;
  readonly applied: readonly string[];
}

interface Request {
  readonly mode: 'now' | 'start';
  readonly step: number;
  readonly steps: number;
  /** As the first step found it. */
  readonly label: number | undefined;
}

export class SimServer implements ServerOwner {
  wants: TransferType | undefined;
  private readonly transfers: Transfers;
  private lineage: string;
  private applied: string[] = [];
  private phase: 'client' | 'getting' | 'has' | 'serves' = 'client';
  /** While it gets the state: what it was told, and in which view. */
  private told: (readonly [time: number, id: string])[] = [];
  private parts: Part[] = [];
  private snapshots: Part[] = [];
  private latest: TransferId = 0;
  private mode: Request['mode'] = 'now';
  /** It has given up for a while. */
  private comesBack = false;
  private requests = 0;

  constructor(
    private readonly host: ServerHost,
    private readonly manner: ServerManner,
  ) {
    this.wants = manner.wants;
    this.lineage = `${host.name} itself`;
    this.transfers = new Transfers({
      session: () => (host.isLive() ? host.session() : undefined),
      setTimer: (milliseconds, callback) => host.later(milliseconds * MS, callback),
      timeoutMs: STATE_TIMEOUT_MS,
      asked: (question) => this.asked(question),
      begun: (xferId) => void host.later(1, () => this.begin(xferId)),
      report: (error) => host.failed(error),
    });
  }

  /** All is as it wants it to be. */
  get isSettled(): boolean {
    const wanted = this.wants === undefined ? 'client-normal' : 'server-normal';
    return this.view?.state === wanted && !this.comesBack;
  }

  /** From now on it wants to be a server, with such a transfer, or a client. */
  want(transfer: TransferType | undefined): void {
    if (!this.host.isLive() || (transfer === undefined) === (this.wants === undefined)) return;
    this.wants = transfer;
    this.host.record({ type: 'want', at: this.host.now(), transfer });
    this.host.session().want(transfer);
  }

  // ---- what its member tells it ----

  /** The view in which it was ends: what it has is what others must have, too. */
  leaveView(): void {
    const { lineage, applied, phase } = this;
    const { total } = this.manner;
    if (phase === 'serves')
      this.host.record({ type: 'state', at: this.host.now(), lineage, applied: [...applied], total });
  }

  enterView(view: ClientServerView): RolesEntry {
    const { state, startTransfer, viewType } = view;
    if (state === 'server-normal') this.serve(view);
    else if (state === 'client-normal' || state === 'becoming-server') this.phase = 'client';
    else if (startTransfer) this.reset(view.myXferType === 'free' ? 'start' : 'now');
    if (this.phase === 'serves' && view.xferServers.length > 0) this.remember(view.viewId.time);
    const names = (members: readonly Endpoint[]) => members.map(({ name }) => name);
    const [servers, xferServers, clients] = [view.servers, view.xferServers, view.clients].map(names);
    return { servers, xferServers, clients, viewType, state, startTransfer } as RolesEntry;
  }

  /** Something that changes the state has come. */
  apply(id: string): void {
    if (this.phase === 'serves' || this.phase === 'has') this.applied.push(id);
    else if (this.phase === 'getting') this.told.push([this.view?.viewId.time ?? 0, id]);
  }

  // ---- ServerOwner ----

  onReceiveScast(origin: Endpoint, message: Message): void {
    this.host.received(origin, message, 'scast');
  }

  onReceiveLsend(origin: Endpoint, message: Message): void {
    this.host.received(origin, message, 'lsend');
  }

  onAskState(origin: Endpoint, message: Message): void {
    this.transfers.receiveAsk(origin, message);
  }

  onReceiveState(origin: Endpoint, message: Message): void {
    this.transfers.receiveState(origin, message);
  }

  onStanding(view: ClientServerView): void {
    this.transfers.enter(view);
  }

  onProgress(): void {
    this.transfers.progress();
  }

  onLeft(): void {
    this.transfers.left();
  }

  // ---- as a server ----

  /** Who has no state that was transferred to it is the first, or wanted none. */
  private serve(view: ClientServerView): void {
    if (this.phase === 'client' || this.phase === 'getting') {
      const alone = view.servers.length === 1;
      this.lineage = `${alone ? '' : WITHOUT_TRANSFER}${this.host.name} since ${view.viewId.time}`;
      this.applied.push(...this.told.map(([, id]) => id));
      this.told = [];
    }
    this.phase = 'serves';
  }

  private remember(label: number): void {
    this.snapshots = [...this.snapshots.slice(1 - MOST_SNAPSHOTS), { ...this.asItIs(), label }];
  }

  private asked(question: StateQuestion): void {
    this.host.moment('asked');
    const { refuses, silent, giveMs, partBytes } = this.manner;
    const request = JSON.parse(new TextDecoder().decode(question.request)) as Request;
    const luck = this.host.isCalm() ? 100 : this.host.random.below(100);
    if (luck < silent) return;
    if (luck < silent + refuses) return question.refuse('it does not want to');
    const label = request.label ?? this.view?.viewId.time;
    const answer = () => {
      const part = request.mode === 'now' ? this.asItIs() : this.snapshots.find((each) => each.label === label);
      if (part === undefined) return question.refuse(`it does not know the state at the beginning of ${label}`);
      const bytes = new TextEncoder().encode(JSON.stringify(this.slice(part, request)));
      question.answer(new SlowSource(bytes, partBytes, giveMs * MS, this.host.later));
    };
    if (giveMs === 0) answer();
    else this.host.later(giveMs * MS, answer);
  }

  private asItIs(): Part {
    const { lineage, applied } = this;
    return { lineage, label: undefined, applied: this.manner.total ? [...applied] : [...applied].sort() };
  }

  private slice(part: Part, { step, steps }: Request): Part {
    const at = (index: number) => Math.floor((part.applied.length * index) / steps);
    return { ...part, applied: part.applied.slice(at(step), at(step + 1)) };
  }

  // ---- as one who gets the state ----

  private reset(mode: Request['mode']): void {
    this.mode = mode;
    this.phase = 'getting';
    this.applied = [];
    this.told = [];
    this.parts = [];
  }

  private begin(xferId: TransferId): void {
    if (!this.transfers.isInProgress(xferId)) return;
    const before = this.latest;
    this.latest = xferId;
    this.note(xferId, 'begun');
    this.host.moment('begun');
    if (this.manner.stale && before > 0) this.goOn(before);
    this.think(xferId, 0);
  }

  /** With a transfer that is over: nothing must come of it. */
  private goOn(xferId: TransferId): void {
    if (this.transfers.done(xferId)) this.note(xferId, 'done');
    this.ask(xferId, 0);
  }

  private think(xferId: TransferId, step: number): void {
    this.host.later(this.manner.thinkMs * MS + 1, () => {
      if (!this.transfers.isInProgress(xferId)) return;
      if (step === this.manner.steps) return this.finish(xferId);
      if (this.chance(this.manner.givesUp)) return this.giveUp(xferId);
      if (step === 0) this.parts = [];
      this.ask(xferId, step);
    });
  }

  private ask(transfer: TransferId, step: number): void {
    const number = ++this.requests;
    const { takes, takeMs, steps } = this.manner;
    const { mode } = this;
    const request: Request = { mode, step, steps, label: mode === 'start' ? this.parts[0]?.label : undefined };
    const end = (what: 'whole' | 'terminated' | 'failed' | 'dropped') =>
      this.host.record({ type: 'request', at: this.host.now(), number, transfer, what });
    this.host.record({ type: 'request', at: this.host.now(), number, transfer, what: 'asked' });
    const again = () => void this.host.later(RETRY_MS * MS, () => this.think(transfer, 0));
    const sink = new SimSink(takes, takeMs * MS, this.host.later, {
      onPart: () => {
        this.host.moment('part');
        if (!this.chance(this.manner.drops)) return;
        sink.request?.cancel();
        end('dropped');
        again();
      },
      onEnd: () => end('whole'),
      onWhole: (bytes) => {
        this.host.moment('whole');
        if (!this.transfers.isInProgress(transfer)) return;
        this.parts.push(readPart(bytes));
        this.think(transfer, step + 1);
      },
      onFailed: (error) => {
        const terminated = error instanceof TransferTerminated;
        end(terminated ? 'terminated' : 'failed');
        if (terminated || !this.transfers.isInProgress(transfer)) return;
        if (this.chance(this.manner.givesUp)) this.giveUp(transfer);
        else again();
      },
    });
    const bytes = new TextEncoder().encode(JSON.stringify(request));
    this.transfers.request(transfer, bytes, sink);
    this.host.moment('ask');
  }

  private finish(xferId: TransferId): void {
    const { parts, told } = this;
    const lineages = [...new Set(parts.map(({ lineage }) => lineage))];
    this.lineage = lineages.join(' and ');
    const label = parts[0]?.label;
    const since = label === undefined ? [] : told.filter(([time]) => time >= label).map(([, id]) => id);
    this.applied = [...parts.flatMap(({ applied }) => applied), ...since];
    if (!this.transfers.done(xferId)) return;
    this.told = [];
    this.phase = 'has';
    this.note(xferId, 'done');
    this.host.moment('done');
    if (this.manner.stale && this.transfers.done(xferId)) this.note(xferId, 'done');
  }

  private giveUp(xferId: TransferId): void {
    this.note(xferId, 'given up');
    const { wants } = this;
    this.want(undefined);
    this.comesBack = true;
    this.host.later(this.host.random.below(BACK_AGAIN_MS) * MS, () => {
      this.comesBack = false;
      this.want(wants);
    });
  }

  // ---- parts ----

  private get view(): ClientServerView | undefined {
    return this.host.session().view?.data as ClientServerView | undefined;
  }

  private chance(percent: number): boolean {
    return !this.host.isCalm() && this.host.random.below(100) < percent;
  }

  private note(transfer: TransferId, what: 'begun' | 'done' | 'given up'): void {
    this.host.record({ type: 'transfer', at: this.host.now(), transfer, what });
  }
}

/** What is no state at all has nothing in common with any. */
function readPart(bytes: Uint8Array): Part {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Part;
  } catch {
    return { lineage: 'nobody', label: undefined, applied: [] };
  }
}

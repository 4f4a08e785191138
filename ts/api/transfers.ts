/**
 * The state transfers of one member, from the view that begins one to the view that ends it: whom it asks, whom it answers, and what of it is over. It
 * does nothing by itself, and knows no promises: StateTransferServer puts them around it, and the simulator (ts/sim) runs it in simulated time.
 */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError, TransferTerminated } from '../base/errors.js';
import type { Message } from '../base/message.js';
import { SAFETIES } from '../client-server/safety.js';
import { StateProvider, type StateQuestion } from '../client-server/state-provider.js';
import { type StateRequest, StateRequester, type StateSink } from '../client-server/state-requester.js';
import { CastKind } from '../data-plane/cast-order.js';
import { MalformedError } from '../stack/codec.js';
import type { Environment } from '../stack/environment.js';
import type { ClientServerView } from './client-server-view.js';
import { kindOf } from './message-kind.js';
import type { SendView } from './outbox.js';
import type { Session } from './session.js';
import type { TransferId } from './state-transfer.js';

/** How urgent what belongs to a transfer is: it never waits for one. */
const TRANSFER_SAFETY = SAFETIES.indexOf('transfer');
const STATE_KIND = kindOf(CastKind.state, TRANSFER_SAFETY);
/** Where nobody knows how long a record to a member may be, since it is gone. Bytes. */
const LEAST_DIRECT = 1024;

export interface TransfersPort {
  /** Undefined: there is none, or none any more. */
  session(): Session | undefined;
  readonly setTimer: Environment['setTimer'];
  /** A server that was asked, and says nothing for so long, is given up. */
  readonly timeoutMs: number;
  /** At a server that has the state. It answers now or later. */
  asked(question: StateQuestion): void;
  /** The transfer begins: the application's turn, but not within this call. */
  begun(xferId: TransferId): void;
  report(error: Error): void;
}

/** Where a state goes, with its request: it takes parts in, or wants no more of them. */
export type RequestingSink = StateSink & { request: StateRequest | undefined };

export class Transfers {
  private readonly requester: StateRequester;
  private readonly provider: StateProvider;
  /** The transfer that was begun last, and whether it is in progress. */
  private xferId: TransferId = 0;
  private inProgress = false;

  constructor(private readonly port: TransfersPort) {
    const transfers = this;
    this.requester = new StateRequester({
      servers: () => transfers.others(),
      get first() {
        const { view } = transfers;
        return Math.max(0, view?.xferServers.findIndex((each) => each.equals(view.myEndpoint)) ?? 0);
      },
      ask: (server, bytes) => this.post('ask', server, bytes),
      setTimer: port.setTimer,
      timeoutMs: port.timeoutMs,
    });
    this.provider = new StateProvider({
      answer: (to, bytes) => this.post('state', to, bytes),
      sendPart: (to, head, part) => this.sendPart(to, head, part),
      mostDirect: (to) => this.mostDirect(to),
      asked: (question) => port.asked(question),
    });
  }

  /** A view has begun. */
  enter(view: ClientServerView): void {
    const gives = view.state === 'server-normal';
    this.provider.viewChanged(gives ? view.xferServers : undefined);
    if (view.startTransfer) return this.begin();
    if (view.state !== 'server-xfer') this.terminate(`this member is in the state ${view.state}`);
    else this.requester.viewChanged();
  }

  /** There may be room for what had none. */
  progress(): void {
    this.provider.progress();
  }

  /** This member is in no view any more. */
  left(): void {
    this.provider.viewChanged(undefined);
    this.terminate('this member has left');
  }

  isInProgress(xferId: TransferId): boolean {
    return xferId === this.xferId && this.inProgress;
  }

  request(xferId: TransferId, request: Uint8Array, sink: RequestingSink): void {
    if (!this.isInProgress(xferId)) return sink.fail(new TransferTerminated(xferId, 'it is not in progress'));
    sink.request = this.requester.request(xferId, request, sink);
  }

  /** This member has the state of that transfer. Returns whether it is one that is in progress. */
  done(xferId: TransferId): boolean {
    if (!this.isInProgress(xferId) || this.port.session()?.transferDone() !== true) return false;
    this.inProgress = false;
    return true;
  }

  receiveAsk(origin: Endpoint, message: Message): void {
    // Of who does not get the state any more, or asks one who does not have it, it was on its way when the view ended.
    const { view } = this;
    if (view?.state !== 'server-normal' || !view.xferServers.some((each) => each.equals(origin))) return;
    this.read(origin, () => this.provider.receive(origin, message.bytes()));
  }

  receiveState(origin: Endpoint, message: Message): void {
    this.read(origin, () => this.requester.receive(origin, message.bytes()));
  }

  /** Those who can be asked. In the view in which this member becomes a server without the state it is one of them itself. */
  private others(): readonly Endpoint[] {
    const { view } = this;
    return view?.servers.filter((each) => !each.equals(view.myEndpoint)) ?? [];
  }

  private get view(): ClientServerView | undefined {
    return this.port.session()?.view?.data as ClientServerView | undefined;
  }

  private begin(): void {
    this.terminate('another one has begun');
    this.inProgress = true;
    this.port.begun(++this.xferId);
  }

  private terminate(why: string): void {
    this.inProgress = false;
    this.requester.terminate(why);
  }

  /** Whom it is for may be gone: then nobody misses it. */
  private post(call: 'ask' | 'state', to: Endpoint, bytes: Uint8Array): void {
    const session = this.port.session();
    if (session !== undefined && isMember(session, to)) postState(session, call, to, bytes, true);
  }

  private sendPart(to: Endpoint, head: Uint8Array, part: Uint8Array): boolean {
    const session = this.port.session();
    if (session === undefined || !isMember(session, to)) return false;
    const [rank] = session.ranksOf(to);
    const { outbox } = session;
    return outbox.postPart(outbox.sendsTo(rank as number), head, part, STATE_KIND);
  }

  private mostDirect(to: Endpoint): number {
    const session = this.port.session();
    if (session === undefined || !isMember(session, to)) return LEAST_DIRECT;
    const [rank] = session.ranksOf(to);
    return session.outbox.sendsTo(rank as number).mostDirect;
  }

  private read(origin: Endpoint, receive: () => void): void {
    try {
      receive();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.port.report(
        new ConsortError(
          'ERR_MALFORMED_STREAM',
          `${origin} sent a record of a state transfer that cannot be read: ${error.message}`,
          { details: { origin } },
        ),
      );
    }
  }
}

/**
 * Sends what belongs to a transfer: a question to one who has the state, or a part of the state. It never waits for the transfer.
 * @param anyway however much waits for flow control
 */
export function postState(
  session: Session,
  call: 'ask' | 'state',
  to: Endpoint,
  bytes: Uint8Array,
  anyway = false,
): SendView {
  const [rank] = session.ranksOf(to);
  const { outbox } = session;
  return outbox.post(outbox.sendsTo(rank as number), bytes, kindOf(CastKind[call], TRANSFER_SAFETY), anyway);
}

function isMember({ view }: Session, member: Endpoint): boolean {
  return view?.data.members.some((each) => each.equals(member)) === true;
}

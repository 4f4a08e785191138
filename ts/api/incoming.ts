/**
 * From the rings to the application. One class for all kinds of streams, so that the walk over the records calls one shape of object; its
 * `onMessage` runs for every message and allocates nothing.
 */

import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import type { Message } from '../base/message.js';
import { formatBytes } from '../base/show.js';
import { SAFETIES } from '../client-server/safety.js';
import { CastKind } from '../data-plane/cast-order.js';
import type { RecordReceiver } from '../data-plane/record-reader.js';
import { readSubcast } from '../ordering/subcast.js';
import { callOf, safetyOf } from './message-kind.js';

/** What the application gets its messages by. */
export interface Application {
  onReceiveCast(origin: Endpoint, message: Message): void | Promise<void>;
  onReceiveSend(origin: Endpoint, message: Message): void | Promise<void>;
}

/** What an application of clients and servers gets besides. */
export interface ServerApplication {
  onReceiveScast(origin: Endpoint, message: Message): void | Promise<void>;
  onReceiveLsend(origin: Endpoint, message: Message): void | Promise<void>;
  onAskState(origin: Endpoint, message: Message): void | Promise<void>;
  onReceiveState(origin: Endpoint, message: Message): void | Promise<void>;
}

/** The part of a member that is a client or a server in the view. */
export interface ServerPart {
  readonly application: ServerApplication;
  /** Whether it gets what goes to the servers; those count who are becoming one. */
  readonly serves: boolean;
}

/** What is told about things that went wrong. */
export interface Reports {
  report(error: Error): void;
  /** A callback of the application threw or rejected. */
  callbackFailed(callback: string, cause: unknown): void;
  /** What a callback returned, if anything: a promise must not reject unheard. */
  watch(callback: string, result: unknown): void;
}

export const Deliver = { casts: 0, sends: 1, nothing: 2 } as const;
export type Deliver = (typeof Deliver)[keyof typeof Deliver];

export class Incoming implements RecordReceiver {
  /** The view is over: what is still walked over goes nowhere. */
  stopped = false;

  constructor(
    private readonly deliver: Deliver,
    private readonly application: Application,
    private readonly endpoints: readonly Endpoint[],
    private readonly myRank: number,
    private readonly reports: Reports,
    /** Undefined: this group has no clients and servers. */
    private readonly servers?: ServerPart | undefined,
  ) {}

  onMessage(origin: number, kind: number, message: Message): void {
    if (this.stopped || this.deliver === Deliver.nothing) return;
    if (kind !== CastKind.message) return this.onOther(origin, kind, message);
    this.hand(this.deliver, this.endpoints[origin] as Endpoint, message);
  }

  onTooLong(origin: number, length: number): void {
    if (this.stopped) return;
    const from = this.endpoints[origin] as Endpoint;
    this.reports.report(
      new ConsortError(
        'ERR_MESSAGE_REFUSED',
        `a message of ${formatBytes(length)} from ${from} is longer than maxMessageSize and was skipped`,
        { details: { origin: from, length } },
      ),
    );
  }

  onMalformed(origin: number): void {
    if (this.stopped) return;
    const from = this.endpoints[origin] as Endpoint;
    this.reports.report(
      new ConsortError(
        'ERR_MALFORMED_STREAM',
        `a stream from ${from} holds a record that no writer writes; nothing more of it is delivered`,
        { details: { origin: from } },
      ),
    );
  }

  private hand(deliver: Deliver, from: Endpoint, message: Message): void {
    const casts = deliver === Deliver.casts;
    try {
      const result = casts
        ? this.application.onReceiveCast(from, message)
        : this.application.onReceiveSend(from, message);
      if (result !== undefined) this.reports.watch(casts ? 'onReceiveCast' : 'onReceiveSend', result);
    } catch (error) {
      this.reports.callbackFailed(casts ? 'onReceiveCast' : 'onReceiveSend', error);
    }
  }

  /** What is not just a message: those of ordering policies do not come this far. */
  private onOther(origin: number, kind: number, message: Message): void {
    const { servers } = this;
    const from = this.endpoints[origin] as Endpoint;
    const casts = this.deliver === Deliver.casts;
    if (servers === undefined ? kind !== CastKind.subcast : safetyOf(kind) >= SAFETIES.length)
      return this.onMalformed(origin);
    const call = callOf(kind);
    if (call === CastKind.message) return this.hand(this.deliver, from, message);
    // Lists go with the casts, and what belongs to a transfer goes beside them.
    if (casts) return this.onListed(call, origin, from, message);
    if (call === CastKind.ask) return this.handOver('onAskState', from, message);
    if (call === CastKind.state) return this.handOver('onReceiveState', from, message);
    this.onMalformed(origin);
  }

  private onListed(call: number, origin: number, from: Endpoint, message: Message): void {
    switch (call) {
      case CastKind.subcast:
        if (this.isForMe(origin, message, false)) this.hand(Deliver.sends, from, message);
        return;
      case CastKind.scast:
        if (this.isForMe(origin, message, this.servers?.serves === true))
          this.handOver('onReceiveScast', from, message);
        return;
      case CastKind.lsend:
        if (this.isForMe(origin, message, false)) this.handOver('onReceiveLsend', from, message);
        return;
      default:
        return this.onMalformed(origin);
    }
  }

  /** Leaves the payload in `message`. @param anyway whether it is for me though I am not listed */
  private isForMe(origin: number, message: Message, anyway: boolean): boolean {
    const mine = readSubcast(message, this.myRank);
    if (mine === undefined) this.onMalformed(origin);
    return mine === true || (mine === false && anyway);
  }

  private handOver(callback: keyof ServerApplication, from: Endpoint, message: Message): void {
    try {
      const result = this.servers?.application[callback](from, message);
      if (result !== undefined) this.reports.watch(callback, result);
    } catch (error) {
      this.reports.callbackFailed(callback, error);
    }
  }
}

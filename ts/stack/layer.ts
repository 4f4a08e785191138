/**
 * What a layer is: its state for one view, a handler for each event that it cares about, and records that it exchanges with itself at other
 * members. A layer never sees a socket, a clock, or another layer's state; a new view has new layers.
 */
import type { Endpoint } from '../base/endpoint.js';
import type { ServiceEvent, ServicePort } from '../groupd/messages.js';
import type { ByteReader, ByteWriter } from './codec.js';
import type { Environment } from './environment.js';
import type { Rank, StackEvent } from './event.js';
import type { Params } from './params.js';
import type { ViewState } from './view-state.js';

/** The data plane of the view, as far as layers act on it. Positions are bytes. */
export interface PlanePort {
  /** Up to where each member's casts have arrived; my own: as far as I have sent. */
  received(): number[];
  /** What I have sent to single members, where there is any. */
  sent(): readonly (readonly [to: Rank, position: number])[];
  /** Up to where a member's sends to me have arrived. */
  receivedSends(from: Rank): number;
  /** Whether the view has ended, and all that belongs to it was handed to the application. */
  hasDeliveredAll(): boolean;
  /** A number that changes whenever anything at all has come from a member. */
  heard(rank: Rank): number;
  /** Sees to it that `heard` of these changes at least so often while they live, and now. Of the others it may change or not. */
  watch(ranks: readonly Rank[], milliseconds: number): void;
  /** A failed member: nothing of it is taken in any more, it holds nothing back, and no more is delivered of it than has arrived now. */
  exclude(rank: Rank): void;
  /** Deliver `origin`'s casts up to `cut` and no further; what is missing is to be had from `holder`. */
  cut(origin: Rank, cut: number, holder: Rank): void;
}

/** The application, as the layers that speak with it see it. */
export interface ApplicationPort {
  /** The view is about to end: last chance to send. Calls `ready`, now or later, once. */
  block(ready: () => void): void;
  /** Nothing is sent in this view any more. */
  stopSending(): void;
  /** What this member's application has to say to the coordinator about the change. */
  stateMessage(): Uint8Array;
  /** At the coordinator: what the view is to carry. `stateMessages` by rank in `next`; of who has said something. */
  viewMessage(next: ViewState, stateMessages: ReadonlyMap<Rank, Uint8Array>): Uint8Array;
  /** Another member wants to join: whether it may. */
  joinRequest(from: Endpoint, message: Uint8Array): boolean;
  /** What has become of this member's own request to join. */
  joinAnswer(answer: JoinAnswer): void;
  /** Something is wrong that no call can be blamed for. */
  report(error: Error): void;
}

/** `ready`: its view is on the way. `denied`: the application there does not want it. `failed`: there was no answer. */
export type JoinAnswer =
  | { readonly type: 'ready'; readonly coordinator: Endpoint }
  | { readonly type: 'denied'; readonly coordinator: Endpoint; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string };

/** Ways to other views of the group, unreliable. */
export interface OutsidePort {
  /** To whoever listens on this group's discovery. */
  announce(body: ByteWriter): void;
  /** To a member of another view. */
  sendTo(to: Endpoint, body: ByteWriter): void;
  /** What members must agree on to be in one view: wire version, memory, ... For people too. */
  readonly compatibility: string;
  /** Where a member that joins asks for the group itself, beside what discovery finds. */
  readonly contacts: readonly Endpoint[];
  /** Of the application that joins, to the coordinator's. */
  readonly joinMessage: Uint8Array;
  /** A view can't be larger than this. */
  readonly maxMembers: number;
}

export interface LayerContext {
  readonly view: ViewState;
  readonly myRank: Rank;
  readonly me: Endpoint;
  readonly params: Params;
  /** Its timers end with the stack. */
  readonly environment: Environment;
  readonly plane: PlanePort;
  readonly application: ApplicationPort;
  readonly outside: OutsidePort;
  /** The membership service; undefined: the members decide about views themselves. */
  readonly service: ServicePort | undefined;
  /** To the neighbours. */
  up(event: StackEvent): void;
  down(event: StackEvent): void;
  /** A record to this layer at all other members, or at one. Reliable and FIFO while they live. */
  cast(body: ByteWriter): void;
  send(to: Rank, body: ByteWriter): void;
}

export abstract class Layer {
  constructor(protected readonly context: LayerContext) {}

  /** An event from below. */
  up(event: StackEvent): void {
    this.context.up(event);
  }

  /** An event from above. */
  down(event: StackEvent): void {
    this.context.down(event);
  }

  /** A record of this layer at another member. @throws MalformedError: the sender is suspected then */
  receive(_from: Rank, _record: ByteReader): void {}

  /** A datagram of this layer in another view. @throws MalformedError: it is dropped then */
  receiveOutside(_from: Endpoint, _record: ByteReader): void {}

  /** Of the membership service: what it says, about whatever view, or that it has come or gone. */
  receiveService(_event: ServiceEvent): void {}

  /** The kernel says that nothing is bound to a member's address: a hint. */
  refused(_rank: Rank): void {}

  /** Positions have moved, or messages could be sent. */
  progress(): void {}

  /** False: the view may have ended, but others still need what this layer has to say. */
  get isSettled(): boolean {
    return true;
  }
}

export type LayerClass = new (context: LayerContext) => Layer;

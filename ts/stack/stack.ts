/** The layers of one view: chained, with what layers get from outside, and their records told apart. */
import type { Endpoint } from '../base/endpoint.js';
import type { Message } from '../base/message.js';
import type { ServiceEvent, ServicePort } from '../groupd/messages.js';
import { Bottom } from '../layers/bottom.js';
import { ChkAgree } from '../layers/chk-agree.js';
import { ChkCausal } from '../layers/chk-causal.js';
import { ChkFifo } from '../layers/chk-fifo.js';
import { ChkSync } from '../layers/chk-sync.js';
import { ChkTotal } from '../layers/chk-total.js';
import { Elect } from '../layers/elect.js';
import { Groupd } from '../layers/groupd.js';
import { Heal } from '../layers/heal.js';
import { Inter } from '../layers/inter.js';
import { Intra } from '../layers/intra.js';
import { Leave } from '../layers/leave.js';
import { Merge } from '../layers/merge.js';
import { Primary } from '../layers/primary.js';
import { Slander } from '../layers/slander.js';
import { Suspect } from '../layers/suspect.js';
import { Switch } from '../layers/switch.js';
import { Sync } from '../layers/sync.js';
import { Top } from '../layers/top.js';
import { TopAppl } from '../layers/top-appl.js';
import { ByteReader, MalformedError } from './codec.js';
import type { Environment, Timer } from './environment.js';
import type { Rank, StackEvent } from './event.js';
import { type ApplicationPort, Layer, type LayerClass, type LayerContext, type PlanePort } from './layer.js';
import { Params } from './params.js';
import { CONTROL_LAYERS, type ControlLayerName, parseProtocol } from './protocol.js';
import type { ViewState } from './view-state.js';

const CLASSES: Readonly<Record<ControlLayerName, LayerClass>> = {
  Top,
  Heal,
  Switch,
  Primary,
  Leave,
  Inter,
  Intra,
  Elect,
  Merge,
  Slander,
  Sync,
  Suspect,
  Top_appl: TopAppl,
  Chk_sync: ChkSync,
  Chk_fifo: ChkFifo,
  Groupd,
  Chk_total: ChkTotal,
  Chk_causal: ChkCausal,
  Chk_agree: ChkAgree,
};

/** What a stack needs from its group. */
export interface StackHost {
  readonly view: ViewState;
  readonly myRank: Rank;
  readonly me: Endpoint;
  readonly environment: Environment;
  readonly plane: PlanePort;
  readonly application: ApplicationPort;
  readonly compatibility: string;
  readonly maxMembers: number;
  readonly contacts: readonly Endpoint[];
  readonly joinMessage: Uint8Array;
  readonly service: ServicePort | undefined;
  /** A control record to all other members, or to one; `kind` comes out at `receive` there. */
  cast(kind: number, record: Uint8Array): void;
  send(to: Rank, kind: number, record: Uint8Array): void;
  announce(kind: number, body: Uint8Array): void;
  sendOutside(to: Endpoint, kind: number, body: Uint8Array): void;
  /** What comes out at the top: `view` and `exit`. */
  onTop(event: StackEvent): void;
}

export class Stack {
  /** From the top; the last is Bottom, which has no records. */
  private readonly layers: Layer[] = [];
  /** Those that want to know of progress: it comes with every batch, and most of the time none does. */
  private readonly progressing: Layer[] = [];
  private readonly byKind = new Map<number, Layer>();
  private readonly timers = new Set<Timer>();
  /** The layers'. */
  private readonly environment: Environment;
  private stopped = false;

  constructor(private readonly host: StackHost) {
    this.environment = this.endingWithMe(host.environment);
    const params = Params.parse(host.view.params);
    const names = parseProtocol(host.view.protocol).layers;
    for (const [index, name] of names.entries()) this.add(CLASSES[name], CONTROL_LAYERS.indexOf(name), index, params);
    this.add(Bottom, CONTROL_LAYERS.length, names.length, params);
  }

  start(): void {
    this.enter({ type: 'init' }, 'bottom');
  }

  /** No layer hears or says anything any more. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  /** The application asks for something: an event that goes down from the top, and comes back. */
  inject(event: StackEvent): void {
    this.enter(event, 'top');
  }

  /** Members that the application, or what is under the layers, has found to be bad. */
  suspect(ranks: readonly Rank[], reason: string): void {
    this.enter({ type: 'suspect', ranks, reason }, 'bottom');
  }

  receive(from: Rank, kind: number, message: Message): void {
    const layer = this.byKind.get(kind);
    if (this.stopped) return;
    try {
      if (layer === undefined) throw new MalformedError(`no layer has the number ${kind}`);
      const record = new ByteReader(message.bytes());
      layer.receive(from, record);
      record.end();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.suspect([from], `it sent what no member sends: ${error.message}`);
    }
  }

  /** @throws MalformedError */
  receiveOutside(from: Endpoint, kind: number, body: ByteReader): void {
    if (!this.stopped) this.byKind.get(kind)?.receiveOutside(from, body);
  }

  receiveService(event: ServiceEvent): void {
    if (!this.stopped) for (const layer of this.layers) layer.receiveService(event);
  }

  refused(rank: Rank): void {
    if (!this.stopped) for (const layer of this.layers) layer.refused(rank);
  }

  progress(): void {
    if (!this.stopped) for (const layer of this.progressing) layer.progress();
  }

  /** Nobody needs what these layers still have to say. */
  get isSettled(): boolean {
    return this.stopped || this.layers.every((layer) => layer.isSettled);
  }

  private enter(event: StackEvent, where: 'top' | 'bottom'): void {
    if (this.stopped) return;
    if (where === 'top') this.layers[0]?.down(event);
    else this.layers[this.layers.length - 1]?.up(event);
  }

  private add(layerClass: LayerClass, kind: number, index: number, params: Params): void {
    const { host } = this;
    const { compatibility, maxMembers, contacts, joinMessage } = host;
    const context: LayerContext = {
      view: host.view,
      myRank: host.myRank,
      me: host.me,
      params,
      environment: this.environment,
      plane: host.plane,
      application: host.application,
      outside: {
        announce: (body) => host.announce(kind, body.finish()),
        sendTo: (to, body) => host.sendOutside(to, kind, body.finish()),
        compatibility,
        maxMembers,
        contacts,
        joinMessage,
      },
      service: host.service,
      up: (event) => this.pass(event, index - 1, 'up'),
      down: (event) => this.pass(event, index + 1, 'down'),
      cast: (body) => this.stopped || host.cast(kind, body.finish()),
      send: (to, body) => this.stopped || host.send(to, kind, body.finish()),
    };
    const layer = new layerClass(context);
    this.layers.push(layer);
    if (layer.progress !== Layer.prototype.progress) this.progressing.push(layer);
    this.byKind.set(kind, layer);
  }

  private pass(event: StackEvent, index: number, way: 'up' | 'down'): void {
    if (this.stopped) return;
    const layer = this.layers[index];
    if (layer !== undefined) layer[way](event);
    else if (way === 'up') this.host.onTop(event);
  }

  /** Timers end with the stack. */
  private endingWithMe(environment: Environment): Environment {
    return {
      now: () => environment.now(),
      random: (bound) => environment.random(bound),
      defer: (callback) => environment.defer(() => this.stopped || callback()),
      setTimer: (milliseconds, callback) => {
        const timer = environment.setTimer(milliseconds, () => {
          this.timers.delete(timer);
          if (!this.stopped) callback();
        });
        this.timers.add(timer);
        return {
          cancel: () => {
            this.timers.delete(timer);
            timer.cancel();
          },
        };
      },
    };
  }
}

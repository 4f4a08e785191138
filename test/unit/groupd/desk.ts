// A membership service without sockets: members are numbers, what is said to each is kept, and time goes on when the test says so.
import {
  decodeFromService,
  decodeToService,
  encodeFromService,
  encodeToService,
  type FromService,
  type JoinMessage,
  type ToService,
} from '../../../ts/groupd/messages.js';
import { Service } from '../../../ts/groupd/service.js';
import type { ViewId, ViewState } from '../../../ts/stack/view-state.js';
import { FakeEnvironment } from '../layers/fake-context.js';
import { bytesOf, member, members, viewId } from '../stack/views.js';

export type Answer<K extends FromService['kind']> = Extract<FromService, { kind: K }>;

/** A view as the tests write it: its members by number; its time. */
export interface View {
  readonly id: ViewId;
  readonly numbers: readonly number[];
}

export function view(time: number, ...numbers: number[]): View {
  return { id: viewId(time, numbers[0]), numbers };
}

export function join(number: number, { id, numbers }: View, more: Partial<JoinMessage> = {}): JoinMessage {
  return {
    kind: 'join',
    group: 'a group',
    me: member(number),
    view: id,
    members: members(...numbers),
    protocol: 'Groupd:Bottom',
    params: '',
    compatibility: 'all the same',
    maxMembers: 16,
    floor: id.time,
    fresh: numbers.length === 1,
    wants: false,
    patienceMs: 5000,
    ...more,
  };
}

export class Desk {
  readonly environment = new FakeEnvironment();
  readonly service: Service;
  /** `close 3: why`, in order. */
  readonly closed: string[] = [];
  private readonly said = new Map<number, FromService[]>();

  constructor() {
    this.service = new Service(this.environment, {
      // By way of the wire, so that each message is one.
      send: (id, message) => this.of(id).push(decodeFromService(encodeFromService(message))),
      close: (id, reason) => this.closed.push(`${id}: ${reason}`),
    });
  }

  /** The connection of a member has its number. */
  say(number: number, message: ToService): void {
    this.service.receive(number, decodeToService(encodeToService(message)));
  }

  /** Connects, and says in which view it is; alone in its first, if nothing else is said. */
  join(number: number, of: View = view(1, number), more: Partial<JoinMessage> = {}): void {
    this.service.connected(number);
    this.say(number, join(number, of, more));
  }

  gone(number: number): void {
    this.service.disconnected(number);
  }

  /** What was said to a member since the last time, and forgets it. */
  take(number: number): FromService[] {
    return this.of(number).splice(0);
  }

  kinds(number: number): string[] {
    return this.take(number).map(({ kind }) => kind);
  }

  /** The last message of this kind, which must be there; all before it are forgotten. */
  last<K extends FromService['kind']>(number: number, kind: K): Answer<K> {
    const found = this.take(number).findLast((each) => each.kind === kind);
    if (found === undefined) throw new Error(`nothing of ${kind} was said to ${number}`);
    return found as Answer<K>;
  }

  /** The coordinator's word, with `failed` and `leaving` by rank. */
  synced(
    number: number,
    of: View,
    attempt: number,
    failed: readonly number[] = [],
    leaving: readonly number[] = [],
  ): void {
    const out = [...failed, ...leaving];
    const stay = of.numbers.filter((_, rank) => !out.includes(rank));
    this.say(number, {
      kind: 'synced',
      view: of.id,
      attempt,
      failed,
      leaving,
      floor: of.id.time,
      stateMessages: stay.map((each) => bytesOf(`state of ${each}`)),
    });
  }

  /** Agrees to what was proposed to it. */
  agree(number: number): ViewState {
    const { view: of, state } = this.last(number, 'propose');
    const message = bytesOf('the message');
    this.say(number, { kind: 'proposed', view: of, time: state.id.time, message, primary: false });
    return state;
  }

  installed(number: number, of: View): void {
    this.say(number, { kind: 'installed', view: of.id });
  }

  /** Members 0, 1, ... have installed a view that this service has taken up. */
  together(count: number, time = 5): View {
    const of = view(time, ...Array(count).keys());
    for (const number of of.numbers) this.join(number, of);
    return of;
  }

  private of(number: number): FromService[] {
    const said = this.said.get(number) ?? [];
    this.said.set(number, said);
    return said;
  }
}

/** Numbers of the members of a view that was proposed or granted. */
export function numbersOf({ members: all }: ViewState): number[] {
  return all.map(({ port }) => port - 4000);
}

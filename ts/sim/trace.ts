/** Looks into the stacks of simulated members while they run: what layers tell each other, and send. For `consort sim --trace`. */
import type { Endpoint } from '../base/endpoint.js';
import type { StackEvent } from '../stack/event.js';
import { CONTROL_LAYERS } from '../stack/protocol.js';
import { Stack, type StackHost } from '../stack/stack.js';
import { type ViewState, viewName } from '../stack/view-state.js';

/** `view` and `member` by name. */
export type OnTrace = (member: string, view: string, what: string) => void;

/** The parts of a stack that are looked at: they are its own business otherwise. */
interface Inside {
  readonly host: StackHost;
  enter(event: StackEvent, where: 'top' | 'bottom'): void;
  pass(event: StackEvent, index: number, way: 'up' | 'down'): void;
  receive(from: number, kind: number, message: unknown): void;
  receiveOutside(from: Endpoint, kind: number, body: unknown): void;
  readonly layers: readonly unknown[];
}

/** From here on all stacks of this process tell. Returns what ends it. */
export function traceStacks(onTrace: OnTrace): () => void {
  const inside = Stack.prototype as unknown as Inside;
  const { enter, pass, receive, receiveOutside } = inside;
  const tell = ({ host }: Inside, what: string) => onTrace(host.me.name, viewName(host.view.id), what);
  inside.enter = function (this: Inside, event, where) {
    tell(this, `${where === 'top' ? 'from the application' : 'from below'}: ${describeEvent(event)}`);
    enter.call(this, event, where);
  };
  inside.pass = function (this: Inside, event, index, way) {
    // Each event once: where it turns, and where it comes out.
    if (
      (way === 'up' && (index < 0 || (index === 0 && endsAtTop(event)))) ||
      (way === 'down' && index === this.layers.length - 1)
    )
      tell(this, `${way === 'up' ? 'out at the top' : 'at the bottom'}: ${describeEvent(event)}`);
    pass.call(this, event, index, way);
  };
  inside.receive = function (this: Inside, from, kind, message) {
    tell(this, `${CONTROL_LAYERS[kind] ?? kind} has a record of rank ${from}`);
    receive.call(this, from, kind, message);
  };
  inside.receiveOutside = function (this: Inside, from, kind, body) {
    tell(this, `${CONTROL_LAYERS[kind] ?? kind} has a datagram of ${from}`);
    receiveOutside.call(this, from, kind, body);
  };
  return () => Object.assign(inside, { enter, pass, receive, receiveOutside });
}

/** What Top keeps to itself. */
function endsAtTop({ type }: StackEvent): boolean {
  return type === 'suspect' || type === 'elect' || type === 'flushed' || type === 'merger' || type === 'mergeFailed';
}

function describeEvent(event: StackEvent): string {
  const { type, ...rest } = event;
  const text = JSON.stringify(rest, (_, value: unknown) => {
    if (value instanceof Set) return [...value];
    if (value instanceof Map) return [...value.keys()];
    if (value instanceof Uint8Array) return `${value.length} B`;
    if (isViewState(value)) return `${viewName(value.id)} [${value.members.join(' ')}]`;
    return value;
  });
  return text === '{}' ? type : `${type} ${text}`;
}

function isViewState(value: unknown): value is ViewState {
  return typeof value === 'object' && value !== null && 'members' in value && 'protocol' in value;
}

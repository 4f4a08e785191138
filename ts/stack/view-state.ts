/** A view as its members agree on it; the same at all of them. Source: Ensemble's type/view.ml. */
import { Endpoint } from '../base/endpoint.js';
import { type ByteReader, type ByteWriter, MalformedError } from './codec.js';

/** Names a view. Ids that one member installs grow: by time, then by coordinator. */
export interface ViewId {
  /** Logical time: one more than the largest of the views that this one comes from. */
  readonly time: number;
  readonly coordinator: Endpoint;
}

export interface ViewState {
  readonly groupName: string;
  /** The layers, from the top, separated by colons. */
  readonly protocol: string;
  /** `name=value:type` separated by semicolons. */
  readonly params: string;
  readonly id: ViewId;
  /** The index is the rank. */
  readonly members: readonly Endpoint[];
  /** The views that this one comes from, the coordinator's first. */
  readonly previous: readonly ViewId[];
  readonly primary: boolean;
  /** Of the coordinator's application. */
  readonly message: Uint8Array;
}

export function compareViewIds(a: ViewId, b: ViewId): number {
  return a.time - b.time || Endpoint.compare(a.coordinator, b.coordinator);
}

export function sameViewId(a: ViewId, b: ViewId): boolean {
  return compareViewIds(a, b) === 0;
}

/** `12@127.0.0.1:4000/k3x9`, for people and as a key. */
export function viewName({ time, coordinator }: ViewId): string {
  return `${time}@${coordinator}`;
}

export function rankIn(members: readonly Endpoint[], endpoint: Endpoint): number {
  return members.findIndex((member) => member.equals(endpoint));
}

/** The view of one with which every member begins, and which it finds itself in when it was excluded. */
export function singleton(
  endpoint: Endpoint,
  time: number,
  of: Pick<ViewState, 'groupName' | 'protocol' | 'params'>,
): ViewState {
  return {
    ...of,
    id: { time, coordinator: endpoint },
    members: [endpoint],
    previous: [],
    primary: false,
    message: new Uint8Array(0),
  };
}

export function writeViewId(to: ByteWriter, { time, coordinator }: ViewId): void {
  to.integer(time).endpoint(coordinator);
}

export function readViewId(from: ByteReader): ViewId {
  return { time: from.integer(), coordinator: from.endpoint() };
}

export function writeViewState(to: ByteWriter, view: ViewState): void {
  to.text(view.groupName).text(view.protocol).text(view.params);
  writeViewId(to, view.id);
  to.list(view.members, (member) => to.endpoint(member));
  to.list(view.previous, (id) => writeViewId(to, id));
  to.u8(view.primary ? 1 : 0).block(view.message);
}

/** @throws MalformedError also for a view that cannot be: without members, with one twice, or not named after its rank 0 */
export function readViewState(from: ByteReader): ViewState {
  const head = { groupName: from.text(), protocol: from.text(), params: from.text() };
  const id = readViewId(from);
  const members = from.list(() => from.endpoint());
  const previous = from.list(() => readViewId(from));
  const primary = from.u8() === 1;
  const [first] = members;
  if (first === undefined || !first.equals(id.coordinator)) throw new MalformedError('a view without its coordinator');
  if (new Set(members.map(({ name }) => name)).size < members.length) throw new MalformedError('a member twice');
  return { ...head, id, members, previous, primary, message: from.block() };
}

// Views and members for tests of the protocol: small, named by number, the same in every test.
import { Endpoint } from '../../../ts/base/endpoint.js';
import type { ViewId, ViewState } from '../../../ts/stack/view-state.js';

export const STACK = 'Top:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom';

/** The member of this number: port 4000 + number. */
export function member(number: number, incarnation = 0): Endpoint {
  return new Endpoint('10.0.0.1', 4000 + number, incarnation);
}

/** Members by their numbers, in the order of their ranks. */
export function members(...numbers: number[]): Endpoint[] {
  return numbers.map((number) => member(number));
}

export function viewId(time: number, coordinator = 0): ViewId {
  return { time, coordinator: member(coordinator) };
}

/** A view of these members; rank 0 is the first. */
export function viewOf(numbers: readonly number[], more: Partial<ViewState> & { time?: number } = {}): ViewState {
  const { time = 5, ...fields } = more;
  const all = members(...numbers);
  return {
    groupName: 'test',
    protocol: STACK,
    params: '',
    id: { time, coordinator: all[0] ?? member(0) },
    members: all,
    previous: [],
    primary: false,
    message: new Uint8Array(0),
    ...fields,
  };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

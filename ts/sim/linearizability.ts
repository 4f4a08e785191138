/**
 * Whether a history of operations is linearizable: whether there is an order of them, each between its call and its return, in which a model that does one after
 * the other gives the results that they had. The search of Wing and Gong as Lowe made it, with what was tried remembered, as in Knossos and Porcupine:
 *
 *   calls and returns lie in a list in the order of time. What may come next is what is called before the first return in the list.
 *   Taken is the first of these that the model allows; its call and return leave the list. At a return nothing is left to be taken:
 *   then the last one that was taken is put back, and the next after it is tried.
 *
 * An operation that never returned may have happened at any time after its call, or not at all.
 */

export interface Operation<Input> {
  readonly input: Input;
  /** When it was called, and when it returned; undefined: nobody knows what came of it. No two of these moments are the same. */
  readonly called: number;
  readonly returned: number | undefined;
}

export interface Model<State, Input> {
  readonly initial: State;
  /** The state afterwards; undefined: in this state the operation does not have the result that it had. */
  step(state: State, input: Input): State | undefined;
  /** Two states are the same when their keys are. */
  key(state: State): string | number;
}

export type Verdict =
  | { readonly linearizable: true }
  /** `furthest`: most operations that could be put into an order, in this order: what cannot follow them is wrong, or one of them. */
  | { readonly linearizable: false; readonly furthest: readonly number[] }
  /** Too many orders had to be tried. */
  | { readonly linearizable: undefined };

/** Steps of the search at most: a second. */
const MOST_STEPS = 300_000;

/** A call or a return; those in the list are linked both ways. */
interface Entry {
  /** Index of the operation. */
  readonly operation: number;
  /** Of a call: its return, if it has one. */
  readonly match: Entry | undefined;
  readonly isCall: boolean;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** @param guess an order, by index, that may be one: it is tried first. The search takes long where many operations are under way at once. */
export function checkLinearizability<State, Input>(
  model: Model<State, Input>,
  operations: readonly Operation<Input>[],
  guess: readonly number[] = [],
  mostSteps = MOST_STEPS,
): Verdict {
  return isLinearization(model, operations, guess) ? { linearizable: true } : search(model, operations, mostSteps);
}

/** Whether this order is one. */
function isLinearization<State, Input>(
  model: Model<State, Input>,
  operations: readonly Operation<Input>[],
  order: readonly number[],
): boolean {
  const isThere = new Set(order);
  if (isThere.size < order.length || operations.some(({ returned }, i) => returned !== undefined && !isThere.has(i)))
    return false;
  let state: State | undefined = model.initial;
  let latestCall = -1;
  for (const index of order) {
    const { input, called, returned } = operations[index] as Operation<Input>;
    // It was over when one before it in this order had not begun.
    if (returned !== undefined && returned < latestCall) return false;
    latestCall = Math.max(latestCall, called);
    state = model.step(state, input);
    if (state === undefined) return false;
  }
  return true;
}

function search<State, Input>(
  model: Model<State, Input>,
  operations: readonly Operation<Input>[],
  mostSteps: number,
): Verdict {
  const head = listOf(operations);
  const taken: { readonly entry: Entry; readonly before: State }[] = [];
  const isTaken = new Uint8Array(operations.length);
  const tried = new Set<string>();
  let state = model.initial;
  let furthest: readonly number[] = [];
  let at = head.next;
  for (let steps = 0; at !== undefined; steps++) {
    if (steps > mostSteps) return { linearizable: undefined };
    if (at.isCall) {
      const after = model.step(state, (operations[at.operation] as Operation<Input>).input);
      isTaken[at.operation] = 1;
      if (after !== undefined && isNew(tried, isTaken, model.key(after))) {
        taken.push({ entry: at, before: state });
        state = after;
        lift(at);
        at = head.next;
      } else {
        isTaken[at.operation] = 0;
        at = at.next;
      }
      continue;
    }
    // Its operation has to come before this: none of those that could be taken led to it.
    if (taken.length > furthest.length) furthest = taken.map(({ entry }) => entry.operation);
    const last = taken.pop();
    if (last === undefined) return { linearizable: false, furthest };
    state = last.before;
    isTaken[last.entry.operation] = 0;
    putBack(last.entry);
    at = last.entry.next;
  }
  // No return is left: all that returned were taken. The others need not have happened.
  return { linearizable: true };
}

function listOf<Input>(operations: readonly Operation<Input>[]): Entry {
  const moments: { readonly at: number; readonly entry: Entry }[] = [];
  for (const [operation, { called, returned }] of operations.entries()) {
    const unlinked = { operation, previous: undefined, next: undefined };
    const end: Entry | undefined =
      returned === undefined ? undefined : { ...unlinked, match: undefined, isCall: false };
    moments.push({ at: called, entry: { ...unlinked, match: end, isCall: true } });
    if (end !== undefined) moments.push({ at: returned as number, entry: end });
  }
  moments.sort((a, b) => a.at - b.at);
  const head: Entry = { operation: -1, match: undefined, isCall: false, previous: undefined, next: undefined };
  let last = head;
  for (const { entry } of moments) {
    entry.previous = last;
    last.next = entry;
    last = entry;
  }
  return head;
}

/** The same operations in another order, with the same state at the end, lead nowhere else. */
function isNew(tried: Set<string>, isTaken: Uint8Array, key: string | number): boolean {
  const { size } = tried;
  tried.add(`${String.fromCharCode(...packed(isTaken))}${key}`);
  return tried.size > size;
}

function packed(bits: Uint8Array): number[] {
  const words: number[] = [];
  for (let i = 0; i < bits.length; i++) words[i >> 4] = (words[i >> 4] ?? 0) | ((bits[i] as number) << (i & 15));
  return words;
}

function lift(call: Entry): void {
  unlink(call);
  if (call.match !== undefined) unlink(call.match);
}

function putBack(call: Entry): void {
  // In the reverse order of `lift`: each finds its neighbours as they were.
  if (call.match !== undefined) link(call.match);
  link(call);
}

function unlink({ previous, next }: Entry): void {
  if (previous !== undefined) previous.next = next;
  if (next !== undefined) next.previous = previous;
}

function link(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry;
  if (entry.next !== undefined) entry.next.previous = entry;
}

/** What an operation did with one key: values are numbers that no two writes share; 0: the key is not there. */
export interface RegisterInput {
  /** It found this value. */
  readonly found?: number | undefined;
  /** It found another value than this. */
  readonly foundNot?: number | undefined;
  /** It wrote this value, at the same moment. */
  readonly wrote?: number | undefined;
}

/** One key. */
export const REGISTER: Model<number, RegisterInput> = {
  initial: 0,
  step(state, { found, foundNot, wrote }) {
    if (found !== undefined && found !== state) return undefined;
    if (foundNot === state) return undefined;
    return wrote ?? state;
  },
  key: (state) => state,
};

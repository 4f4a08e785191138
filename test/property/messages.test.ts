// Typed messages and lists of endpoints, against models, and against bytes that nobody wrote.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../ts/base/endpoint.js';
import { EndpointList } from '../../ts/base/endpoint-list.js';
import { ConsortError } from '../../ts/base/errors.js';
import { Message, type MessageValue } from '../../ts/base/message.js';
import { FORMS } from '../../ts/base/message-format.js';

const RUNS = 300;

const endpoint = fc
  .record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.nat(65_535), incarnation: fc.maxSafeNat() })
  .map(({ host, port, incarnation }) => new Endpoint(host, port, incarnation));
const { value: anyValue } = fc.letrec<{ value: MessageValue; message: Message }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.maxSafeInteger(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    endpoint,
    fc.array(endpoint, { maxLength: 4 }).map((endpoints) => new EndpointList(endpoints)),
    tie('message'),
    fc.array(tie('message'), { maxLength: 3 }),
  ),
  message: fc.array(tie('value'), { maxLength: 4 }).map(written),
}));
const values = fc.array(anyValue, { maxLength: 12 });

function written(all: readonly MessageValue[]): Message {
  const message = new Message();
  for (const value of all) message.push(value);
  return message;
}

/** Values as what can be compared: messages are what is in them. */
function plain(value: MessageValue): unknown {
  if (value instanceof Message) return { message: [...Message.of(value.copy()).items()].map(plain) };
  if (value instanceof EndpointList) return { endpoints: [...value] };
  if (Array.isArray(value)) return { packed: value.map(plain) };
  // An integer has no sign where it is 0.
  return value === 0 ? 0 : value;
}

/** A message that is delivered: it lies in a ring, among bytes of others. */
function delivered(bytes: Uint8Array, before: number, around: number): Message {
  const message = new Message();
  message.buffer = new Uint8Array(before + bytes.length + 16).fill(around);
  message.buffer.set(bytes, before);
  message.offset = before;
  message.length = bytes.length;
  return message;
}

/** What a call gives, or the error that it throws, which must be ours. */
function outcome(call: () => MessageValue): unknown {
  try {
    const value = call();
    return value instanceof Message ? value.copy() : Array.isArray(value) ? value.map((each) => each.copy()) : value;
  } catch (error) {
    if (!(error instanceof ConsortError)) throw error;
    expect(error.code).toMatch(/^ERR_MESSAGE_(EMPTY|TYPE|MALFORMED)$/);
    return error.message;
  }
}

/** What comes of popping by each call for as long as one takes something off. */
function popAll(message: Message): unknown[] {
  const pops = [
    () => message.popInteger(),
    () => message.popNumber(),
    () => message.popBigInt(),
    () => message.popBoolean(),
    () => message.popString(),
    () => message.popBytes(),
    () => message.popEndpoint(),
    () => message.popEndpoints(),
    () => message.popMessage(),
    () => message.unpack(),
    () => message.pop(),
  ];
  const outcomes: unknown[] = [];
  for (let before = -1; before !== message.length; ) {
    before = message.length;
    outcomes.push(...pops.map(outcome));
  }
  return outcomes;
}

/** What comes of reading in the order of pushing. */
function readAll(message: Message): unknown[] {
  const outcomes: unknown[] = [];
  const begun = outcome(() => {
    const items = message.items();
    for (let left = items.remaining; left > 0; left--) outcomes.push(outcome(() => items.read()));
    return items.remaining;
  });
  return [...outcomes, begun];
}

describe('typed messages', () => {
  it('give back what was pushed: popped in the reverse order, read in the same', () => {
    fc.assert(
      fc.property(values, (all) => {
        const bytes = written(all).copy();
        expect([...Message.of(bytes).items()].map(plain)).toEqual(all.map(plain));
        const message = Message.of(bytes);
        expect(all.map(() => plain(message.pop())).reverse()).toEqual(all.map(plain));
        expect(message.isEmpty).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('go on in writable copies as if nothing had been popped', () => {
    fc.assert(
      fc.property(values, values, fc.nat(12), (all, more, pops) => {
        const message = Message.of(written(all).copy());
        const kept = all.slice(0, Math.max(0, all.length - pops));
        while (message.length > written(kept).length) message.pop();
        const copy = message.writableCopy();
        for (const value of more) copy.push(value);
        expect(copy.copy()).toEqual(written([...kept, ...more]).copy());
      }),
      { numRuns: RUNS },
    );
  });

  it('never read outside of themselves, whatever bytes they are over, and throw errors of ours only', () => {
    const tag = fc.constantFrom(...Object.values(FORMS).map((form) => form.tag));
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      values.map((all) => written(all).copy()),
      fc
        .tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(20), tag)
        .map(([bytes, length, last]) => [...bytes, ...[length, 0, 0, 0], last]),
    );
    const hostile = fc
      .array(piece, { maxLength: 6 })
      .map((pieces) => Uint8Array.from(pieces.flatMap((each) => [...each])));
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(hostile, damage, fc.nat(9), (bytes, changes, before) => {
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        // What is around them looks like values, or like nothing: it must make no difference.
        expect(popAll(delivered(bytes, before, 0xf8))).toEqual(popAll(delivered(bytes, before, 0x41)));
        expect(readAll(delivered(bytes, before, 0xf8))).toEqual(readAll(delivered(bytes, before, 0x41)));
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('lists of endpoints', () => {
  const few = fc.integer({ min: 1, max: 6 }).map((port) => new Endpoint('10.0.0.1', port));
  const some = fc.array(few, { maxLength: 6 });
  type Step = readonly [keyof typeof steps, Endpoint[]];
  /** The model is a list of names. */
  const steps = {
    add: (list: EndpointList, names: string[], given: Endpoint[]) => {
      for (const { name } of given) if (!names.includes(name)) names.push(name);
      list.add(...given);
    },
    delete: (list: EndpointList, names: string[], given: Endpoint[]) => {
      for (const each of given) {
        const at = names.indexOf(each.name);
        expect(list.delete(each)).toBe(at >= 0);
        if (at >= 0) names.splice(at, 1);
      }
    },
    clear: (list: EndpointList, names: string[]) => {
      names.length = 0;
      list.clear();
    },
    compare: (list: EndpointList, names: string[], given: Endpoint[]) => {
      const other = given.map(({ name }) => name);
      const namesOf = (endpoints: EndpointList) => [...endpoints].map(({ name }) => name);
      expect(namesOf(list.union(given))).toEqual([...new Set([...names, ...other])]);
      expect(namesOf(list.difference(given))).toEqual(names.filter((name) => !other.includes(name)));
      expect(namesOf(list.intersection(given))).toEqual(names.filter((name) => other.includes(name)));
      expect(list.equals(given)).toBe(`${names}` === `${other}`);
    },
  };

  it('do what lists of names without repeats do', () => {
    const step = fc.tuple(fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])), some);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (all: readonly Step[]) => {
        const list = new EndpointList();
        const names: string[] = [];
        for (const [name, given] of all) {
          steps[name](list, names, given);
          expect([`${list}`, list.size]).toEqual([names.join(' '), names.length]);
          for (let port = 1; port <= 6; port++) {
            const each = new Endpoint('10.0.0.1', port);
            expect([list.has(each), list.indexOf(each)]).toEqual([names.includes(each.name), names.indexOf(each.name)]);
          }
          for (let at = -7; at < 7; at++) expect(list.at(at)?.name).toBe(names.at(at));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

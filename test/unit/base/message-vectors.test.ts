// test/vectors/messages.json pins the bytes of typed messages, docs/wire-format.md tells what they are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { EndpointList } from '../../../ts/base/endpoint-list.js';
import { isConsortError } from '../../../ts/base/errors.js';
import { Message, type MessageValue } from '../../../ts/base/message.js';
import { FORMS, type ValueType } from '../../../ts/base/message-format.js';

interface MessageVector {
  readonly name: string;
  readonly hex: string;
  /** In the order of pushing. */
  readonly values?: readonly object[];
  /** The code of the error that `pop()` gives. */
  readonly refused?: string;
}

// `npx vitest run message-vectors -u` writes the file anew; what then differs no older member can read.
const root = join(import.meta.dirname, '../../..');
const file = join(root, 'test/vectors/messages.json');
const onDisk = JSON.parse(readFileSync(file, 'utf8')) as MessageVector[];
const doc = readFileSync(join(root, 'docs/wire-format.md'), 'utf8');

const anna = new Endpoint('10.0.0.1', 4001, 7);
const boris = new Endpoint('::1', 65535, Number.MAX_SAFE_INTEGER);
const text = (value: string) => new Message().push(value);

const WRITTEN: readonly (readonly [string, Message])[] = [
  ['nothing', new Message()],
  ['integer', new Message().pushInteger(1000)],
  ['integer-negative', new Message().pushInteger(-2)],
  ['integer-largest', new Message().pushInteger(Number.MAX_SAFE_INTEGER)],
  ['integer-smallest', new Message().pushInteger(Number.MIN_SAFE_INTEGER)],
  ['number', new Message().pushNumber(-0.75)],
  ['number-infinite', new Message().pushNumber(Number.POSITIVE_INFINITY)],
  ['bigint', new Message().pushBigInt(2n ** 62n + 1n)],
  ['bigint-smallest', new Message().pushBigInt(-(2n ** 63n))],
  ['boolean-false', new Message().pushBoolean(false)],
  ['boolean-true', new Message().pushBoolean(true)],
  ['string', text('hello')],
  ['string-empty', text('')],
  ['string-beyond-ascii', text('grüß 🌍')],
  ['bytes', new Message().pushBytes(Uint8Array.of(0, 0xf9, 0xff))],
  ['endpoint', new Message().pushEndpoint(anna)],
  ['endpoints', new Message().pushEndpoints(new EndpointList([boris, anna]))],
  ['endpoints-none', new Message().pushEndpoints([])],
  ['message', new Message().pushMessage(new Message().push(1).push('a'))],
  ['messages', new Message().pack([text('a'), Message.of(Uint8Array.of(0x62)), new Message()])],
  ['messages-none', new Message().pack([])],
  ['several', new Message().push('key').push(3).push(true).push(anna)],
];

const REFUSED: readonly (readonly [string, string])[] = [
  ['text', '68656c6c6f'],
  ['unknown-tag', '00ff'],
  ['integer-too-short', '00000000000000f5'],
  ['integer-beyond-2^53', '0000000000002000f5'],
  ['boolean-of-two', '02f8'],
  ['length-too-short', '000000f9'],
  ['length-too-long', '6102000000f9'],
  ['string-not-utf-8', 'c001000000f9'],
  ['endpoint-without-host', 'a10f07000000000000000a000000fb'],
  ['endpoint-incarnation-negative', 'a10fffffffffffffffff310b000000fb'],
  ['endpoints-with-a-string', '6101000000f906000000fc'],
  ['messages-with-a-string', '6101000000f906000000fe'],
];

function makeVectors(): MessageVector[] {
  const written = WRITTEN.map(([name, message]) => ({ name, hex: hexOf(message.bytes()) }));
  return [...written, ...REFUSED.map(([name, hex]) => ({ name, hex }))].map(described);
}

function described({ name, hex }: { readonly name: string; readonly hex: string }): MessageVector {
  try {
    return { name, hex, values: [...open(hex).items()].map(describeValue) };
  } catch (error) {
    if (isConsortError(error)) return { name, hex, refused: error.code };
    throw error;
  }
}

function open(hex: string): Message {
  return Message.of(Uint8Array.from(Buffer.from(hex, 'hex')));
}

function describeValue(value: MessageValue): object {
  if (value instanceof Endpoint) return { endpoint: { ...value } };
  if (value instanceof EndpointList) return { endpoints: [...value].map((each) => ({ ...each })) };
  if (value instanceof Message) return { message: hexOf(value.bytes()) };
  if (Array.isArray(value)) return { messages: value.map((each) => hexOf(each.bytes())) };
  if (value instanceof Uint8Array) return { bytes: hexOf(value) };
  if (typeof value === 'bigint') return { bigint: `${value}` };
  if (typeof value === 'number') return Number.isInteger(value) ? { integer: value } : { number: `${value}` };
  return { [typeof value]: value };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the vectors of typed messages', () => {
  it('are what messages write, as messages.json has them', async () => {
    await expect(`${JSON.stringify(makeVectors(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('mean on disk what they say', () => {
    for (const vector of onDisk) expect(described(vector)).toEqual(vector);
  });

  it.each(REFUSED)('refuse %s', (name) => {
    expect(onDisk.find((vector) => vector.name === name)).toMatchObject({ refused: 'ERR_MESSAGE_MALFORMED' });
  });

  it('have a name each, and there is one at least of each type', () => {
    expect(new Set(onDisk.map(({ name }) => name)).size).toBe(onDisk.length);
    const types = new Set(onDisk.flatMap(({ values = [] }) => values.flatMap((value) => Object.keys(value))));
    expect([...types].sort()).toEqual(Object.keys(FORMS).sort());
  });

  it('are in the document, which lists all types with their tags', () => {
    const rows = [...doc.matchAll(/^\| (\w+) \| `0x(f\w)` \| (.*) \| `([0-9a-f ]+)` \|$/gm)];
    expect(rows.map(([, type, tag]) => [type, Number.parseInt(tag as string, 16)])).toEqual(
      Object.entries(FORMS).map(([type, { tag }]) => [type, tag]),
    );
    for (const [, type, , , shown = ''] of rows) {
      const examples = onDisk.filter(
        ({ values = [] }) => values.length === 1 && (type as ValueType) in (values[0] as object),
      );
      expect(examples.map(({ hex }) => hex)).toContain(shown.replaceAll(' ', ''));
    }
  });

  it('end in tags that text in UTF-8 does not contain', () => {
    for (const { tag } of Object.values(FORMS)) expect(tag).toBeGreaterThan(0xf4);
  });
});

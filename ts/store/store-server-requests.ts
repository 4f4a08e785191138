/** What a request to a store's HTTP server asks for, read and checked. */
import type { IncomingMessage } from 'node:http';
import { invalidArgument, record } from '../base/checks.js';
import { formatBytes, quote } from '../base/show.js';
import { MAX_TRANSACTION_BYTES, MAX_VALUE_BYTES } from './limits.js';
import type { ReadMode } from './store-arguments.js';
import { fromJson, HttpProblem, notOne, percentDecode } from './store-server-words.js';
import type { StoreTransaction } from './store-transaction.js';

/** In JSON, and as base64, it is longer. */
export const MAX_TRANSACTION_TEXT_BYTES = 3 * MAX_TRANSACTION_BYTES;

export class Query {
  private readonly values = new Map<string, Uint8Array>();

  /** @throws ConsortArgumentError for a name that is none of `known`, or one that is there twice */
  constructor(text: string, known: readonly string[]) {
    for (const part of text.split('&')) {
      if (part === '') continue;
      const [name = '', value = ''] = part.split(/=(.*)/s);
      if (!known.includes(name)) {
        throw invalidArgument('query', name, known.length === 0 ? 'none' : `one of ${known.map(quote).join(', ')}`);
      }
      if (this.values.has(name)) throw invalidArgument('query', part, `${quote(name)} once`);
      this.values.set(name, percentDecode(value.replaceAll('+', ' '), `query: ${name}`));
    }
  }

  bytes(name: string): Uint8Array | undefined {
    return this.values.get(name);
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,16}$/.test(text)) throw invalidArgument(`query: ${name}`, text, 'an integer from 0 on');
    return Number(text);
  }

  boolean(name: string): boolean {
    const text = this.text(name);
    if (text === undefined || text === 'false') return false;
    if (text !== 'true') throw invalidArgument(`query: ${name}`, text, "'true' or 'false'");
    return true;
  }

  /** Checked by whom it is for. */
  get read(): ReadMode | undefined {
    return this.text('read') as ReadMode | undefined;
  }

  private text(name: string): string | undefined {
    const bytes = this.values.get(name);
    return bytes && Buffer.from(bytes).toString();
  }
}

/** @throws HttpProblem 413 as soon as it is too long */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer> {
  const tooLong = () => new HttpProblem(413, 'ERR_STORE_TOO_LARGE', `the body is longer than ${formatBytes(max)}`);
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLong();
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > max) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function readValue(request: IncomingMessage): Promise<Buffer> {
  return readBody(request, MAX_VALUE_BYTES);
}

/** `{"compares": [...], "operations": [...]}` put into a transaction. @throws ConsortArgumentError, HttpProblem */
export async function readTransaction(request: IncomingMessage, transaction: StoreTransaction): Promise<void> {
  // What a page of another site can send without being allowed to is none of this type.
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpProblem(415, 'ERR_CONTENT_TYPE', 'a transaction is sent with content-type: application/json');
  }
  const { compares = [], operations = [] } = record(
    parse(await readBody(request, MAX_TRANSACTION_TEXT_BYTES)),
    'transaction',
    ['compares', 'operations'],
  );
  for (const [index, each] of listOf(compares, 'compares').entries()) {
    addCompare(transaction, each, `compares[${index}]`);
  }
  for (const [index, each] of listOf(operations, 'operations').entries()) {
    addOperation(transaction, each, `operations[${index}]`);
  }
}

function addCompare(transaction: StoreTransaction, given: unknown, path: string): void {
  const { key, value, version } = record(given, path, ['key', 'value', 'version']);
  const bytes = fromJson(key, `${path}.key`);
  if ((value === undefined) === (version === undefined)) {
    throw invalidArgument(path, given, 'a key with a value (null: it is not there), or with a version');
  }
  if (version !== undefined) transaction.compareVersion(bytes, version as number);
  else transaction.compare(bytes, value === null ? undefined : fromJson(value, `${path}.value`));
}

function addOperation(transaction: StoreTransaction, given: unknown, path: string): void {
  const { type, key, value } = record(given, path, ['type', 'key', 'value']);
  const bytes = fromJson(key, `${path}.key`);
  if (type === 'put') transaction.put(bytes, fromJson(value, `${path}.value`));
  else if (type === 'delete' && value === undefined) transaction.delete(bytes);
  else throw invalidArgument(path, given, '{"type": "put", "key", "value"} or {"type": "delete", "key"}');
}

function listOf(given: unknown, path: string): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw invalidArgument(path, given, 'an array');
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw notOne('the transaction is no JSON', cause);
  }
}

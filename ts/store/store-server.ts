/**
 * A replica over HTTP, for programs in other languages and for the command line:
 *
 *   GET    /keys/<key>        its value; 404 when there is none
 *   PUT    /keys/<key>        the body is the value
 *   DELETE /keys/<key>
 *   GET    /keys              entries, a line of JSON each: ?prefix= &from= &to= &limit= &reverse=true
 *   POST   /transaction       {"compares": [{"key", "value" | "version"}], "operations": [{"type", "key", "value"}]}
 *   GET    /watch             what is committed, a line of JSON each: ?prefix= &from=<version>
 *   GET    /status            ?follow=true: a line at each change
 *
 * Reads take ?read=local|linearizable|stale. A key in a path is what comes after /keys/, with percent signs for any byte. Nothing is encrypted, and
 * nobody is asked who he is: it listens on this machine only, unless told otherwise.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import type { ReplicatedStore } from './replicated-store.js';
import { Query, readTransaction, readValue } from './store-server-requests.js';
import { entryJson, errorJson, eventJson, HttpProblem, percentDecode, statusOf } from './store-server-words.js';

/** One request, as it is answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the path, after what names the resource. */
  readonly rest: string;
  readonly query: string;
  /** The client is gone, or the server closes. */
  readonly signal: AbortSignal;
}

const JSON_LINES = 'application/x-ndjson';
const HEADERS_TIMEOUT_MS = 10_000;

export class StoreServer implements AsyncDisposable {
  readonly #store: ReplicatedStore;
  readonly #server: Server;
  readonly #closing = new AbortController();

  private constructor(store: ReplicatedStore, server: Server) {
    this.#store = store;
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /**
   * Serves a store, which somebody else opens and closes.
   * @throws ConsortError `ERR_BIND`
   */
  static async open(
    store: ReplicatedStore,
    { host = '127.0.0.1', port = 0 }: Partial<Address> = {},
  ): Promise<StoreServer> {
    const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS });
    const served = new StoreServer(store, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new ConsortError('ERR_BIND', `the store's HTTP server can't be bound: ${cause.message}`, {
            cause,
            details: { address: { host, port } },
          }),
        ),
      );
      server.listen({ host, port }, resolve);
    });
    return served;
  }

  /** Where it listens. */
  get address(): Address {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new ConsortError('ERR_CLOSED', 'the server is closed');
    return { host: address.address, port: address.port };
  }

  /** Ends what is being answered, too. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
      await this.#route(path, { request, response, rest: '', query, signal });
    } catch (error) {
      if (response.headersSent) endBroken(response, error, gone.signal.aborted);
      else sendError(response, error);
      // What is left of a body that was refused is not waited for.
      if (!request.complete) response.once('finish', () => request.destroy());
    }
  }

  #route(path: string, exchange: Exchange): Promise<void> {
    const { method = '' } = exchange.request;
    if (path.startsWith('/keys/')) {
      const handlers = { GET: this.#getKey, PUT: this.#putKey, DELETE: this.#deleteKey };
      return this.#call(handlers, method, { ...exchange, rest: path.slice('/keys/'.length) });
    }
    const handlers = this.#paths[path];
    if (handlers !== undefined) return this.#call(handlers, method, exchange);
    throw new HttpProblem(404, 'ERR_NO_SUCH_PATH', 'want /keys/<key>, /keys, /transaction, /watch or /status');
  }

  #call(handlers: Handlers, method: string, exchange: Exchange): Promise<void> {
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler !== undefined) return handler.call(this, exchange);
    const allowed = Object.keys(handlers).join(', ');
    throw new HttpProblem(405, 'ERR_METHOD', `want one of ${allowed}`, { allow: allowed });
  }

  readonly #paths: Readonly<Record<string, Handlers>> = {
    '/keys': { GET: this.#getKeys },
    '/transaction': { POST: this.#postTransaction },
    '/watch': { GET: this.#getWatch },
    '/status': { GET: this.#getStatus },
  };

  async #getKey({ response, rest, query, signal }: Exchange): Promise<void> {
    const { read } = new Query(query, ['read']);
    const key = percentDecode(rest, 'key');
    const found = await this.#store.getWithVersion(key, { read, signal });
    const { stale } = this.#store.status;
    if (found === undefined) {
      throw new HttpProblem(404, 'ERR_NO_SUCH_KEY', 'there is no such key', staleHeader(stale));
    }
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': found.value.length,
      'consort-version': found.version,
      ...staleHeader(stale),
    });
    response.end(found.value);
  }

  async #putKey({ request, response, rest, query }: Exchange): Promise<void> {
    new Query(query, []);
    const value = await readValue(request);
    // A client that goes away meanwhile has put it all the same.
    sendVersion(response, await this.#store.put(percentDecode(rest, 'key'), value));
  }

  async #deleteKey({ response, rest, query }: Exchange): Promise<void> {
    new Query(query, []);
    sendVersion(response, await this.#store.delete(percentDecode(rest, 'key')));
  }

  async #getKeys({ response, query: text, signal }: Exchange): Promise<void> {
    const query = new Query(text, ['prefix', 'from', 'to', 'limit', 'reverse', 'read']);
    const which = {
      prefix: query.bytes('prefix'),
      from: query.bytes('from'),
      to: query.bytes('to'),
      limit: query.integer('limit'),
      reverse: query.boolean('reverse'),
    };
    const snapshot = await this.#store.snapshot({ read: query.read, signal });
    try {
      const entries = snapshot.entries({ ...which, signal });
      const headers = { 'consort-version': snapshot.version, ...staleHeader(snapshot.stale) };
      await sendLines(response, headers, linesOf(entries, entryJson), signal);
    } finally {
      snapshot.close();
    }
  }

  async #postTransaction({ request, response, query }: Exchange): Promise<void> {
    new Query(query, []);
    const transaction = this.#store.transaction();
    await readTransaction(request, transaction);
    const outcome = await transaction.commit();
    sendJson(response, outcome.committed ? 200 : 409, outcome, { 'consort-version': String(outcome.version) });
  }

  async #getWatch({ response, query: text, signal }: Exchange): Promise<void> {
    const query = new Query(text, ['prefix', 'from']);
    const watch = this.#store.watch(query.bytes('prefix') ?? '', { fromVersion: query.integer('from'), signal });
    await sendLines(response, {}, linesOf(watch, eventJson), signal);
  }

  async #getStatus({ response, query: text, signal }: Exchange): Promise<void> {
    const query = new Query(text, ['follow']);
    if (!query.boolean('follow')) return sendJson(response, 200, this.#store.status);
    await sendLines(response, {}, this.#statuses(signal), signal);
  }

  /** Now, and at each change; those that come while the client is slow are told by the last of them. */
  async *#statuses(signal: AbortSignal): AsyncGenerator<string, void> {
    const store = this.#store;
    let isNews = true;
    let wake = () => {};
    const changed = () => {
      isNews = true;
      wake();
    };
    signal.addEventListener('abort', changed, { once: true });
    store.on('status', changed).on('sync', changed);
    try {
      while (!signal.aborted) {
        if (isNews) {
          isNews = false;
          yield JSON.stringify(store.status);
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      store.off('status', changed).off('sync', changed);
      signal.removeEventListener('abort', changed);
    }
  }
}

type Handlers = Readonly<Record<string, (this: StoreServer, exchange: Exchange) => Promise<void>>>;

function staleHeader(stale: boolean): Record<string, string> {
  return stale ? { 'consort-stale': 'true' } : {};
}

function sendVersion(response: ServerResponse, version: number): void {
  sendJson(response, 200, { version }, { 'consort-version': String(version) });
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function sendError(response: ServerResponse, error: unknown): void {
  const headers = error instanceof HttpProblem ? error.headers : {};
  sendJson(response, statusOf(error), { error: errorJson(error) }, headers);
}

/** An answer that was begun can't have another status: its last line is the error, and the connection ends without the usual end. */
function endBroken(response: ServerResponse, error: unknown, isGone: boolean): void {
  if (isGone) return;
  response.write(`${JSON.stringify({ error: errorJson(error) })}\n`, () => response.destroy());
}

async function sendLines(
  response: ServerResponse,
  headers: Readonly<Record<string, string | number>>,
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': JSON_LINES, ...headers });
  response.flushHeaders();
  for await (const line of lines) {
    // Nobody is in a hurry to read: nothing more is read of the store meanwhile.
    if (!response.write(`${line}\n`)) await once(response, 'drain', { signal });
  }
  response.end();
}

async function* linesOf<T>(each: AsyncIterable<T>, line: (value: T) => string): AsyncGenerator<string, void> {
  for await (const value of each) yield line(value);
}

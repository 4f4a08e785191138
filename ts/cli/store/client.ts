/** A client of a store's HTTP server (store/store-server.ts). */
import { type ErrorJson, percentEncode } from '../../store/store-server-words.js';
import type { StoreStatus } from '../../store/store-standing.js';

/** What a server has answered, when that is no success. */
export class AnswerError extends Error {
  readonly code: string;

  constructor({ code, message }: ErrorJson) {
    super(message);
    this.code = code;
  }
}

export interface Value {
  readonly bytes: Buffer;
  readonly version: number;
  readonly stale: boolean;
}

/** Of a query, by name; undefined: it is left out. */
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class StoreClient {
  /** @param at `host:port` */
  constructor(private readonly at: string) {}

  /** Undefined: there is no such key. */
  async get(key: string, read?: string): Promise<Value | undefined> {
    const response = await this.fetch(`/keys/${percentEncode(key)}`, { read });
    if (response.status === 404) return undefined;
    return {
      bytes: Buffer.from(await response.arrayBuffer()),
      version: Number(response.headers.get('consort-version')),
      stale: response.headers.has('consort-stale'),
    };
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.write(key, { method: 'PUT', body: value });
  }

  delete(key: string): Promise<number> {
    return this.write(key, { method: 'DELETE' });
  }

  async status(): Promise<StoreStatus> {
    return (await (await this.fetch('/status')).json()) as StoreStatus;
  }

  /** As they are now, and at each change. */
  async *statuses(signal: AbortSignal): AsyncGenerator<StoreStatus, void> {
    for await (const line of this.lines('/status', { follow: true }, signal)) yield JSON.parse(line);
  }

  /** Lines of JSON: of entries, or of events. */
  async *lines(path: '/keys' | '/watch' | '/status', query: Query, signal: AbortSignal): AsyncGenerator<string, void> {
    const response = await this.fetch(path, query, { signal });
    const decoder = new TextDecoder();
    let text = '';
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() as string;
      for (const line of lines) yield checked(line);
    }
  }

  private async write(key: string, init: RequestInit): Promise<number> {
    const response = await this.fetch(`/keys/${percentEncode(key)}`, {}, init);
    return ((await response.json()) as { version: number }).version;
  }

  private async fetch(path: string, query: Query = {}, init: RequestInit = {}): Promise<Response> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = given.map(([name, value]) => `${name}=${percentEncode(String(value))}`).join('&');
    const response = await this.reach(`http://${this.at}${path}${text === '' ? '' : `?${text}`}`, init);
    // Of a key that is not there, too: that is an answer.
    if (response.ok || (response.status === 404 && path.startsWith('/keys/'))) return response;
    throw new AnswerError(await errorOf(response));
  }

  private async reach(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      const cause = (error as Error).cause ?? error;
      throw new AnswerError({
        code: 'ERR_STORE_UNREACHABLE',
        message: `no store answers at ${this.at}: ${reasonOf(cause)}; --at says where one is served`,
      });
    }
  }
}

/** A line may be the error that an answer ended with. */
function checked(line: string): string {
  if (line.startsWith('{"error":')) throw new AnswerError((JSON.parse(line) as { error: ErrorJson }).error);
  return line;
}

async function errorOf(response: Response): Promise<ErrorJson> {
  try {
    const { error } = (await response.json()) as { error: ErrorJson };
    if (typeof error.message === 'string') return error;
  } catch {
    // It is something else that listens there.
  }
  return { code: 'ERR_STORE_UNREACHABLE', message: `what listens there is no store: it answers ${response.status}` };
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return message || code || String(cause);
}

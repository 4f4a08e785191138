/**
 * Horus's name server, without the server: names of groups, and an address where somebody of the group is to be found. Each process keeps what
 * it registers; who looks a name up asks all others by discovery, and whoever has it answers:
 *
 *   0      1          2             2 + n         3 + n
 *   | kind | n: bytes | name, UTF-8 | m: bytes    | address, UTF-8 |
 *   | 1, 2 | 1..255   |             | ANSWER only | 1..255         |
 *
 * So a name is gone with the process that registered it, and nothing is to be administered. Two that register one name with different addresses
 * are both right, and the first answer counts.
 */
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { show } from '../base/show.js';
import type { DiscoveryChoice } from './choose.js';
import type { Discovery, DiscoveryContext } from './discovery.js';
import { type DiscoveryEnvironment, systemEnvironment, type Timer } from './environment.js';
import { DIRECTORY_RETRY_MS, DIRECTORY_TIMEOUT_MS, MAX_DIRECTORY_LOOKUPS, MAX_DIRECTORY_NAMES } from './limits.js';
import { openDiscovery } from './open.js';

export interface Directory {
  /** From now on whoever looks `name` up gets `address`; a name registered again has the new address. */
  register(name: string, address: string): void | Promise<void>;
  unregister(name: string): void | Promise<void>;
  /** Undefined: nobody has answered in time. */
  lookup(name: string): Promise<string | undefined>;
}

export type DirectoryContext = Omit<DiscoveryContext, 'groupName' | 'receive'>;

interface Query {
  readonly name: string;
  readonly deadlineMs: number;
  readonly answered: Promise<string | undefined>;
  settle(address: string | undefined): void;
}

export interface DirectoryMessage {
  readonly name: string;
  /** Undefined: a query. */
  readonly address: string | undefined;
}

/** The group of all directories of one key. A group of members with this name would do no harm: their bodies are garbage here. */
const GROUP_NAME = '\0consort directory';
const QUERY = 1;
const ANSWER = 2;
const MAX_TEXT_BYTES = 255;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class BroadcastDirectory implements Directory {
  /** Messages that were none of a directory. */
  ignored = 0;
  private readonly names = new Map<string, string>();
  private readonly queries = new Map<string, Query>();
  private discovery: Discovery | undefined;
  private timer: Timer | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly environment: DiscoveryEnvironment) {}

  /** With 'static' and 'dns' what arrives at the plane of `context.sendTo` must be given to `receive()`. */
  static async open(
    choice: DiscoveryChoice,
    context: DirectoryContext,
    environment: DiscoveryEnvironment = systemEnvironment,
  ): Promise<BroadcastDirectory> {
    const directory = new BroadcastDirectory(environment);
    const { key, address } = context;
    directory.discovery = await openDiscovery(
      choice,
      {
        groupName: GROUP_NAME,
        key,
        address,
        sendTo: (to, bytes) => context.sendTo(to, bytes),
        receive: (bytes) => directory.receive(bytes),
        report: (error) => context.report(error),
      },
      environment,
    );
    return directory;
  }

  register(name: string, address: string): void {
    checkText(name, 'name');
    checkText(address, 'address');
    if (this.closing !== undefined) throw closed();
    if (!this.names.has(name) && this.names.size >= MAX_DIRECTORY_NAMES) throw full('names', MAX_DIRECTORY_NAMES);
    this.names.set(name, address);
  }

  unregister(name: string): void {
    this.names.delete(name);
  }

  async lookup(name: string): Promise<string | undefined> {
    checkText(name, 'name');
    if (this.closing !== undefined) throw closed();
    const mine = this.names.get(name);
    if (mine !== undefined) return mine;
    const query = this.queries.get(name) ?? this.ask(name);
    return query.answered;
  }

  /** Undefined is the answer of all look-ups that are under way. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** What another directory has sent. */
  receive(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (message === undefined) {
      this.ignored++;
    } else if (message.address !== undefined) {
      this.queries.get(message.name)?.settle(message.address);
    } else {
      const address = this.names.get(message.name);
      if (address !== undefined) this.discovery?.announce(encodeMessage({ name: message.name, address }));
    }
  }

  private async closeAll(): Promise<void> {
    this.names.clear();
    for (const query of [...this.queries.values()]) query.settle(undefined);
    await this.discovery?.close();
  }

  private ask(name: string): Query {
    if (this.queries.size >= MAX_DIRECTORY_LOOKUPS) throw full('look-ups', MAX_DIRECTORY_LOOKUPS);
    let resolve!: (address: string | undefined) => void;
    const answered = new Promise<string | undefined>((settle) => {
      resolve = settle;
    });
    const settle = (address: string | undefined) => {
      this.queries.delete(name);
      if (this.queries.size === 0) this.stopTimer();
      resolve(address);
    };
    const query = { name, deadlineMs: this.environment.now() + DIRECTORY_TIMEOUT_MS, answered, settle };
    this.queries.set(name, query);
    // Nobody may have a socket yet but this one: the answer is what the process is waiting for.
    this.timer ??= this.environment.every(DIRECTORY_RETRY_MS, () => this.askAgain(), { holdsProcess: true });
    this.discovery?.announce(encodeMessage({ name, address: undefined }));
    return query;
  }

  private askAgain(): void {
    const now = this.environment.now();
    for (const query of [...this.queries.values()]) {
      if (now >= query.deadlineMs) query.settle(undefined);
      else this.discovery?.announce(encodeMessage({ name: query.name, address: undefined }));
    }
  }

  private stopTimer(): void {
    this.timer?.stop();
    this.timer = undefined;
  }
}

export function encodeMessage({ name, address }: DirectoryMessage): Uint8Array {
  const query = [Buffer.of(QUERY), ...withLength(name)];
  return Buffer.concat(address === undefined ? query : [Buffer.of(ANSWER), ...query.slice(1), ...withLength(address)]);
}

function withLength(text: string): Uint8Array[] {
  const bytes = Buffer.from(text);
  return [Buffer.of(bytes.length), bytes];
}

/** Undefined: garbage. */
export function decodeMessage(bytes: Uint8Array): DirectoryMessage | undefined {
  const kind = bytes[0];
  const name = textAt(bytes, 1);
  if (name === undefined) return undefined;
  if (kind === QUERY) return name.end === bytes.length ? { name: name.text, address: undefined } : undefined;
  const address = textAt(bytes, name.end);
  if (kind !== ANSWER || address?.end !== bytes.length) return undefined;
  return { name: name.text, address: address.text };
}

/** A text that begins with its length. */
function textAt(bytes: Uint8Array, at: number): { readonly text: string; readonly end: number } | undefined {
  const length = bytes[at] ?? 0;
  const end = at + 1 + length;
  if (length === 0 || end > bytes.length) return undefined;
  try {
    return { text: UTF8.decode(bytes.subarray(at + 1, end)), end };
  } catch {
    return undefined;
  }
}

function checkText(text: unknown, path: string): void {
  // Half a character has no form in UTF-8, and would be another name at the other end.
  if (
    typeof text === 'string' &&
    text !== '' &&
    Buffer.byteLength(text) <= MAX_TEXT_BYTES &&
    !/\p{Surrogate}/u.test(text)
  )
    return;
  const want = `a string of 1 to ${MAX_TEXT_BYTES} bytes of UTF-8`;
  throw new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(text)}, want ${want}`, {
    details: { path, got: text, want },
  });
}

function full(what: string, most: number): ConsortError {
  return new ConsortError('ERR_DISCOVERY', `the directory is full: it takes ${most} ${what}`, { details: { most } });
}

function closed(): ConsortError {
  return new ConsortError('ERR_CLOSED', 'the directory is closed');
}

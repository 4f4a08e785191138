/**
 * Addresses to send to: those given in numbers, and those behind names, which are looked up again and again. What was once found stays when a
 * later look-up fails: a name server that is down for an hour takes no group apart.
 */
import { isIP } from 'node:net';
import { ConsortError, isConsortError } from '../base/errors.js';
import { quote } from '../base/show.js';
import type { Address } from '../data-plane/data-plane.js';
import { canonicalHost, type HostAndPort } from '../transport/address.js';
import type { DiscoveryEnvironment, Timer } from './environment.js';
import { LOOKUP_RETRY_MS, MAX_PEERS } from './limits.js';
import type { Troubles } from './troubles.js';

/** A name and how its addresses are had. */
export interface PeerSource {
  readonly name: string;
  lookup(): Promise<readonly HostAndPort[]>;
}

export interface PeersOptions {
  readonly fixed: readonly Address[];
  readonly sources: readonly PeerSource[];
  /** After this long what was found is looked up again. */
  readonly refreshMs: number;
  readonly family: 4 | 6;
  /** Addresses not to send to: my own. */
  readonly isMine: (address: Address) => boolean;
  /** There are addresses that were not there before. */
  readonly onNew: (addresses: readonly Address[]) => void;
}

interface State {
  readonly source: PeerSource;
  found: readonly Address[];
  busy: boolean;
  /** When to look again; milliseconds of the environment's clock. */
  dueMs: number;
}

export class Peers {
  private current: ReadonlyMap<string, Address> = new Map();
  private readonly states: readonly State[];
  private readonly timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly options: PeersOptions,
    private readonly environment: DiscoveryEnvironment,
    private readonly troubles: Troubles,
  ) {
    this.states = options.sources.map((source) => ({
      source,
      found: [],
      busy: false,
      dueMs: Number.NEGATIVE_INFINITY,
    }));
    if (this.states.length > 0) this.timer = environment.every(LOOKUP_RETRY_MS, () => this.lookUp());
  }

  get addresses(): Iterable<Address> {
    return this.current.values();
  }

  /** Begins: what is known at once is told before this returns. */
  start(): void {
    this.update();
    this.lookUp();
  }

  close(): void {
    this.closed = true;
    this.timer?.stop();
  }

  private lookUp(): void {
    const now = this.environment.now();
    for (const state of this.states) {
      // A look-up can't be cancelled; while one hangs there is no other for its name.
      if (!state.busy && now >= state.dueMs) void this.lookUpOne(state);
    }
  }

  private async lookUpOne(state: State): Promise<void> {
    const { name } = state.source;
    state.busy = true;
    let delayMs = LOOKUP_RETRY_MS;
    try {
      state.found = inNumbers(await state.source.lookup(), this.options.family);
      if (state.found.length === 0) throw new Error(`it has no IPv${this.options.family} address`);
      delayMs = this.options.refreshMs;
      this.troubles.over(name);
    } catch (cause) {
      this.troubles.tell(name, () => notFound(name, cause));
    }
    state.busy = false;
    // Somewhat less, so that the timer, which may be early, does not miss it.
    state.dueMs = this.environment.now() + delayMs - LOOKUP_RETRY_MS / 2;
    if (!this.closed) this.update();
  }

  private update(): void {
    const all = new Map<string, Address>();
    for (const address of [...this.options.fixed, ...this.states.flatMap(({ found }) => found)]) {
      if (all.size === MAX_PEERS) break;
      if (!this.options.isMine(address)) all.set(keyOf(address), address);
    }
    const fresh = [...all].filter(([key]) => !this.current.has(key)).map(([, address]) => address);
    this.current = all;
    if (fresh.length > 0) this.options.onNew(fresh);
  }
}

/** An address as the key of a map. */
export function keyOf({ host, port }: Address): string {
  return `${host} ${port}`;
}

function inNumbers(found: readonly HostAndPort[], family: 4 | 6): Address[] {
  return found
    .filter(({ host, port }) => isIP(host) === family && port > 0)
    .map(({ host, port }) => ({ host: canonicalHost(host), port }));
}

function notFound(name: string, cause: unknown): ConsortError {
  if (isConsortError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConsortError('ERR_RESOLVE', `discovery: no address was found for ${quote(name)}: ${reason}`, {
    cause,
    details: { host: name },
  });
}

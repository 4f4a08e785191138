/**
 * An ordered set of endpoints.
 *
 * Source: `Maestro_EndpList`, an instance of `Maestro_OrderedSet`.
 */
import { Endpoint } from './endpoint.js';
import { ConsortArgumentError } from './errors.js';
import { show } from './show.js';

/**
 * Endpoints in an order, each once: two that are equal are one, and the first keeps its place. `add`, `delete` and `clear` change the list;
 * `union`, `difference` and `intersection` make another. What they take may be any list of endpoints, as `view.members`.
 */
export class EndpointList implements Iterable<Endpoint> {
  /** By name, in order: a Map keeps the one in which its keys came. */
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(endpoints: Iterable<Endpoint> = []) {
    this.#append(checkAll(endpoints));
  }

  get size(): number {
    return this.#endpoints.size;
  }

  /** Appends those that are not there yet. */
  add(...endpoints: readonly Endpoint[]): this {
    this.#append(checkAll(endpoints));
    return this;
  }

  /** Takes one out. Whether it was there. */
  delete(endpoint: Endpoint): boolean {
    return this.#endpoints.delete(check(endpoint, 'endpoint').name);
  }

  clear(): void {
    this.#endpoints.clear();
  }

  has(endpoint: Endpoint): boolean {
    return this.#endpoints.has(check(endpoint, 'endpoint').name);
  }

  /** The place of an endpoint, from 0; -1 if it is not there. */
  indexOf(endpoint: Endpoint): number {
    return this.has(endpoint) ? [...this.#endpoints.keys()].indexOf(endpoint.name) : -1;
  }

  /** The endpoint at a place, from 0, or from the end where it is negative, as in arrays. */
  at(index: number): Endpoint | undefined {
    return [...this].at(index);
  }

  /** A list of these, and behind them those of `others` that are not among them. */
  union(others: Iterable<Endpoint>): EndpointList {
    return new EndpointList([...this, ...checkAll(others)]);
  }

  /** A list of these without `others`. */
  difference(others: Iterable<Endpoint>): EndpointList {
    const without = new EndpointList(checkAll(others));
    return new EndpointList([...this].filter((endpoint) => !without.has(endpoint)));
  }

  /** A list of these that are among `others`, in the order in which they are here. */
  intersection(others: Iterable<Endpoint>): EndpointList {
    const among = new EndpointList(checkAll(others));
    return new EndpointList([...this].filter((endpoint) => among.has(endpoint)));
  }

  /** Whether both have the same endpoints in the same order. */
  equals(others: Iterable<Endpoint>): boolean {
    const names = checkAll(others).map(({ name }) => name);
    return names.length === this.size && [...this.#endpoints.keys()].every((name, index) => name === names[index]);
  }

  [Symbol.iterator](): IterableIterator<Endpoint> {
    return this.#endpoints.values();
  }

  /** The names, with spaces between. */
  toString(): string {
    return [...this.#endpoints.keys()].join(' ');
  }

  toJSON(): string[] {
    return [...this.#endpoints.keys()];
  }

  #append(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      if (!this.#endpoints.has(endpoint.name)) this.#endpoints.set(endpoint.name, endpoint);
    }
  }
}

function checkAll(endpoints: Iterable<Endpoint>): Endpoint[] {
  if (typeof (endpoints as Iterable<Endpoint> | undefined)?.[Symbol.iterator] !== 'function') {
    throw invalid('endpoints', endpoints, 'an EndpointList, an array or another iterable of Endpoints');
  }
  return Array.from(endpoints, (endpoint, index) => check(endpoint, `endpoints[${index}]`));
}

function check(endpoint: Endpoint, path: string): Endpoint {
  if (endpoint instanceof Endpoint) return endpoint;
  throw invalid(path, endpoint, 'an Endpoint');
}

function invalid(path: string, got: unknown, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_ARGUMENT', `${path}: got ${show(got)}, want ${want}`, {
    details: { path, got },
  });
}

/** A network that loses, repeats, reorders, spoils and delays datagrams, and falls into pieces, as a seed decides. */
import type { Address } from '../data-plane/data-plane.js';
import type { Random } from '../data-plane/typescript/random.js';
import type { SimClock } from './clock.js';

/** Probabilities are per datagram, from 0 to 1; delays in microseconds. */
export interface NetworkFaults {
  loss: number;
  duplicate: number;
  corrupt: number;
  minDelay: number;
  maxDelay: number;
}

export interface SimHost {
  readonly address: Address;
  /** A datagram has come. The bytes are the host's. */
  deliver(bytes: Uint8Array, from: Address): void;
  /** An announcement has come, by discovery. */
  announced(bytes: Uint8Array): void;
  /** The other end says that nothing is bound there. */
  refused(address: Address): void;
}

export class SimNetwork {
  faults: NetworkFaults = { loss: 0, duplicate: 0, corrupt: 0, minDelay: 20, maxDelay: 200 };
  private readonly hosts = new Map<string, SimHost>();
  /** The piece of the network that an address is in; what is not listed is in piece 0. */
  private pieces = new Map<string, number>();
  datagrams = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly random: Random,
  ) {}

  attach(host: SimHost): void {
    this.hosts.set(keyOf(host.address), host);
  }

  detach(address: Address): void {
    this.hosts.delete(keyOf(address));
  }

  /** Members of different pieces do not reach each other; an empty map heals. */
  partition(pieces: ReadonlyMap<Address, number>): void {
    this.pieces = new Map([...pieces].map(([address, piece]) => [keyOf(address), piece]));
  }

  send(from: Address, to: Address, bytes: Uint8Array): void {
    this.datagrams++;
    const copies = this.happens(this.faults.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (!this.happens(this.faults.loss)) this.carry(from, to, this.spoil(bytes.slice()));
    }
  }

  /** To all that are attached, the sender too: as multicast does it. */
  broadcast(from: Address, bytes: Uint8Array): void {
    for (const host of this.hosts.values()) {
      if (this.happens(this.faults.loss)) continue;
      this.clock.schedule(this.delay(), () => {
        if (this.reaches(from, host.address) && this.hosts.get(keyOf(host.address)) === host)
          host.announced(bytes.slice());
      });
    }
  }

  private carry(from: Address, to: Address, bytes: Uint8Array): void {
    this.clock.schedule(this.delay(), () => {
      if (!this.reaches(from, to)) return;
      const host = this.hosts.get(keyOf(to));
      if (host !== undefined) host.deliver(bytes, from);
      else this.hosts.get(keyOf(from))?.refused(to);
    });
  }

  private delay(): number {
    const { minDelay, maxDelay } = this.faults;
    return minDelay + this.random.below(maxDelay - minDelay + 1);
  }

  private reaches(a: Address, b: Address): boolean {
    return (this.pieces.get(keyOf(a)) ?? 0) === (this.pieces.get(keyOf(b)) ?? 0);
  }

  private spoil(bytes: Uint8Array): Uint8Array {
    if (!this.happens(this.faults.corrupt) || bytes.length === 0) return bytes;
    const at = this.random.below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << this.random.below(8));
    return bytes;
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.random.next() < probability * 2 ** 32;
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

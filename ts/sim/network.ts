/** A network that loses, repeats, reorders, spoils and delays datagrams, and falls into pieces, as a seed decides. */
import type { Address } from '../data-plane/data-plane.js';
import type { Random } from '../data-plane/typescript/random.js';
import type { SimClock } from './clock.js';

/** Probabilities are per datagram, from 0 to 1; delays in microseconds. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplicate: number;
  readonly corrupt: number;
  readonly minDelay: number;
  readonly maxDelay: number;
}

export const NO_FAULTS: NetworkFaults = { loss: 0, duplicate: 0, corrupt: 0, minDelay: 20, maxDelay: 200 };

export interface SimHost {
  readonly address: Address;
  /** A datagram has come. It must not be written to. */
  deliver(bytes: Uint8Array, from: Address): void;
  /** An announcement has come, by discovery. */
  announced(bytes: Uint8Array): void;
  /** The other end says that nothing is bound there. */
  refused(address: Address): void;
}

/** What is known of one address. */
interface Station {
  readonly address: Address;
  host: SimHost | undefined;
  /** The piece of the network that it is in. */
  piece: number;
  /** Whether whoever sends there is told when nothing is bound: not where the whole machine is gone. */
  refuses: boolean;
  /** Stations that it does not reach, one way. */
  readonly deafTo: Set<Station>;
}

export class SimNetwork {
  faults: NetworkFaults = NO_FAULTS;
  private readonly stations = new Map<string, Map<number, Station>>();
  /** How many were sent, those that were lost included. */
  datagrams = 0;
  bytes = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly random: Random,
  ) {}

  attach(host: SimHost): void {
    const station = this.station(host.address);
    station.host = host;
    station.refuses = true;
  }

  detach(host: SimHost, refuses = true): void {
    const station = this.station(host.address);
    // Another may have been bound there since.
    if (station.host !== host) return;
    station.host = undefined;
    station.refuses = refuses;
  }

  /** Members of different pieces do not reach each other. */
  partition(pieces: readonly (readonly [address: Address, piece: number])[]): void {
    for (const [address, piece] of pieces) this.station(address).piece = piece;
  }

  /** What `from` sends does not come to `to` any more; the other way it may. */
  cut(from: Address, to: Address): void {
    this.station(to).deafTo.add(this.station(from));
  }

  /** All reach all again. */
  heal(): void {
    for (const station of this.all()) {
      station.piece = 0;
      station.deafTo.clear();
    }
  }

  send(from: Address, to: Address, bytes: Uint8Array): void {
    this.datagrams++;
    this.bytes += bytes.length;
    const source = this.station(from);
    const target = this.station(to);
    const copies = this.happens(this.faults.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (!this.happens(this.faults.loss)) this.carry(source, target, this.spoil(bytes));
    }
  }

  /** To all that are attached, the sender too: as multicast does it. */
  broadcast(from: Address, bytes: Uint8Array): void {
    const source = this.station(from);
    for (const station of this.all()) {
      const { host } = station;
      if (host === undefined || this.happens(this.faults.loss)) continue;
      this.clock.schedule(this.delay(), () => {
        if (reaches(source, station) && station.host === host) host.announced(bytes);
      });
    }
  }

  private carry(source: Station, target: Station, bytes: Uint8Array): void {
    this.clock.schedule(this.delay(), () => {
      if (!reaches(source, target)) return;
      if (target.host !== undefined) target.host.deliver(bytes, source.address);
      else if (target.refuses && reaches(target, source)) source.host?.refused(target.address);
    });
  }

  private delay(): number {
    const { minDelay, maxDelay } = this.faults;
    return minDelay + this.random.below(maxDelay - minDelay + 1);
  }

  private spoil(bytes: Uint8Array): Uint8Array {
    if (!this.happens(this.faults.corrupt) || bytes.length === 0) return bytes;
    const spoiled = bytes.slice();
    const at = this.random.below(bytes.length);
    spoiled[at] = (spoiled[at] as number) ^ (1 << this.random.below(8));
    return spoiled;
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.random.next() < probability * 2 ** 32;
  }

  private station(address: Address): Station {
    let ports = this.stations.get(address.host);
    if (ports === undefined) {
      ports = new Map();
      this.stations.set(address.host, ports);
    }
    let station = ports.get(address.port);
    if (station === undefined) {
      station = { address, host: undefined, piece: 0, refuses: true, deafTo: new Set() };
      ports.set(address.port, station);
    }
    return station;
  }

  private *all(): Generator<Station> {
    for (const ports of this.stations.values()) yield* ports.values();
  }
}

function reaches(from: Station, to: Station): boolean {
  return from.piece === to.piece && !to.deafTo.has(from);
}

/**
 * The network between members of one process: datagrams are handed over one after the other, by no kernel and no clock. It drops every so many-th, where
 * loss is wanted, so that each run is the same.
 */
import type { Address } from '../../ts/data-plane/data-plane.js';
import { Random } from '../../ts/data-plane/typescript/random.js';
import { SimClock } from '../../ts/sim/clock.js';
import { type SimHost, SimNetwork } from '../../ts/sim/network.js';

interface Queued {
  readonly host: SimHost;
  readonly bytes: Uint8Array;
  readonly from: Address;
}

export class DirectNetwork extends SimNetwork {
  private readonly hosts = new Map<number, SimHost>();
  private queue: Queued[] = [];
  /** Every so many-th datagram is lost; 0: none is. */
  dropEvery = 0;

  constructor() {
    super(new SimClock(), new Random(1));
  }

  /** Members have different ports. */
  override attach(host: SimHost): void {
    this.hosts.set(host.address.port, host);
  }

  override detach(host: SimHost): void {
    this.hosts.delete(host.address.port);
  }

  override send(from: Address, to: Address, bytes: Uint8Array): void {
    this.datagrams++;
    this.bytes += bytes.length;
    if (this.dropEvery > 0 && this.datagrams % this.dropEvery === 0) return;
    const host = this.hosts.get(to.port);
    if (host !== undefined) this.queue.push({ host, bytes, from });
  }

  override broadcast(_from: Address, bytes: Uint8Array): void {
    for (const host of this.hosts.values()) host.announced(bytes);
  }

  /** Hands over what has been sent until now. Returns whether there was anything. */
  deliver(): boolean {
    const { queue } = this;
    if (queue.length === 0) return false;
    this.queue = [];
    for (const { host, bytes, from } of queue) host.deliver(bytes, from);
    return true;
  }
}

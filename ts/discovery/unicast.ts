/** Announcements to a list of addresses, from my plane's socket to theirs: what 'static' and 'dns' have in common. */
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { familyOf, reaches } from '../transport/address.js';
import { checkAnnouncement, type Discovery, type DiscoveryContext } from './discovery.js';
import type { DiscoveryEnvironment } from './environment.js';
import { Peers, type PeersOptions } from './peers.js';
import { Troubles } from './troubles.js';

export class UnicastDiscovery implements Discovery {
  private readonly peers: Peers;
  private readonly troubles: Troubles;
  /** The last announcement: who is found later gets it at once. */
  private last: Uint8Array | undefined;
  private closed = false;

  constructor(
    from: Pick<PeersOptions, 'fixed' | 'sources' | 'refreshMs'>,
    private readonly context: DiscoveryContext,
    environment: DiscoveryEnvironment,
  ) {
    this.troubles = new Troubles((error) => context.report(error), environment.now);
    const options: PeersOptions = {
      ...from,
      family: familyOf(context.address),
      isMine: (address) => reaches(address, context.address),
      onNew: (addresses) => {
        if (this.last !== undefined) this.send(addresses, this.last);
      },
    };
    this.peers = new Peers(options, environment, this.troubles);
    this.peers.start();
  }

  announce(bytes: Uint8Array): void {
    checkAnnouncement(bytes);
    if (this.closed) return;
    this.last = Uint8Array.from(bytes);
    this.send(this.peers.addresses, this.last);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.last = undefined;
    this.peers.close();
    this.troubles.close();
  }

  private send(to: Iterable<Address>, bytes: Uint8Array): void {
    try {
      for (const address of to) this.context.sendTo(address, bytes);
    } catch (cause) {
      // It may be called from a look-up that has ended, where nobody catches.
      this.troubles.tell(
        'sendTo',
        () => new ConsortError('ERR_DISCOVERY', "discovery: an announcement can't be sent", { cause }),
      );
    }
  }
}

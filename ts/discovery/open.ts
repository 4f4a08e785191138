/** From a checked choice to a discovery that works. */
import type { DiscoveryChoice } from './choose.js';
import { checkAnnouncement, type Discovery, type DiscoveryContext } from './discovery.js';
import { openDns } from './dns.js';
import { type DiscoveryEnvironment, systemEnvironment } from './environment.js';
import { openGossip } from './gossip.js';
import { openMulticast } from './multicast.js';
import { openStatic } from './static.js';

/**
 * Resolves as soon as announcements can go out; names may not be looked up yet, servers not have answered, and interfaces without
 * multicast are reported, not thrown.
 * @throws ConsortArgumentError when an address that was chosen is of another family than the context's
 * @throws ConsortError `ERR_BIND` when there is no socket to be had ('gossip')
 */
export function openDiscovery(
  choice: DiscoveryChoice,
  context: DiscoveryContext,
  environment: DiscoveryEnvironment = systemEnvironment,
): Promise<Discovery> {
  switch (choice.type) {
    case 'multicast':
      return openMulticast(choice, context, environment);
    case 'static':
      return openStatic(choice, context, environment);
    case 'gossip':
      return openGossip(choice, context, environment);
    case 'dns':
      return openDns(choice, context, environment);
    case 'none':
      return Promise.resolve(NO_DISCOVERY);
  }
}

const NO_DISCOVERY: Discovery = {
  announce: checkAnnouncement,
  close: () => Promise.resolve(),
};

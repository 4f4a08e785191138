/** 'static': the members that there may be are listed. */
import { isIP } from 'node:net';
import { invalid } from '../base/checks.js';
import type { Address } from '../data-plane/data-plane.js';
import { familyOf, type HostAndPort } from '../transport/address.js';
import type { Discovery, DiscoveryContext } from './discovery.js';
import type { DiscoveryEnvironment } from './environment.js';
import { LOOKUP_INTERVAL_MS } from './limits.js';
import type { PeerSource, PeersOptions } from './peers.js';
import { UnicastDiscovery } from './unicast.js';

export interface StaticChoice {
  readonly type: 'static';
  readonly hosts: readonly HostAndPort[];
}

export async function openStatic(
  choice: StaticChoice,
  context: DiscoveryContext,
  environment: DiscoveryEnvironment,
): Promise<Discovery> {
  return new UnicastDiscovery(
    peersOf(choice.hosts, 'options.discovery.hosts', familyOf(context.address), environment),
    context,
    environment,
  );
}

/**
 * Listed hosts as peers: names are looked up, for addresses of `family`.
 * @throws ConsortArgumentError for an address in numbers of the other family, which no socket of mine can reach
 */
export function peersOf(
  hosts: readonly HostAndPort[],
  path: string,
  family: 4 | 6,
  environment: DiscoveryEnvironment,
): Pick<PeersOptions, 'fixed' | 'sources' | 'refreshMs'> {
  const fixed: Address[] = [];
  const sources: PeerSource[] = [];
  for (const [index, { host, port }] of hosts.entries()) {
    const kind = isIP(host);
    if (kind === 0) {
      const lookup = async () =>
        (await environment.resolver.addresses(host, family)).map((each) => ({ host: each, port }));
      sources.push({ name: host, lookup });
    } else if (kind === family) {
      fixed.push({ host, port });
    } else {
      throw invalid(`${path}[${index}]`, host, `an IPv${family} address, as the member's own is`);
    }
  }
  return { fixed, sources, refreshMs: LOOKUP_INTERVAL_MS };
}

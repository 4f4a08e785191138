/** 'dns': the members that there may be are behind one name, as with a headless service of Kubernetes or SRV records. */
import { ConsortError } from '../base/errors.js';
import { quote } from '../base/show.js';
import { familyOf, type HostAndPort } from '../transport/address.js';
import type { Discovery, DiscoveryContext } from './discovery.js';
import type { DiscoveryEnvironment, Resolver } from './environment.js';
import { LOOKUP_RETRY_MS, MAX_PEERS } from './limits.js';
import { UnicastDiscovery } from './unicast.js';

export interface DnsChoice {
  readonly type: 'dns';
  readonly name: string;
  /** Of all members; undefined: SRV records tell it. */
  readonly port: number | undefined;
}

export async function openDns(
  choice: DnsChoice,
  context: DiscoveryContext,
  environment: DiscoveryEnvironment,
): Promise<Discovery> {
  const family = familyOf(context.address);
  const { name, port } = choice;
  const { resolver } = environment;
  const lookup = () =>
    port === undefined ? lookUpServices(resolver, name, family) : lookUpHost(resolver, { host: name, port }, family);
  return new UnicastDiscovery(
    { fixed: [], sources: [{ name, lookup }], refreshMs: LOOKUP_RETRY_MS },
    context,
    environment,
  );
}

async function lookUpHost(resolver: Resolver, { host, port }: HostAndPort, family: 4 | 6): Promise<HostAndPort[]> {
  return (await resolver.addresses(host, family)).map((address) => ({ host: address, port }));
}

/** Some of the hosts may be gone while their records are still there: only when none is found it has failed. */
async function lookUpServices(resolver: Resolver, name: string, family: 4 | 6): Promise<HostAndPort[]> {
  const services = (await resolver.services(name)).slice(0, MAX_PEERS);
  const outcomes = await Promise.allSettled(services.map((service) => lookUpHost(resolver, service, family)));
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  if (found.length > 0) return found;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  throw new ConsortError('ERR_RESOLVE', `discovery: no host of the SRV records of ${quote(name)} was found`, {
    cause: failed?.reason,
    details: { host: name },
  });
}

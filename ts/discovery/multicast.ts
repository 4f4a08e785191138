/**
 * 'multicast': without any configuration, on one machine and in one LAN.
 *
 * One socket a family receives, bound to the group's port together with those of all other members on this machine; one socket an interface
 * sends. (One socket could send by several interfaces in turn, but dgram may still be busy with the last datagram when the interface is changed.)
 * Interfaces come and go, so they are looked at again now and then, and what failed is tried again.
 */
import { isIPv6 } from 'node:net';
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { isLoopback } from '../transport/address.js';
import { decodeDatagram, encodeDatagram, groupHash, Kind } from './datagram.js';
import { checkAnnouncement, type Discovery, type DiscoveryContext } from './discovery.js';
import type { DiscoveryEnvironment, DiscoverySocket, InterfaceAddress, Timer } from './environment.js';
import { type Channel, type ChannelsWanted, channelsFor } from './interfaces.js';
import { INTERFACES_INTERVAL_MS, SOCKET_BUFFER_BYTES } from './limits.js';
import { receiveSafely } from './receive-safely.js';
import { Troubles } from './troubles.js';

/** In 239.255.0.0/16, which stays within a site, and ff12::/16, which stays on a link: "cons" in ASCII, as the port is. */
export const MULTICAST_PORT = 28275;
export const MULTICAST_GROUP_4 = '239.255.99.111';
export const MULTICAST_GROUP_6 = 'ff12::636f:6e73';

export interface MulticastChoice {
  readonly type: 'multicast';
  /** Undefined: the project's own. */
  readonly group: Address | undefined;
  readonly interfaces: readonly string[] | undefined;
  readonly ttl: number;
}

interface Sender {
  readonly channel: Channel;
  readonly socket: DiscoverySocket;
}

export async function openMulticast(
  choice: MulticastChoice,
  context: DiscoveryContext,
  environment: DiscoveryEnvironment,
): Promise<MulticastDiscovery> {
  const discovery = new MulticastDiscovery(choice, context, environment);
  await discovery.start();
  return discovery;
}

export class MulticastDiscovery implements Discovery {
  /** Datagrams that were not for this group, or not ours at all. */
  ignored = 0;
  private readonly group: string;
  private readonly wanted: ChannelsWanted;
  private readonly onlyLoopback: boolean;
  private readonly troubles: Troubles;
  private readonly receivers = new Map<string, DiscoverySocket>();
  private senders: readonly Sender[] = [];
  private timer: Timer | undefined;
  /** The look at the interfaces that is under way. */
  private looking: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly choice: MulticastChoice,
    private readonly context: DiscoveryContext,
    private readonly environment: DiscoveryEnvironment,
  ) {
    this.group = groupHash(context.groupName, context.key);
    this.wanted = { address: context.address, ...groupsOf(choice, context.address), listed: choice.interfaces };
    this.onlyLoopback = isLoopback(context.address.host);
    this.troubles = new Troubles((error) => context.report(error), environment.now);
  }

  /** Never rejects: a machine without multicast may get it later. */
  async start(): Promise<void> {
    await this.look();
    this.timer = this.environment.every(INTERFACES_INTERVAL_MS, () => void this.look());
  }

  announce(bytes: Uint8Array): void {
    checkAnnouncement(bytes);
    if (this.closing !== undefined) return;
    const datagram = encodeDatagram(Kind.announce, this.group, bytes);
    for (const { channel, socket } of this.senders) socket.send(datagram, channel.group.host, channel.group.port);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.timer?.stop();
    this.troubles.close();
    await this.looking;
    await Promise.all(
      [...this.receivers.values(), ...this.senders.map(({ socket }) => socket)].map((each) => each.close()),
    );
  }

  private look(): Promise<void> {
    this.looking ??= this.useInterfaces().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async useInterfaces(): Promise<void> {
    const { channels, missing } = channelsFor(this.wanted, this.interfaces());
    const same = (a: Channel, b: Channel) => a.name === b.name && a.bind === b.bind;
    const gone = this.senders.filter(({ channel }) => !channels.some((each) => same(each, channel)));
    this.senders = this.senders.filter((sender) => !gone.includes(sender));
    await Promise.all(gone.map(({ socket }) => socket.close()));
    const failures = new Map<string, unknown>(missing.map((name) => [name, new Error('there is no such interface')]));
    for (const channel of channels) {
      if (this.closing !== undefined) return;
      if (this.senders.some((sender) => same(sender.channel, channel))) continue;
      try {
        await this.use(channel);
        this.troubles.over(channel.name);
      } catch (error) {
        failures.set(channel.name, error);
      }
    }
    // A tunnel without multicast among interfaces that nobody asked for is no trouble, as long as another way is left.
    if (this.choice.interfaces === undefined && this.senders.length > 0) return;
    for (const [name, error] of failures) this.fail(name, error);
  }

  /** Some sandboxes forbid to ask; loopback is left. */
  private interfaces(): readonly InterfaceAddress[] {
    try {
      return this.environment.interfaces();
    } catch (error) {
      this.fail('interfaces', error);
      return [];
    }
  }

  private async use(channel: Channel): Promise<void> {
    const { group, bind, through } = channel;
    const receiver = await this.receiverFor(group);
    join(receiver, group.host, through);
    const socket = await this.open({ host: bind, port: 0 }, false);
    try {
      socket.sendGroupsThrough(through);
      socket.setGroupTtl(this.choice.ttl);
    } catch (error) {
      await socket.close();
      throw error;
    }
    this.senders = [...this.senders, { channel, socket }];
  }

  private async receiverFor(group: Address): Promise<DiscoverySocket> {
    const key = `${group.host} ${group.port}`;
    const known = this.receivers.get(key);
    if (known !== undefined) return known;
    const receiver = await this.open({ host: bindHost(group.host), port: group.port }, true);
    this.receivers.set(key, receiver);
    return receiver;
  }

  private async open(address: Address, shared: boolean): Promise<DiscoverySocket> {
    const socket = await this.environment.openSocket(
      { address, bufferBytes: SOCKET_BUFFER_BYTES, shared },
      {
        // Nobody sends to the senders; the kernel has room for a few strangers' datagrams, and they are dropped here.
        onDatagram: (bytes, from) => (shared ? this.handle(bytes, from.address) : this.ignored++),
        // A firewall that forbids, for example. The socket stays.
        onFailure: (cause) => this.fail('socket', cause),
      },
    );
    socket.unref();
    return socket;
  }

  private handle(bytes: Uint8Array, from: string): void {
    if (this.closing !== undefined) return;
    const datagram = decodeDatagram(bytes);
    // Linux hands a socket the datagrams of any interface on which any process is in the group: a member that is bound to loopback would hear
    // of views in the LAN, which it can't reach.
    const isForMe =
      typeof datagram === 'object' &&
      datagram.kind === Kind.announce &&
      datagram.group === this.group &&
      (!this.onlyLoopback || isLoopback(from));
    if (isForMe) receiveSafely(this.context, this.troubles, datagram.body);
    else this.ignored++;
  }

  private fail(name: string, cause: unknown): void {
    this.troubles.tell(name, () => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return new ConsortError('ERR_DISCOVERY', `multicast discovery on '${name}': ${reason}`, {
        cause,
        details: { discovery: 'multicast', interface: name },
      });
    });
  }
}

/** A group of the user's is for its family; on loopback, which is IPv4, at least its port counts. */
function groupsOf({ group }: MulticastChoice, address: Address): Pick<ChannelsWanted, 'loopbackGroup' | 'lanGroup'> {
  const port = group?.port ?? MULTICAST_PORT;
  const own4 = { host: MULTICAST_GROUP_4, port };
  const own6 = { host: MULTICAST_GROUP_6, port };
  return {
    loopbackGroup: group === undefined || isIPv6(group.host) ? own4 : group,
    lanGroup: group ?? (isIPv6(address.host) ? own6 : own4),
  };
}

/**
 * A socket that is bound to the group hears nothing else that comes to the port. Windows can't; nor can IPv6, where it would be bound to one interface.
 */
function bindHost(group: string): string {
  if (isIPv6(group)) return '::';
  return process.platform === 'win32' ? '0.0.0.0' : group;
}

function join(receiver: DiscoverySocket, group: string, through: string): void {
  try {
    receiver.joinGroup(group, through);
  } catch (error) {
    // It is in the group by this interface already: the interface was gone for a while, or its sender could not be opened.
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  }
}

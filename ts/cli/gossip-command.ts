/** The command line of `consort gossip`. */
import { Command } from 'commander';
import { UsageError } from '../../bench/usage-error.js';
import { Endpoint } from '../base/endpoint.js';
import { isConsortError } from '../base/errors.js';
import { quote } from '../base/show.js';
import { type GossipCounts, GossipServer } from '../discovery/gossip-server.js';
import { parseAddress, resolveAddress } from '../transport/address.js';

const DEFAULT_ADDRESS = '127.0.0.1:6788';

const HELP = `
Members with the option discovery: 'gossip:host:6788' hear of each other by this server where multicast does not
reach. It keeps nothing on disk, needs no rights, and may be started again at any time; with several servers
('gossip:a:6788,b:6788') any of them may be down.

Examples:
  consort gossip                                this machine only
  consort gossip --address 0.0.0.0:6788         for the network; open UDP port 6788 to members, and to nobody else
  consort gossip --address [::]:6788            the same for IPv6
  consort gossip --address 127.0.0.1:0          at a port that the system chooses, which is printed

It runs until it gets SIGINT (Ctrl-C) or SIGTERM, then says what it has done.

Exit codes:
  0    ended by SIGINT or SIGTERM
  1    the address is taken, or the socket failed
  2    the command line makes no sense

docs/discovery.md explains when to use it.
`;

const GossipExit = { ended: 0, failed: 1 } as const;

/** @param onDone gets the exit code */
export function makeGossipCommand(onDone: (exitCode: number) => void): Command {
  return new Command('gossip')
    .description('Runs a gossip server, by which members hear of each other without multicast.')
    .option('--address <host:port>', `Where to listen (UDP). Default: ${DEFAULT_ADDRESS}.`)
    .addHelpText('after', HELP)
    .action(async ({ address }: { readonly address?: string }) => onDone(await runServer(address ?? DEFAULT_ADDRESS)));
}

/** Until a signal ends it. @throws UsageError */
async function runServer(where: string): Promise<number> {
  const listen = parseWhere(where);
  const { ended, end, fail } = outcome();
  try {
    const server = await GossipServer.open(await resolveAddress(listen, 0), fail);
    for (const signal of SIGNALS) process.on(signal, end);
    console.log(`gossip: listening on ${new Endpoint(server.address.host, server.address.port).name}`);
    try {
      await ended;
    } finally {
      // A second Ctrl-C ends the process as usual.
      for (const signal of SIGNALS) process.off(signal, end);
      console.log(summary(server.counts()));
      await server.close();
    }
    return GossipExit.ended;
  } catch (error) {
    if (!isConsortError(error)) throw error;
    console.error(`consort: ${error.message}`);
    return GossipExit.failed;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function outcome() {
  let end!: () => void;
  let fail!: (error: Error) => void;
  const ended = new Promise<void>((resolve, reject) => {
    end = () => resolve();
    fail = reject;
  });
  // It may fail before anybody waits.
  ended.catch(() => {});
  return { ended, end, fail };
}

function parseWhere(where: string) {
  try {
    return parseAddress(where, '--address', 'ERR_INVALID_ARGUMENT', 0);
  } catch {
    throw new UsageError(`--address: got ${quote(where)}, want host:port or [ipv6]:port with a port from 0 to 65535`);
  }
}

function summary(counts: GossipCounts): string {
  const dropped = counts.repeated + counts.tooFast + counts.garbage + counts.wrongVersion;
  return (
    `gossip: ${counts.received} datagrams received, ${counts.announcements} announcements among them, ` +
    `${counts.reflected} sent to others; ${counts.clients} clients in ${counts.groups} groups at the end\n` +
    `gossip: ${dropped} dropped (${counts.repeated} repeated, ${counts.tooFast} too fast, ${counts.garbage} garbage, ` +
    `${counts.wrongVersion} of another version), ${counts.evicted} clients made room for others, ${counts.refused} not sent`
  );
}

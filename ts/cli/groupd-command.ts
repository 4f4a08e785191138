/** The command line of `consort groupd`. */
import { Command } from 'commander';
import { UsageError } from '../../bench/usage-error.js';
import { Endpoint } from '../base/endpoint.js';
import { isConsortError } from '../base/errors.js';
import { quote } from '../base/show.js';
import { GROUPD_HOST, GROUPD_PORT } from '../groupd/limits.js';
import { type GroupdCounts, GroupdServer } from '../groupd/server.js';
import { parseAddress, resolveAddress } from '../transport/address.js';

const HELP = `
Members with the option groupd: true do not decide about views themselves: this service does, for all groups that
use it. They connect to it by TCP; messages of the application never go through it. A member whose connection ends,
as that of a process that is killed, is out of its view at once.

It keeps nothing on disk and needs no rights. While it is down views stay as they are; when it is started again
its members tell it in which views they are, and go on. With several services (groupdHosts: 'a:6790,b:6790') members
use the first that answers, and go back to an earlier one when it is there again.

Examples:
  consort groupd                      this machine only: ${GROUPD_HOST}:${GROUPD_PORT}
  consort groupd --host 0.0.0.0       for the network; open TCP port ${GROUPD_PORT} to members, and to nobody else
  consort groupd --host ::            the same for IPv6
  consort groupd --port 0             at a port that the system chooses, which is printed

It runs until it gets SIGINT (Ctrl-C) or SIGTERM, then says what it has done. It logs to stderr.

Exit codes:
  0    ended by SIGINT or SIGTERM
  1    the address is taken, or the socket failed
  2    the command line makes no sense

docs/groups.md explains when to use it.
`;

const GroupdExit = { ended: 0, failed: 1 } as const;

interface Flags {
  readonly host?: string;
  readonly port?: string;
}

/** @param onDone gets the exit code */
export function makeGroupdCommand(onDone: (exitCode: number) => void): Command {
  return new Command('groupd')
    .description('Runs a membership service, which decides about the views of groups that use it.')
    .option('--host <host>', `Where to listen (TCP). Default: ${GROUPD_HOST}.`)
    .option('--port <port>', `At which port; 0: one that the system chooses. Default: ${GROUPD_PORT}.`)
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => onDone(await runServer(flags)));
}

/** Until a signal ends it. @throws UsageError */
async function runServer(flags: Flags): Promise<number> {
  const listen = parseWhere(flags);
  const { ended, end, fail } = outcome();
  const log = (line: string) => console.error(`groupd: ${line}`);
  try {
    const server = await GroupdServer.open(await resolveAddress(listen, 0), log, fail);
    for (const signal of SIGNALS) process.on(signal, end);
    log(`listening on ${new Endpoint(server.address.host, server.address.port).name}`);
    try {
      await ended;
    } finally {
      // A second Ctrl-C ends the process as usual.
      for (const signal of SIGNALS) process.off(signal, end);
      log(summary(server.counts()));
      await server.close();
    }
    return GroupdExit.ended;
  } catch (error) {
    if (!isConsortError(error)) throw error;
    console.error(`consort: ${error.message}`);
    return GroupdExit.failed;
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

function parseWhere({ host = GROUPD_HOST, port = String(GROUPD_PORT) }: Flags) {
  // An empty text would be the number 0.
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (!(number <= 65535)) throw new UsageError(`--port: got ${quote(port)}, want a port from 0 to 65535`);
  try {
    return parseAddress({ host, port: number }, '--host', 'ERR_INVALID_ARGUMENT', 0);
  } catch {
    throw new UsageError(`--host: got ${quote(host)}, want a host name or an IP address`);
  }
}

function summary({ connected, connections, groups, refused }: GroupdCounts): string {
  return `${connected} connections, of which ${refused} were refused; ${connections} members in ${groups} groups at the end`;
}

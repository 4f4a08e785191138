/** `consort store serve`: a replica, and its HTTP server. */
import { UsageError } from '../../../bench/usage-error.js';
import { Endpoint } from '../../base/endpoint.js';
import { ConsortArgumentError, isConsortError } from '../../base/errors.js';
import { quote } from '../../base/show.js';
import { ReplicatedStore } from '../../store/replicated-store.js';
import type { ReplicatedStoreOptions } from '../../store/store-options.js';
import { StoreServer } from '../../store/store-server.js';
import { type HostAndPort, parseAddress, resolveAddress } from '../../transport/address.js';
import { StatusScreen } from './status-text.js';

export const STORE_HOST = '127.0.0.1';
export const STORE_PORT = 6791;

export interface ServeWords {
  readonly name?: string;
  readonly members?: string;
  readonly directory?: string;
  readonly listen?: string;
  readonly group: string;
  readonly address?: string;
  readonly discovery?: string;
  readonly durability?: string;
  readonly logEntries?: string;
  readonly logBytes?: string;
  readonly mode?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Until a signal ends it; true: as it was told to. @throws UsageError */
export async function serve(words: ServeWords): Promise<boolean> {
  const listen = parseListen(words.listen);
  const store = makeStore(words);
  // A log has lines, no bars.
  const screen = new StatusScreen({ isTTY: false, write: (text) => process.stderr.write(`store: ${text}`) });
  let end = (_failed: boolean) => {};
  const ended = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  const stop = () => end(false);
  store.on('status', (status) => {
    screen.show(status);
    if (status.state === 'failed') end(true);
  });
  store.on('sync', () => screen.show(store.status));
  store.on('error', (error) => console.error(`store: ${error.message}`));
  for (const signal of SIGNALS) process.on(signal, stop);
  let server: StoreServer | undefined;
  try {
    server = await StoreServer.open(store, await resolveAddress(listen, 0));
    console.error(`store: listening on http://${new Endpoint(server.address.host, server.address.port).name}`);
    await Promise.race([store.open(), ended]);
    return !(await ended);
  } finally {
    // A second Ctrl-C ends the process as usual.
    for (const signal of SIGNALS) process.off(signal, stop);
    await server?.close();
    await store.close();
  }
}

function makeStore({ group, members, logEntries, logBytes, ...words }: ServeWords): ReplicatedStore {
  const { name, directory, address, discovery, durability, mode } = words;
  const options = {
    groupName: group,
    name: required(name, '--name'),
    members: required(members, '--members')
      .split(',')
      .map((each) => each.trim()),
    directory: required(directory, '--directory'),
    address,
    discovery,
    durability,
    mode,
    logEntries: numberOf(logEntries),
    logBytes: numberOf(logBytes),
  } as ReplicatedStoreOptions;
  try {
    return new ReplicatedStore(options);
  } catch (error) {
    if (!(error instanceof ConsortArgumentError)) throw error;
    throw new UsageError(error.message.replace(/^options\.groupName/, '--group').replace(/^options\.(\w+)/, flagOf));
  }
}

function flagOf(_: string, option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function required(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`${flag} is missing: a replica needs --name, --members and --directory`);
}

/** What is no number goes on as it is, to be refused with the others. */
function numberOf(text: string | undefined): unknown {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

function parseListen(text = `${STORE_HOST}:${STORE_PORT}`): HostAndPort {
  try {
    return parseAddress(text, '--listen', 'ERR_INVALID_ARGUMENT', 0);
  } catch (error) {
    if (!isConsortError(error)) throw error;
    throw new UsageError(`--listen: got ${quote(text)}, want host:port or [ipv6]:port`);
  }
}

/** The command line of `consort store`. */
import { Command } from 'commander';
import { UsageError } from '../../bench/usage-error.js';
import { isConsortError } from '../base/errors.js';
import { quote } from '../base/show.js';
import { AnswerError, StoreClient } from './store/client.js';
import { type ServeWords, STORE_HOST, STORE_PORT, serve } from './store/serve.js';
import { StatusScreen } from './store/status-text.js';

const HERE = `${STORE_HOST}:${STORE_PORT}`;

const HELP = `
A replicated store: keys and values that several processes have, on disks of their own. What was put is on a majority of
the disks when that is said; a crash of any of them, or of all, loses nothing of it. Try it with three terminals:

  consort store serve --name a --members a,b,c --directory /tmp/store-a --listen 127.0.0.1:7001
  consort store serve --name b --members a,b,c --directory /tmp/store-b --listen 127.0.0.1:7002
  consort store serve --name c --members a,b,c --directory /tmp/store-c --listen 127.0.0.1:7003

and a fourth:

  consort store put greeting hello --at 127.0.0.1:7001
  consort store get greeting --at 127.0.0.1:7003
  consort store watch --at 127.0.0.1:7002             what is committed from now on, a line each
  date | consort store put now --at 127.0.0.1:7002    a value from a pipe
  consort store status --follow --at 127.0.0.1:7003   who leads, who is there; kill one and see

All three have to be there the first time. Afterwards two are enough; one alone refuses to write, and reads only with
--read stale.

Exit codes:
  0  done; of serve: ended by SIGINT or SIGTERM
  1  it could not be done: the message says why
  2  the command line makes no sense
  3  of get: there is no such key

docs/store.md tells what is promised, and what the HTTP server is asked.
`;

const SERVE_HELP = `
Runs until it gets SIGINT (Ctrl-C) or SIGTERM, and logs to stderr. The directory is of this replica alone, and is made when it
is not there. Nothing is encrypted, and nobody is asked who he is: both addresses are of this machine unless told otherwise.

Examples:
  consort store serve --name a --members a,b,c --directory ./a
  consort store serve --name a --members a,b,c --directory /var/lib/a --address 10.0.0.1:7100 --listen 10.0.0.1:6791
  consort store serve --name a --members a --directory ./alone      a store of one, for a try
`;

const StoreExit = { done: 0, failed: 1, missing: 3 } as const;

interface ClientWords {
  readonly at: string;
  readonly read?: string;
  readonly json?: boolean;
  readonly from?: string;
  readonly prefix?: string;
  readonly limit?: string;
  readonly follow?: boolean;
}

/** @param onDone gets the exit code */
export function makeStoreCommand(onDone: (exitCode: number) => void): Command {
  const done = (work: () => Promise<number>) => exitCodeOf(work).then(onDone);
  const store = new Command('store')
    .description('A replicated store of keys and values: runs a replica, and reads and writes through one.')
    .addHelpText('after', HELP);
  store.addCommand(
    serveCommand().action((words: ServeWords) =>
      done(async () => ((await serve(words)) ? StoreExit.done : StoreExit.failed)),
    ),
  );
  client('get', 'Prints the value of a key.')
    .argument('<key>')
    .action((key: string, words: ClientWords) => done(() => get(key, words)));
  client('put', 'Puts a value under a key, and says in which version.')
    .argument('<key>')
    .argument('[value]', 'Without it the value is what comes from stdin.')
    .action((key: string, value: string | undefined, words: ClientWords) => done(() => put(key, value, words)));
  client('delete', 'Deletes a key, whether it is there or not.')
    .argument('<key>')
    .action((key: string, words: ClientWords) => done(() => remove(key, words)));
  client('list', 'Lists keys and values, a line each.')
    .argument('[prefix]')
    .option('--limit <integer>', 'So many at most.')
    .action((prefix: string | undefined, words: ClientWords) => done(() => list(prefix, words)));
  client('watch', 'Prints what is committed, a line each, until Ctrl-C.')
    .argument('[prefix]')
    .option('--from <version>', 'From this version on, if it is still in the log. Default: from now on.')
    .action((prefix: string | undefined, words: ClientWords) => done(() => watch(prefix, words)));
  client('status', 'Says how a replica stands.')
    .option('--follow', 'And then each change, until Ctrl-C; with a bar while it takes the whole store.')
    .action((words: ClientWords) => done(() => status(words)));
  return store;

  function client(name: string, description: string): Command {
    const command = new Command(name)
      .description(description)
      .option('--at <host:port>', 'Where a replica listens.', HERE)
      .option('--json', 'As JSON.');
    if (name === 'get' || name === 'list') {
      command.option('--read <mode>', "'local', 'linearizable' or 'stale'. Default: local.");
    }
    store.addCommand(command);
    return command;
  }
}

function serveCommand(): Command {
  return new Command('serve')
    .description('Runs a replica.')
    .option('--name <name>', 'Name of this replica.')
    .option('--members <names>', 'Names of all replicas, separated by commas; the same at all.')
    .option('--directory <path>', 'Where its database is.')
    .option('--listen <host:port>', `Where to serve HTTP (TCP). Default: ${HERE}.`)
    .option('--group <name>', 'Name of the store.', 'store')
    .option(
      '--address <host:port>',
      'Where to bind for the other replicas (UDP). Default: 127.0.0.1:0, this machine only.',
    )
    .option('--discovery <how>', "How replicas find each other. Default: 'multicast'.")
    .option(
      '--durability <where>',
      "When a write counts: on the 'disk' of a majority, or in its 'memory'. Default: disk.",
    )
    .option('--log-entries <integer>', 'So many versions are kept in the log.')
    .option('--log-bytes <integer>', 'So long it may be.')
    .option('--mode <mode>', "The data plane: 'native' (C++), 'ts' (TypeScript), or 'auto'.")
    .addHelpText('after', SERVE_HELP);
}

async function get(key: string, { at, read, json }: ClientWords): Promise<number> {
  const value = await new StoreClient(at).get(key, read);
  if (value === undefined) {
    console.error(`consort: there is no key ${quote(key)}`);
    return StoreExit.missing;
  }
  const { bytes, version, stale } = value;
  if (json === true) print({ key, value: bytes.toString(), version, stale });
  else {
    process.stdout.write(bytes);
    // Of a value for people the line ends; what goes on in a pipe is as it was put.
    if (process.stdout.isTTY) process.stdout.write('\n');
  }
  return StoreExit.done;
}

async function put(key: string, value: string | undefined, { at, json }: ClientWords): Promise<number> {
  const bytes = value === undefined ? await readStdin() : Buffer.from(value);
  const version = await new StoreClient(at).put(key, bytes);
  return tellVersion(version, json);
}

async function remove(key: string, { at, json }: ClientWords): Promise<number> {
  return tellVersion(await new StoreClient(at).delete(key), json);
}

async function list(prefix: string | undefined, { at, json, limit, read }: ClientWords): Promise<number> {
  const lines = new StoreClient(at).lines('/keys', { prefix, limit, read }, new AbortController().signal);
  for await (const line of lines) show(line, json);
  return StoreExit.done;
}

async function watch(prefix: string | undefined, { at, json, from }: ClientWords): Promise<number> {
  return untilStopped(async (signal) => {
    for await (const line of new StoreClient(at).lines('/watch', { prefix, from }, signal)) show(line, json);
  });
}

async function status({ at, json, follow }: ClientWords): Promise<number> {
  const client = new StoreClient(at);
  const screen = new StatusScreen(process.stdout);
  const show = (each: Awaited<ReturnType<typeof client.status>>) => (json === true ? print(each) : screen.show(each));
  if (follow !== true) {
    show(await client.status());
    screen.end();
    return StoreExit.done;
  }
  return untilStopped(async (signal) => {
    for await (const each of client.statuses(signal)) show(each);
    screen.end();
  });
}

/** Ctrl-C is how it is meant to end. When the replica ends first, that is a failure. */
async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    await work(stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) return StoreExit.done;
    throw error;
  }
  return stopped.signal.aborted ? StoreExit.done : StoreExit.failed;
}

async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof AnswerError) && !isConsortError(error) && !isBroken(error)) throw error;
    console.error(`consort: ${isBroken(error) ? 'the replica has ended' : message}`);
    return StoreExit.failed;
  }
}

/** An answer that ended in the middle. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'terminated';
}

function tellVersion(version: number, json: boolean | undefined): number {
  if (json === true) print({ version });
  else console.log(`version ${version}`);
  return StoreExit.done;
}

function show(line: string, json: boolean | undefined): void {
  if (json === true) console.log(line);
  else {
    const { type = 'put', key, value, version } = JSON.parse(line);
    const what = type === 'delete' ? '(deleted)' : textOf(value);
    console.log(`${version}\t${textOf(key)}\t${what}`);
  }
}

function textOf(bytes: string | { readonly base64: string }): string {
  return typeof bytes === 'string' ? JSON.stringify(bytes).slice(1, -1) : `base64:${bytes.base64}`;
}

function print(value: unknown): void {
  console.log(JSON.stringify(value));
}

async function readStdin(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

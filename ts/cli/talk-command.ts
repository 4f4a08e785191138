/** The command line of `consort talk`. */
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { UsageError } from '../../bench/usage-error.js';
import type { GroupMemberOptions } from '../api/option-table.js';
import { ConsortArgumentError, isConsortError } from '../base/errors.js';
import { TalkConsole } from './talk/console.js';
import { TalkMember } from './talk/talk-member.js';
import { checkedName, encodeText } from './talk/wording.js';

const DEFAULT_GROUP = 'talk';
/** What was said arrives before the talk ends, if anybody takes it. */
const LINGER_MS = 30_000;

const HELP = `
Everything that is typed goes to all who are in the group. Nobody runs a server: members find each other,
see who comes and who goes (also who crashes), and everybody sees the same between two changes. Try it:
run it in two terminals, in a third one, and kill one of them.

While it runs:
  /who     who is here, with addresses
  /view    the view: its number, who coordinates it, the stack
  /help    this
  /quit    leaves; so do Ctrl-D and Ctrl-C
  //text   says '/text'

Examples:
  consort talk                                  in two terminals, without any configuration
  consort talk tea --name Alice                 in a group of one's own
  consort talk --address 0.0.0.0:0              with other machines of the LAN, by multicast
  consort talk --discovery gossip:10.0.0.1:6788 --address 0.0.0.0:0
                                                without multicast, by a gossip server (consort gossip --help)
  date | consort talk                           says it, and leaves when all have it
  consort talk < /dev/null                      looks who is here

Who wants to be in one group needs the same name of the group and the same --properties. Nothing is encrypted.

Exit codes:
  0    it has left
  1    it could not join, or the socket failed
  2    the command line makes no sense
`;

const COMMANDS = ['  /who  /view  /help  /quit    //text says /text', '  anything else is said to all'];

const TalkExit = { left: 0, failed: 1 } as const;

interface TalkWords {
  readonly name?: string;
  readonly mode?: string;
  readonly address?: string;
  readonly discovery?: string;
  readonly properties?: string;
}

/** @param onDone gets the exit code */
export function makeTalkCommand(onDone: (exitCode: number) => void): Command {
  return new Command('talk')
    .description('A chat in the terminal, among all who run it: shows what a group is.')
    .argument('[group]', 'Name of the group.', DEFAULT_GROUP)
    .option('--name <name>', 'What to be called. Default: the name of the user.')
    .option('--mode <mode>', "The data plane: 'native' (C++), 'ts' (TypeScript), or 'auto'.")
    .option('--address <host:port>', 'Where to bind (UDP). Default: 127.0.0.1:0, this machine only.')
    .option('--discovery <how>', "How members find each other. Default: 'multicast'.")
    .option('--properties <names>', 'What the group shall have, as the option properties of a GroupMember.')
    .addHelpText('after', HELP)
    .action(async (group: string, words: TalkWords) => onDone(await talk(group, words)));
}

/** Until the input ends, somebody says /quit, or a signal comes. @throws UsageError */
async function talk(groupName: string, words: TalkWords): Promise<number> {
  const name = checkedName(words.name ?? userName());
  if (name === '') throw new UsageError('--name: got nothing that can be shown');
  const stopped = new AbortController();
  const screen = new TalkConsole(`${name}> `, () => stop());
  const stop = () => {
    stopped.abort();
    screen.close();
    // The second Ctrl-C ends the process as usual.
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  const member = makeMember(groupName, name, words, screen);
  let failed = false;
  member.on('error', (error) => {
    process.stderr.write(`consort: ${error.message}\n`);
    failed ||= isConsortError(error) && error.code === 'ERR_TRANSPORT_FAILED';
    if (failed) stop();
  });
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await member.join({ signal: stopped.signal });
    await converse(member, screen, stopped.signal);
  } catch (error) {
    if (!stopped.signal.aborted) {
      if (!isConsortError(error)) throw error;
      process.stderr.write(`consort: ${error.message}\n`);
      failed = true;
    }
  } finally {
    await member.close();
    stop();
  }
  return failed ? TalkExit.failed : TalkExit.left;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function converse(member: TalkMember, screen: TalkConsole, signal: AbortSignal): Promise<void> {
  for await (const line of screen.lines()) {
    if (signal.aborted || line === '/quit') return;
    if (line.startsWith('/') && !line.startsWith('//')) {
      for (const answer of command(line.trim(), member)) screen.show(answer);
    } else if (line !== '') {
      member.cast(encodeText(line.startsWith('//') ? line.slice(1) : line));
    }
    // A file that is piped in must not fill the memory.
    while (member.writableNeedDrain) await once(member, 'drain', { signal });
  }
}

function command(line: string, member: TalkMember): readonly string[] {
  switch (line) {
    case '/who':
      return member.who();
    case '/view':
      return member.describeView();
    case '/help':
      return COMMANDS;
    default:
      return [`* there is no ${line}: /help shows what there is`];
  }
}

function makeMember(groupName: string, name: string, words: TalkWords, screen: TalkConsole): TalkMember {
  const { mode, address, discovery, properties } = words;
  const options = { groupName, mode, address, discovery, properties, lingerMs: LINGER_MS } as GroupMemberOptions;
  try {
    return new TalkMember(options, name, (line) => screen.show(line));
  } catch (error) {
    if (!(error instanceof ConsortArgumentError)) throw error;
    throw new UsageError(error.message.replace(/^options\.groupName/, 'group').replace(/^options\./, '--'));
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return 'somebody';
  }
}

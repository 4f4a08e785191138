/** The command line of `consort bench`. */
import { Command } from 'commander';
import { benchCommand } from '../../bench/main-command.js';
import { BENCH_OPTIONS, type BenchOptionDeclaration } from '../../bench/option-table.js';
import { type BenchWords, parseOptions } from '../../bench/options.js';

const HELP = `
Scenarios:
  throughput   messages and bytes per second that reach the handler of a real group over UDP on this machine
  latency      round trip of a cast answered by a cast: in ping-pong, and at a fixed rate
  views        how fast a group forms, takes a member in, lets it go, notices one that was killed or stopped,
               and how long a change keeps members from sending that all cast
  transfer     how fast a member that becomes a server gets the state, and what is left of casts meanwhile
  store        commits of a replicated store, on disk and in memory, against one fsync of the same disk; reads against
               LevelDB alone; how long nothing is committed when the leader is killed; how fast a whole store is taken
  layers       each layer of the data plane alone: frames, packing, fragmentation, resending, stability, checksums
  scale        what a message and a change of the view cost as members grow; large groups in the simulator
  soak         a group under load whose members are killed and stopped, for --duration: memory, stalls, agreement
  peers        throughput and latency beside NATS, Redis, ZeroMQ, corosync CPG and JGroups, those that are installed

All but soak and peers run when none is named.

Groups have views, which they come to by discovery: properties Gmp:Sync:Heal:Switch:Frag:Suspect:Flow.
Throughput and latency run native and ts mode in turns with what they are to be compared with: the limit (the same bytes, no
protocol), plain TCP and plain datagrams. In all of them every receiver checks number, order and content of what it gets;
a run in which anything is wrong is an error, not a number.

Examples:
  consort bench                                        everything, a few minutes
  consort bench --quick                                everything, under a minute
  consort bench --json today.json --html today.html    and one page with charts
  consort bench throughput --size 64,1KiB              two sizes only
  consort bench throughput --members 2,3 --senders one,all --size 64
  consort bench throughput --loss 0,1%,5% --mode native
  consort bench throughput --mode native,ts,mixed --threads single,multi --mtu 1400
  consort bench throughput --compare-fixed --mode native   what views cost: the same in a fixed view, in turns
  consort bench latency --rate 5000 --seconds 5
  consort bench throughput latency --ordering fifo,causal,total,agree --members 3
  consort bench views --members 3,8 --mode native,ts,mixed
  consort bench transfer --state 64MiB,1GiB
  consort bench store --state 1GiB --folder /var/tmp   a million keys, on that disk
  consort bench throughput latency --network netns     over links of MTU 1500, as root
  consort bench scale --members 2,8,32 --simulated 64,128
  consort bench soak --duration 8h --loss 2% --json soak.json
  consort bench peers --peers nats,redis --size 1KiB
  consort bench --quick --quiet --json - | jq '.throughput[] | [.row, .mode, .messagesPerSecond.median]'

Exit codes:
  0    passed
  1    something was stuck or impossible to measure, a view never came, memory grew, or nothing came for long
  2    the command line makes no sense, or asks for what can't be had here
  3    something was lost, repeated, out of order or changed: the figures are worth nothing
  130  interrupted; what was complete is shown and written

docs/benchmarking.md explains the numbers and the JSON.
`;

/** @param onDone gets the exit code */
export function makeBenchCommand(onDone: (exitCode: number) => void): Command {
  const command = new Command('bench')
    .description(
      'Measures groups on this machine: native against TypeScript, against the limit, TCP, datagrams and peers.',
    )
    .argument(
      '[scenario...]',
      'throughput, latency, views, transfer, store, layers, scale, soak, peers (default: all but the last two)',
    )
    .addHelpText('after', HELP)
    .action(async (scenarios: readonly string[], given: Readonly<Record<string, string | boolean>>) => {
      onDone(await benchCommand(parseOptions(scenarios, wordsOf(given))));
    });
  for (const [name, declaration] of Object.entries<BenchOptionDeclaration>(BENCH_OPTIONS)) {
    const { argument, sentence, defaultText } = declaration;
    const flags = argument === undefined ? `--${name}` : `--${name} <${argument}>`;
    command.option(flags, defaultText === undefined ? sentence : `${sentence} Default: ${defaultText}.`);
  }
  return command;
}

/** The command line's library calls --compare-fixed compareFixed; the table of options calls it by its name. */
function wordsOf(given: Readonly<Record<string, string | boolean>>): BenchWords {
  const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.keys(BENCH_OPTIONS).map((name) => [name, given[camelCase(name)]]));
}

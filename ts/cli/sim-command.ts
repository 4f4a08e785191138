/** The command line of `consort sim`. */
import { Command } from 'commander';
import { PLANTED } from '../sim/planted.js';
import { PLANTED_IN_STORES } from '../sim/store/planted.js';
import { simCommand } from './sim.js';
import { parseSimOptions, type SimWords } from './sim-options.js';

const HELP = `
One seed decides everything that happens in a scenario: who joins, leaves, crashes, stops and is slow, what is sent, and what
the network loses, repeats, reorders, spoils, delays and cuts off. The same seed gives the same run, bit for bit.

A seed that fails is shown with the scenario made as small as still fails, and what its members saw.

Examples:
  consort sim --seeds 1000 --jobs 2          the seeds 1 to 1000
  consort sim --minutes 60 --seed 5000       as many as an hour has room for
  consort sim --seed 4711 --trace            one, with all that its members saw and their layers did
  consort sim --seeds 100 --plant skip-cut   with a bug on purpose: it should fail
  consort sim --seeds 100 --servers          with clients, servers and state transfers in each
  consort sim --seeds 1000 --store           replicated stores, with disks that fail, too

Exit codes:
  0  all is well
  1  an invariant was violated
  2  the command line makes no sense

docs/simulation.md says what is checked.
`;

/** @param onDone gets the exit code */
export function makeSimCommand(onDone: (exitCode: number) => void): Command {
  return new Command('sim')
    .description('Simulates groups under faults, in simulated time, and checks what must hold.')
    .option('--seed <integer>', 'The first seed. Default: 1.')
    .option('--seeds <integer>', 'How many seeds. Default: 1, which is shown at length; with --minutes no end.')
    .option('--store', 'Replicated stores: crashes, disks, partitions, synchronizations.')
    .option('--members <integer>', 'How many addresses there are. Default: 3 to 8, as the seed says; replicas: 1 to 5.')
    .option('--minutes <number>', 'Ends after so many minutes.')
    .option('--jobs <integer>', 'How many threads. Default: 1.')
    .option('--json <file>', 'Writes the result there.')
    .option(
      '--plant <name>',
      `With a bug on purpose: ${Object.keys(PLANTED).join(', ')}; with --store: ${Object.keys(PLANTED_IN_STORES).join(', ')}.`,
    )
    .option('--trace', 'With one seed: shows all that was seen and done.')
    .option('--groupd', 'With membership services that decide about views, and fail too.')
    .option('--servers', 'With clients, servers and state transfers in all scenarios, not in part of them.')
    .option('--no-servers', 'Without them.')
    .option('--ts', 'Without the native data plane, where there is one.')
    .option('--no-shrink', 'Shows what failed as it is.')
    .addHelpText('after', HELP)
    .action(async (words: SimWords) => {
      onDone(await simCommand(parseSimOptions(words)));
    });
}

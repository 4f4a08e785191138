/** The command line of `consort doctor`. */
import { Command } from 'commander';
import { doctorCommand } from '../../bench/doctor/main-command.js';
import { DOCTOR_OPTIONS } from '../../bench/doctor/option-table.js';
import type { BenchOptionDeclaration } from '../../bench/option-table.js';

const HELP = `
Each check says what it has seen, how good that is for measuring (good, fair, poor, or unknown where the system does not
tell), what it means for measurements, and what to do about it. The last line says what the machine is good for:
consort bench, which measures rates and round trips of groups, or consort check, which counts CPU time on one CPU.

It takes some five seconds, watches for two of them, and works for one. Other things that you start meanwhile count.

Examples:
  consort doctor
  consort doctor --quick                           in some two seconds
  consort doctor --quiet && consort bench          measures only where nothing is poor
  consort doctor --json - | jq '.checks[] | select(.verdict == "poor") | .meaning'

Exit codes:
  0    nothing is poor
  1    something is
  2    the command line makes no sense, or the file can't be written

docs/benchmarking.md explains the checks and the JSON.
`;

interface Flags {
  readonly json?: string;
  readonly quick?: boolean;
  readonly quiet?: boolean;
}

/** @param onDone gets the exit code */
export function makeDoctorCommand(onDone: (exitCode: number) => void): Command {
  const command = new Command('doctor')
    .description('Says how good this machine is for measuring, and what to do about what is not.')
    .addHelpText('after', HELP)
    .action(async ({ json, quick = false, quiet = false }: Flags) => {
      onDone(await doctorCommand({ json, quick, quiet }));
    });
  for (const [name, { argument, sentence }] of Object.entries<BenchOptionDeclaration>(DOCTOR_OPTIONS))
    command.option(argument === undefined ? `--${name}` : `--${name} <${argument}>`, sentence);
  return command;
}

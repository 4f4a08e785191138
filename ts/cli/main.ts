#!/usr/bin/env node
/** The `consort` command. */
import { Command, CommanderError } from 'commander';
import { BenchExit } from '../../bench/main-command.js';
import { UsageError } from '../../bench/usage-error.js';
import { VERSION } from '../base/version.js';
import { makeBenchCommand } from './bench-command.js';
import { makeCheckCommand } from './check-command.js';
import { CLOSED_OUTPUT_EXIT, endWithOutput, isClosedOutput } from './closed-output.js';
import { makeCompareCommand } from './compare-command.js';
import { makeDoctorCommand } from './doctor-command.js';
import { makeGossipCommand } from './gossip-command.js';
import { makeGroupdCommand } from './groupd-command.js';
import { makeReportCommand } from './report-command.js';
import { makeSimCommand } from './sim-command.js';
import { makeStoreCommand } from './store-command.js';
import { makeTalkCommand } from './talk-command.js';

const program = new Command('consort')
  .description('Virtually synchronous process groups for Node.js.')
  .version(VERSION)
  .addHelpText('after', "\nRun 'consort <command> --help' for what a command does.\n");

const onDone = (exitCode: number) => {
  process.exitCode = exitCode;
};
program.addCommand(makeBenchCommand(onDone));
program.addCommand(makeCompareCommand(onDone));
program.addCommand(makeCheckCommand(onDone));
program.addCommand(makeDoctorCommand(onDone));
program.addCommand(makeGossipCommand(onDone));
program.addCommand(makeGroupdCommand(onDone));
program.addCommand(makeReportCommand(onDone));
program.addCommand(makeSimCommand(onDone));
program.addCommand(makeStoreCommand(onDone));
program.addCommand(makeTalkCommand(onDone));

for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
  command.exitOverride().showSuggestionAfterError().showHelpAfterError('Run it with --help to see what it takes.');
}

endWithOutput();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what is wrong, or shown the help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : BenchExit.usage;
  } else if (isClosedOutput(error)) {
    process.exitCode = CLOSED_OUTPUT_EXIT;
  } else if (error instanceof UsageError) {
    console.error(`consort: ${error.message}`);
    process.exitCode = BenchExit.usage;
  } else {
    console.error(error);
    process.exitCode = BenchExit.failed;
  }
}

/** `consort doctor`, apart from the reading of its command line: looks, shows, writes, and says how it ended. */
import { observeEnvironment } from '../environment.js';
import { hasColors, hasCursor } from '../report/terminal.js';
import { STANDARD_OUTPUT, writeOutput } from '../write-output.js';
import { type DoctorReport, doctorReport } from './doctor-report.js';
import { examine, QUICK, THOROUGH } from './examine.js';
import { machineProbes } from './machine-probes.js';
import { renderDoctor } from './render.js';

/** The codes that `consort doctor` ends with, besides that of a command line that makes no sense. */
export const DoctorExit = { passed: 0, poor: 1 } as const;

export interface DoctorOptions {
  readonly json: string | undefined;
  readonly quick: boolean;
  readonly quiet: boolean;
}

const COLUMNS = 100;

/** Resolves to the exit code. @throws UsageError */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const report = await diagnose(options);
  if (options.json !== undefined) await writeOutput(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (options.json !== STANDARD_OUTPUT) await writeOutput(STANDARD_OUTPUT, textOf(report, options));
  return report.passed ? DoctorExit.passed : DoctorExit.poor;
}

async function diagnose({ quick, quiet }: DoctorOptions): Promise<DoctorReport> {
  const startedAt = new Date();
  const startMs = performance.now();
  const shows = !quiet && hasCursor(process.stderr, process.env);
  const show = (text: string) => shows && process.stderr.write(`\r${text}\u001b[K`);
  const probes = machineProbes();
  const { loaded, reason } = probes.native();
  const environment = observeEnvironment(loaded ? undefined : reason);
  const findings = await examine(probes, quick ? QUICK : THOROUGH, (step) => show(`doctor: ${step} ...`));
  show('');
  return doctorReport(findings, {
    startedAt: startedAt.toISOString(),
    durationSeconds: (performance.now() - startMs) / 1000,
    options: { quick },
    environment: environment.finish(),
  });
}

function textOf(report: DoctorReport, { quiet }: DoctorOptions): string {
  if (quiet) return `${report.conclusion}\n`;
  const { stdout } = process;
  return renderDoctor(report, { colors: hasColors(stdout, process.env), columns: stdout.columns ?? COLUMNS });
}

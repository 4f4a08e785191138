/** What is told of a scenario: what failed, what was done, and what the members saw. */
import { describeEntry, type MemberLog } from './log.js';
import type { Outcome } from './outcome.js';
import type { Step } from './scenario.js';

/** Lines of what members saw; more, and the last are shown. */
const MOST_LINES = 120;

export interface ReportOptions {
  /** How to run it again. */
  readonly replay: string;
  /** All members, all entries. */
  readonly all: boolean;
  /** More lines, with their times, from inside the members. */
  readonly traced?: readonly (readonly [at: number, text: string])[];
}

export function renderOutcome(outcome: Outcome, options: ReportOptions): string {
  const { scenario, violations } = outcome;
  const lines = violations.map(({ invariant, text }) => `  ${invariant}: ${text}`);
  lines.unshift(violations.length === 0 ? `seed ${scenario.seed}: all is well` : `seed ${scenario.seed} violates`);
  lines.push('', `  replay: ${options.replay}`);
  lines.push(
    `  ${scenario.places} addresses, checksum ${scenario.checksum ? 'on' : 'off'}, ${scenario.protocol}`,
    `  ${scenario.params}`,
    '',
    'what was done (milliseconds)',
    ...scenario.steps.map(describeStep),
    `${time(scenario.end)}  all faults end`,
    '',
    'what members saw',
    ...history(outcome, options),
  );
  return `${lines.join('\n')}\n`;
}

function describeStep({ at, do: what, ...rest }: Step): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${time(at)}  ${what} ${details.join(', ')}`;
}

function history({ members, violations }: Outcome, { all, traced = [] }: ReportOptions): string[] {
  const involved = new Set(violations.flatMap((violation) => violation.members));
  const shown = all || involved.size === 0 ? members : members.filter(({ name }) => involved.has(name));
  const entries = [...shown.flatMap(entriesOf), ...traced];
  // Stable: what happened at one moment stays in order.
  const lines = entries.sort(([a], [b]) => a - b).map(([at, text]) => `${time(at)}  ${text}`);
  if (all || lines.length <= MOST_LINES) return lines;
  return [`(the last ${MOST_LINES} of ${lines.length} lines; --trace shows all)`, ...lines.slice(-MOST_LINES)];
}

function entriesOf({ name, log }: MemberLog): (readonly [at: number, text: string])[] {
  return log.map((entry) => [entry.at, `${name}: ${describeEntry(entry)}`]);
}

function time(micros: number): string {
  return (micros / 1000).toFixed(3).padStart(11);
}

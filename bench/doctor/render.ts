/** What the doctor says, as text for a terminal. */
import { styleText } from 'node:util';
import { describeEnvironment } from '../environment.js';
import { CHECK_NAMES } from './check-table.js';
import { type CheckReport, type DoctorReport, declarationOf } from './doctor-report.js';
import { VERDICTS, type Verdict } from './verdict.js';

export interface RenderOptions {
  readonly colors: boolean;
  /** Width of the terminal. */
  readonly columns: number;
}

const COLORS = { good: 'green', fair: 'yellow', poor: 'red', unknown: 'gray' } as const;
const GAP = 2;
const LEAST_WIDTH = 40;

export function renderDoctor(report: DoctorReport, options: RenderOptions): string {
  return [
    describeEnvironment(report.environment),
    '',
    ...report.checks.flatMap((check) => checkLines(check, options)),
    '',
    report.conclusion,
    '',
  ].join('\n');
}

/**
 * The verdict, what was looked at, and what was seen; below it what that means.
 *   fair     load  others use 12.0 % of the CPUs
 *                  Members wait ...
 */
function checkLines({ check, verdict, value, meaning }: CheckReport, { colors, columns }: RenderOptions): string[] {
  const verdictWidth = widest(VERDICTS) + GAP;
  const titleWidth = widest(CHECK_NAMES.map((name) => declarationOf(name).title)) + GAP;
  const indent = verdictWidth + titleWidth;
  const lines = [...wrap(value, columns - indent), ...wrap(meaning, columns - indent)];
  const head = `${paint(verdict, colors)}${' '.repeat(verdictWidth - verdict.length)}${declarationOf(check).title.padEnd(titleWidth)}`;
  return lines.map((line, at) => (at === 0 ? head : ' '.repeat(indent)) + line);
}

function paint(verdict: Verdict, colors: boolean): string {
  return colors ? styleText(COLORS[verdict], verdict, { validateStream: false }) : verdict;
}

function widest(words: readonly string[]): number {
  return Math.max(...words.map((word) => word.length));
}

/** Into lines that fit, at spaces; a longer word has a line to itself. */
function wrap(text: string, columns: number): readonly string[] {
  const width = Math.max(LEAST_WIDTH, columns);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

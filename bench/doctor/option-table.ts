/** The options of `consort doctor`, declared once as data: the command line, its help and the table in docs/benchmarking.md come from here. */
import type { BenchOptionDeclaration } from '../option-table.js';

export const DOCTOR_OPTIONS = {
  json: {
    argument: 'FILE',
    sentence: "Writes what was found as JSON; '-' writes it, and nothing else, to standard output.",
  },
  quick: { sentence: 'Looks for half a second, not for two, and does the same work a fifth as often.' },
  quiet: { sentence: 'Shows the conclusion only.' },
} as const satisfies Record<string, BenchOptionDeclaration>;

export type DoctorOptionName = keyof typeof DOCTOR_OPTIONS;

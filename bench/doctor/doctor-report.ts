/** The one model of what the doctor says. JSON is this as it is; docs/benchmarking.md describes it. */
import type { Environment } from '../environment.js';
import { CHECK_NAMES, CHECKS, type CheckDeclaration, type CheckName, USES, type Use } from './check-table.js';
import type { Finding } from './finding.js';
import { type Verdict, worst } from './verdict.js';

export const DOCTOR_SCHEMA = 'consort-doctor';
export const DOCTOR_SCHEMA_VERSION = 1;

export interface DoctorReport {
  readonly schema: typeof DOCTOR_SCHEMA;
  readonly schemaVersion: typeof DOCTOR_SCHEMA_VERSION;
  /** Whether nothing is poor. */
  readonly passed: boolean;
  /** The worst of all checks. */
  readonly verdict: Verdict;
  /** What the machine is good for, in one line. */
  readonly conclusion: string;
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly options: { readonly quick: boolean };
  readonly environment: Environment;
  readonly uses: readonly UseReport[];
  readonly checks: readonly CheckReport[];
}

export interface UseReport {
  readonly use: Use;
  readonly verdict: Verdict;
  /** The checks that make it no better. */
  readonly because: readonly CheckName[];
}

export interface CheckReport extends Finding {
  readonly check: CheckName;
  readonly uses: readonly Use[];
}

type Frame = Pick<DoctorReport, 'startedAt' | 'durationSeconds' | 'options' | 'environment'>;

export function doctorReport(findings: Readonly<Record<CheckName, Finding>>, frame: Frame): DoctorReport {
  const checks = CHECK_NAMES.map((check) => ({ check, uses: declarationOf(check).uses, ...findings[check] }));
  const uses = (Object.keys(USES) as Use[]).map((use) => useReport(use, checks));
  const verdict = worst(checks.map((check) => check.verdict));
  return {
    schema: DOCTOR_SCHEMA,
    schemaVersion: DOCTOR_SCHEMA_VERSION,
    passed: verdict !== 'poor',
    verdict,
    conclusion: uses.map(conclude).join('; '),
    ...frame,
    uses,
    checks,
  };
}

export function declarationOf(check: CheckName): CheckDeclaration {
  return CHECKS[check];
}

function useReport(use: Use, checks: readonly CheckReport[]): UseReport {
  const those = checks.filter(({ uses }) => uses.includes(use));
  const verdict = worst(those.map((check) => check.verdict));
  const because = verdict === 'good' ? [] : those.filter((check) => check.verdict === verdict);
  return { use, verdict, because: because.map(({ check }) => check) };
}

/** `fair for consort bench (load, CPUs)`. */
function conclude({ use, verdict, because }: UseReport): string {
  const names = because.map((check) => declarationOf(check).title).join(', ');
  return `${verdict} for ${USES[use]}${names === '' ? '' : ` (${names})`}`;
}

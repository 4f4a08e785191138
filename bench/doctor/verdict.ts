/** How good something is for measuring. */
export const VERDICTS = ['good', 'fair', 'poor', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Up to `good` it is good, up to `fair` it is fair. */
export interface Limits {
  readonly good: number;
  readonly fair: number;
}

/** Of what had better be small. */
export function grade(value: number, { good, fair }: Limits): Verdict {
  if (Number.isNaN(value)) return 'unknown';
  if (value <= good) return 'good';
  return value <= fair ? 'fair' : 'poor';
}

const FROM_BEST = ['good', 'fair', 'poor'] as const;

/** What is unknown says nothing, unless there is nothing else. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return [...FROM_BEST].reverse().find((verdict) => verdicts.includes(verdict)) ?? 'unknown';
}

/** Who a mark belongs to, by colour: the same in all charts. */
import type { Verdict } from '../../compare/verdict.js';
import type { ResultHead } from '../../results.js';

const KNOWN = ['native', 'ts', 'mixed', 'limit', 'tcp', 'dgram'] as const;
const OTHERS = ['other-1', 'other-2', 'other-3', 'other-4', 'other-5'] as const;
/** Verdicts have colours of their own: in a comparison they are what matters. */
export type Tone = (typeof KNOWN)[number] | (typeof OTHERS)[number] | Verdict | 'control';

/** What a group's data plane is, or what stands beside groups; what is not known here takes one of the other colours, always the same. */
export function toneOf({ row, mode }: Pick<ResultHead, 'row' | 'mode'>): Tone {
  const who: string = mode ?? row;
  const known = KNOWN.find((each) => each === who);
  if (known !== undefined) return known;
  const sum = [...who].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return OTHERS[sum % OTHERS.length] ?? 'other-1';
}

export interface Look {
  readonly tone: Tone;
  /** 0: a line as it is; others are dashed, so that rows of one colour can be told from each other. */
  readonly dash: number;
}

/** How the rows of a chart look: of those that have a colour in common the first is plain. */
export function looksOf(heads: readonly Pick<ResultHead, 'row' | 'mode'>[]): readonly Look[] {
  const seen = new Map<Tone, number>();
  return heads.map((head) => {
    const tone = toneOf(head);
    const dash = seen.get(tone) ?? 0;
    seen.set(tone, dash + 1);
    return { tone, dash: Math.min(dash, 3) };
  });
}

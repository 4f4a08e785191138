/**
 * When the launches are looked at. Each look may err, and what it may err with is paid out of one alpha: the looks' shares add up to it (Bonferroni over
 * looks, Holm within). What is decided needs no more launches; what is not gets those of the next look. The first look only finds what is the same: that
 * is most of a suite, as a rule, and needs fewer launches.
 */
export interface Look {
  /** Of each benchmark, in all. */
  readonly launches: number;
  /** With at most this probability any benchmark is found to differ that does not. */
  readonly alpha: number;
  /** With at most this probability the interval around an effect misses it. */
  readonly intervalAlpha: number;
}

const SHARES = [0.4, 0.3, 0.3];
const GROWTH = [1, 1.5, 2.2];
const INTERVAL_SHARE = 0.4;
/** With fewer launches a single odd one would decide. All are even, for the sides begin in turns. */
const LEAST_LAUNCHES = 6;
const LEAST_FOR_CHANGE = 10;
const LEAST_TO_CONFIRM = 8;

/**
 * The second look comes when the sign-flip test can reject at all: with n launches its smallest result is 2 / 2^n, and Holm's procedure wants one of
 * `comparisons` to be so many times smaller than the look's alpha.
 * @param most looks that can reject
 */
export function planLooks(alpha: number, comparisons: number, most = SHARES.length): readonly Look[] {
  const shares = SHARES.slice(0, most);
  const paid = shares.reduce((sum, share) => sum + share, 0);
  const alphas = shares.map((share) => (alpha * share) / paid);
  const intervalAlpha = alpha * INTERVAL_SHARE;
  const first = Math.max(LEAST_FOR_CHANGE, ...alphas.map((each) => launchesFor((2 * comparisons) / each)));
  return [
    { launches: LEAST_LAUNCHES, alpha: 0, intervalAlpha },
    ...alphas.map((each, at) => ({
      launches: even(first * (GROWTH[at] as number)),
      alpha: each,
      intervalAlpha,
    })),
  ];
}

/** Fresh launches that confirm one of `candidates` regressions; the direction is known by then. */
export function confirmingLaunches(alpha: number, candidates: number): number {
  return even(Math.max(LEAST_TO_CONFIRM, launchesFor(candidates / alpha)));
}

/** Of a control, beside so many of each benchmark: it shall show what is wrong with all, and need not see as little as a benchmark has to. */
export function controlLaunches(launches: number): number {
  return Math.max(LEAST_LAUNCHES, even(launches / 2));
}

function even(launches: number): number {
  return 2 * Math.ceil(launches / 2);
}

/** So many launches have so many choices of signs. */
function launchesFor(choices: number): number {
  return Math.ceil(Math.log2(choices));
}

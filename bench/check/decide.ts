/**
 * The course of a check: launch after launch of all rows in turns, a look now and then, more launches for what is undecided, and fresh ones with the
 * directories swapped for what has changed. What a launch is, is somebody else's business.
 */
import { detectable, type Estimate, estimate } from './statistics/estimate.js';
import { type Confirmed, confirm, controlMoved, type Judged, judge } from './statistics/judge.js';
import { confirmingLaunches, controlLaunches, planLooks } from './statistics/looks.js';

/** `benchmark`: base against head. The others are controls: both sides are the same, so they must not move. */
export type RowKind = 'benchmark' | 'null' | 'frozen';

export type Verdict = 'regression' | 'improvement' | 'same' | 'inconclusive';

export interface DecideSettings {
  /** With at most this probability any benchmark that is the same on both sides is taken for slower by the first launches; and again by those that confirm. */
  readonly alpha: number;
  /** Changes up to this count as none: 0.025 is 2.5 %. */
  readonly minEffect: number;
  /** How often at most more launches are added for what is undecided. */
  readonly looks: number;
  readonly seed: number;
  /** Whether there is time for more launches than those that can reject at all. */
  readonly hasTime: () => boolean;
}

/** Of the looks. */
const FIRST_REJECTING = 1;

/** One launch of a row: its effect, ln(head / base). With `swapped` the sides lie in each other's directories. */
export type Launch = (row: number, launch: number, swapped: boolean) => Promise<number>;

export interface Decided {
  readonly kind: RowKind;
  /** Undefined: a control, or the check was stopped before. */
  readonly verdict: Verdict | undefined;
  readonly effects: readonly number[];
  readonly estimate: Estimate | undefined;
  readonly p: number | undefined;
  /** Of what was found slower or faster. */
  readonly confirmation: (Confirmed & { readonly effects: readonly number[] }) | undefined;
  /** The smallest effect that would have been seen, as a rule; of what is inconclusive. */
  readonly detectable: number | undefined;
}

export interface Decision {
  readonly rows: readonly Decided[];
  /** Controls that have moved: the check says nothing. */
  readonly moved: readonly number[];
}

interface Course {
  readonly effects: number[];
  judged: Judged | undefined;
  readonly confirming: number[];
  confirmed: Confirmed | undefined;
}

export async function decide(kinds: readonly RowKind[], settings: DecideSettings, launch: Launch): Promise<Decision> {
  const { alpha, minEffect, seed } = settings;
  const courses = kinds.map((): Course => ({ effects: [], judged: undefined, confirming: [], confirmed: undefined }));
  const benchmarks = indices(kinds, (kind) => kind === 'benchmark');
  const controls = indices(kinds, (kind) => kind !== 'benchmark');
  const at = (row: number) => courses[row] as Course;
  const end = (moved: readonly number[]) => ({
    rows: courses.map((each, row) => ended(each, kinds[row] as RowKind, settings)),
    moved,
  });
  const moved = (of: (row: number) => readonly number[]) =>
    controls.filter((row) => controlMoved(of(row), minEffect, seed));

  /** Of benchmarks, and of all controls beside them. */
  const fill = (rows: readonly number[], launches: number, swapped: boolean) =>
    launchMissing(
      [
        ...rows.map((row) => ({ row, launches })),
        ...controls.map((row) => ({ row, launches: controlLaunches(launches) })),
      ],
      (row) => (swapped ? at(row).confirming : at(row).effects),
      (row, each) => launch(row, each, swapped),
    );

  let open = benchmarks;
  for (const [index, look] of planLooks(alpha, benchmarks.length, settings.looks).entries()) {
    if (index > FIRST_REJECTING && !settings.hasTime()) break;
    await fill(open, look.launches, false);
    const judged = judge(
      benchmarks.map((row) => (open.includes(row) ? at(row).effects : undefined)),
      look,
      minEffect,
      seed,
    );
    for (const [place, row] of benchmarks.entries()) at(row).judged = judged[place] ?? at(row).judged;
    const odd = moved((row) => at(row).effects);
    if (odd.length > 0) return end(odd);
    open = open.filter((row) => at(row).judged?.standing === 'open');
    if (open.length === 0) break;
  }

  const candidates = benchmarks.flatMap((row) => {
    const standing = at(row).judged?.standing;
    return standing === 'slower' || standing === 'faster' ? [{ row, standing, effects: at(row).confirming }] : [];
  });
  if (candidates.length === 0) return end([]);
  await fill(
    candidates.map(({ row }) => row),
    confirmingLaunches(alpha, candidates.length),
    true,
  );
  const confirmed = confirm(candidates, alpha, minEffect, seed);
  for (const [index, { row }] of candidates.entries()) at(row).confirmed = confirmed[index];
  return end(moved((row) => at(row).confirming));
}

/** Rows take turns, so that all see the same weather. Whoever launches says how many there are at once. */
async function launchMissing(
  rows: readonly { readonly row: number; readonly launches: number }[],
  effectsOf: (row: number) => number[],
  launch: (row: number, each: number) => Promise<number>,
): Promise<void> {
  const most = Math.max(...rows.map(({ launches }) => launches));
  const missing = Array.from({ length: most }, (_, each) =>
    rows
      .filter(({ row, launches }) => each >= effectsOf(row).length && each < launches)
      .map(({ row }) => ({ row, each })),
  ).flat();
  const measured = await Promise.all(missing.map(({ row, each }) => launch(row, each)));
  for (const [at, { row }] of missing.entries()) effectsOf(row).push(measured[at] as number);
}

function ended({ effects, judged, confirming, confirmed }: Course, kind: RowKind, settings: DecideSettings): Decided {
  const verdict = kind === 'benchmark' && judged !== undefined ? verdictOf(judged, confirmed) : undefined;
  const estimated = judged?.estimate ?? (effects.length > 1 ? estimate(effects, settings.alpha) : undefined);
  const undecided = verdict === 'inconclusive' && estimated !== undefined;
  return {
    kind,
    verdict,
    effects,
    estimate: estimated,
    p: judged?.p,
    confirmation: confirmed && { ...confirmed, effects: confirming },
    detectable: undecided ? detectable(estimated, settings.minEffect) : undefined,
  };
}

function verdictOf({ standing }: Judged, confirmed: Confirmed | undefined): Verdict {
  if (confirmed?.confirmed === true) return standing === 'slower' ? 'regression' : 'improvement';
  return standing === 'same' ? 'same' : 'inconclusive';
}

function indices(kinds: readonly RowKind[], wanted: (kind: RowKind) => boolean): readonly number[] {
  return kinds.flatMap((kind, row) => (wanted(kind) ? [row] : []));
}

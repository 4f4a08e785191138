/** What the members of a soak have to agree on, and what their memory may do. */
import type { MemorySeries } from '../results.js';
import type { ClosedView } from '../roles/soak-log.js';
import type { SoakReport } from '../roles/soak-role.js';
import { type Slope, slopeOf } from '../stats/slope.js';

/** Views that are kept until others have told of them. */
const MAX_VIEWS = 500;
/** Points of a series that are kept: with more, every other one goes. */
const MAX_POINTS = 240;
/** The first of it is not judged: code is compiled, heaps find their size. */
const SETTLING_SHARE = 0.2;
/** Shorter soaks are not judged: caches fill. */
const MIN_JUDGED_HOURS = 0.1;
/** How far memory may grow in the time that is judged, or in an hour if that is shorter. */
const GROWTH_BYTES = 16 * 2 ** 20;
const HOUR_SECONDS = 3600;

/** Compares what members got that went from one view to the next together. */
export class ViewComparison {
  private readonly told = new Map<string, { readonly who: string; readonly closed: ClosedView }[]>();
  compared = 0;

  /** Returns what does not agree. */
  add(who: string, closed: readonly ClosedView[]): readonly string[] {
    return closed.flatMap((each) => {
      const key = `${each.view} > ${each.next}`;
      const others = this.told.get(key) ?? [];
      this.told.set(key, [...others, { who, closed: each }]);
      if (this.told.size > MAX_VIEWS) this.told.delete(this.told.keys().next().value as string);
      this.compared += others.length;
      return others.flatMap((other) => differences(who, each, other.who, other.closed));
    });
  }
}

/** What a member sent itself it has not got: of it the others have to agree. */
function differences(who: string, mine: ClosedView, other: string, its: ClosedView): readonly string[] {
  return Object.keys(mine.came)
    .filter((sender) => sender !== who && sender !== other)
    .flatMap((sender) => {
      const [a, b] = [mine.came[sender], its.came[sender]];
      if (a?.messages === b?.messages && a?.hash === b?.hash) return [];
      const counts = `${a?.messages ?? 'no'} and ${b?.messages ?? 'no'} messages`;
      return [`in view ${mine.view} ${who} and ${other} got ${counts} of ${sender}, or others`];
    });
}

/** At the end, when nobody sends any more: who has not got what. */
export function missingAtEnd(reports: readonly SoakReport[]): readonly string[] {
  return reports.flatMap(({ name, progress }) =>
    reports
      .filter((sender) => sender.name !== name && sender.sent > 0 && progress[sender.name] !== sender.sent)
      .map((sender) => `${name} has ${progress[sender.name] ?? 0} of ${sender.sent} messages of ${sender.name}`),
  );
}

/** One member's memory over time, thinned out as it grows. */
export class MemoryLog {
  private atSeconds: number[] = [];
  private residentBytes: number[] = [];
  private keepEvery = 1;
  private seen = 0;

  add(atSeconds: number, residentBytes: number): void {
    if (this.seen++ % this.keepEvery !== 0) return;
    this.atSeconds.push(atSeconds);
    this.residentBytes.push(residentBytes);
    if (this.atSeconds.length <= MAX_POINTS) return;
    const even = (_: number, at: number) => at % 2 === 0;
    this.atSeconds = this.atSeconds.filter(even);
    this.residentBytes = this.residentBytes.filter(even);
    this.keepEvery *= 2;
  }

  series(member: number): MemorySeries {
    return { member, atSeconds: this.atSeconds, residentBytes: this.residentBytes };
  }
}

/** The steepest of all members, by what it is at least. Bytes per hour. */
export function steepest(memory: readonly MemorySeries[]): Slope | undefined {
  const slopes = memory.flatMap(({ atSeconds, residentBytes }) => {
    const from = settledAt(atSeconds);
    const slope = slopeOf(
      atSeconds.slice(from).map((at) => at / HOUR_SECONDS),
      residentBytes.slice(from),
    );
    return slope === undefined ? [] : [slope];
  });
  return slopes.sort((a, b) => b.low - a.low)[0];
}

/** What a slope may be. Undefined: it was too short to tell. */
export function slopeLimit(memory: readonly MemorySeries[]): number | undefined {
  const hours = Math.max(0, ...memory.map(({ atSeconds }) => judgedHours(atSeconds)));
  return hours < MIN_JUDGED_HOURS ? undefined : GROWTH_BYTES / Math.min(1, hours);
}

function judgedHours(atSeconds: readonly number[]): number {
  return ((atSeconds.at(-1) ?? 0) - (atSeconds[settledAt(atSeconds)] ?? 0)) / HOUR_SECONDS;
}

function settledAt(atSeconds: readonly number[]): number {
  const settled = (atSeconds.at(-1) ?? 0) * SETTLING_SHARE;
  return atSeconds.findIndex((at) => at >= settled);
}

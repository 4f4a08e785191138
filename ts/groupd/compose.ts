/** Which parts go into one view, and what that view is. */
import { compareViewIds, sameViewId, type ViewId, type ViewState } from '../stack/view-state.js';
import type { Part, Report } from './part.js';

export interface Flushed {
  readonly part: Part;
  readonly report: Report;
}

export interface Sorted {
  /** The parts of each view that is to be. */
  readonly bins: readonly (readonly Flushed[])[];
  /** Parts of one view were kept apart: they can be one in the view after. */
  readonly again: boolean;
}

/**
 * Who was there before one who has just come, then the view of more members, then the newer one: the first keeps its ranks. Two parts of one
 * view have been flushed apart and have not delivered the same: they never go to one view together (invariant 3).
 */
export function sortIntoViews(parts: readonly Flushed[], maxMembers: number): Sorted {
  const bins: Flushed[][] = [];
  let again = false;
  for (const each of [...parts].sort(compareParts)) {
    const apart = (bin: readonly Flushed[]) => bin.some(({ part }) => sameViewId(part.view, each.part.view));
    const fits = (bin: readonly Flushed[]) => sizeOf(bin) + each.report.survivors.length <= maxMembers;
    const bin = bins.find((other) => fits(other) && !apart(other));
    again ||= bins.some((other) => fits(other) && apart(other));
    if (bin === undefined) bins.push([each]);
    else bin.push(each);
  }
  return { bins, again };
}

export function sizeOf(bin: readonly Flushed[]): number {
  return bin.reduce((sum, { report }) => sum + report.survivors.length, 0);
}

/** The next view of these parts, without a message yet. What is agreed in a group but not known here is empty: its members fill it in. */
export function compose(bin: readonly Flushed[], params: string, protocol: string): ViewState {
  const members = bin.flatMap(({ report }) => report.survivors);
  const [first] = members;
  if (first === undefined) throw new RangeError('a view of nobody');
  const id: ViewId = { time: 1 + Math.max(...bin.map(({ part }) => part.floor)), coordinator: first };
  return {
    groupName: '',
    protocol,
    params,
    id,
    members,
    previous: bin.map(({ part }) => part.view),
    primary: false,
    message: new Uint8Array(0),
  };
}

function compareParts({ part: a, report: ofA }: Flushed, { part: b, report: ofB }: Flushed): number {
  return (
    Number(a.fresh) - Number(b.fresh) || ofB.survivors.length - ofA.survivors.length || compareViewIds(b.view, a.view)
  );
}

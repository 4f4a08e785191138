/** What the scenario `views` measures, as data: tables, JSON and docs/benchmarking.md name them so. */
export interface ViewMeasureDeclaration {
  /** From what to what: a row of the table. */
  readonly title: string;
  /** What a group of eight shall do on a machine that has nothing else to do; milliseconds. Undefined: nobody has said. */
  readonly aimMillis?: number;
  /** Whether a process has to be hurt for it. */
  readonly needsProcesses?: boolean;
  /** Whether all members cast meanwhile. */
  readonly underLoad?: boolean;
}

export const VIEW_MEASURES = {
  formation: { title: 'all join at once: last join() to one view at all', aimMillis: 300 },
  join: { title: 'one more joins: join() to its view', aimMillis: 15 },
  joinAll: { title: 'one more joins: join() to that view at all others', aimMillis: 15 },
  leave: { title: 'it leaves: leave() until done' },
  leaveAll: { title: 'it leaves: leave() to the view without it at all others' },
  merge: { title: 'two halves hear each other again: to one view at all' },
  crash: { title: 'one is killed: to the view without it at all others', aimMillis: 100, needsProcesses: true },
  /** Its aim comes from the parameters of the stack. */
  hang: { title: 'one is stopped: to the view without it at all others', needsProcesses: true },
  blockedPrompt: { title: 'all cast, new view: each kept from sending', aimMillis: 100, underLoad: true },
  blockedJoin: { title: 'all cast, one more joins: each kept from sending', aimMillis: 100, underLoad: true },
  blockedLeave: { title: 'all cast, it leaves: each kept from sending', aimMillis: 100, underLoad: true },
} as const satisfies Record<string, ViewMeasureDeclaration>;

export type ViewMeasure = keyof typeof VIEW_MEASURES;

export const VIEW_MEASURE_NAMES = Object.keys(VIEW_MEASURES) as ViewMeasure[];

/** The aims are those of groups of up to so many. */
export const AIM_MEMBERS = 8;

/** How long a member may be silent before it is suspected: sweeps of so many seconds, so many of them. */
export interface Suspicion {
  readonly sweepSeconds: number;
  readonly maxIdle: number;
}

/** The defaults of the stack; with --quick a tenth of a second five times. */
export function suspicionOf({ quick }: { readonly quick: boolean }): Suspicion {
  return { sweepSeconds: quick ? 0.1 : 0.5, maxIdle: 5 };
}

/** Undefined: there is none. */
export function aimMillis(measure: ViewMeasure, members: number, suspicion: Suspicion): number | undefined {
  const { aimMillis: aim }: ViewMeasureDeclaration = VIEW_MEASURES[measure];
  if (measure === 'hang') return 2 * suspicion.sweepSeconds * suspicion.maxIdle * 1000;
  return members <= AIM_MEMBERS ? aim : undefined;
}

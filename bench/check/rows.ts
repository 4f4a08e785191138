/** What a check measures in turns: benchmarks, and the controls beside them. */
import type { RowKind } from './decide.js';
import type { Lanes } from './launcher/lanes.js';
import type { LaunchResult, SidePlace } from './launcher/launch.js';
import type { Calibrated } from './launcher/protocol.js';
import { SideProcess } from './launcher/side-process.js';
import type { Surroundings } from './launcher/surroundings.js';
import { BATCH_MICROS } from './plan.js';
import type { Slots } from './sides/slots.js';

export interface Row {
  readonly kind: RowKind;
  readonly name: string;
  /** In the file that is loaded. */
  readonly benchmark: string;
  readonly calibrated: Calibrated;
  readonly places: (slots: Slots) => { readonly base: SidePlace; readonly head: SidePlace };
  readonly results: LaunchResult[];
}

/** Iterations are those that take the base a batch's time; they are the same in all launches, so that both sides always do the same. */
export async function makeRows(
  names: readonly string[],
  warmUpMicros: number,
  slots: Slots,
  lanes: Lanes,
  onCalibrate: (benchmark: string) => void,
): Promise<readonly Row[]> {
  const calibrated = (place: SidePlace, benchmark: string) =>
    lanes.run(async ({ surroundings }) => {
      onCalibrate(benchmark);
      return calibrate(place, benchmark, warmUpMicros, surroundings);
    });
  const [frozen, ...all] = await Promise.all([
    calibrated(slots.frozenBase, 'frozen'),
    ...names.map((benchmark) => calibrated(slots.base, benchmark)),
  ]);
  const benchmarks = names.map((name, at): Row => {
    const places = ({ base, head }: Slots) => ({ base, head });
    return { kind: 'benchmark', name, benchmark: name, calibrated: all[at] as Calibrated, places, results: [] };
  });
  const [first] = benchmarks as [Row];
  return [
    ...benchmarks,
    { ...first, kind: 'null', name: 'null', places: ({ base, copy }) => ({ base, head: copy }), results: [] },
    {
      kind: 'frozen',
      name: 'frozen',
      benchmark: 'frozen',
      calibrated: frozen,
      places: ({ frozenBase, frozenHead }) => ({ base: frozenBase, head: frozenHead }),
      results: [],
    },
  ];
}

async function calibrate(
  { directory, file }: SidePlace,
  benchmark: string,
  warmUpMicros: number,
  surroundings: Surroundings,
): Promise<Calibrated> {
  const child = SideProcess.start({ side: 'base', surroundings, directory });
  try {
    await child.ask<'load'>({ do: 'load', file, benchmark });
    return await child.ask<'calibrate'>({ do: 'calibrate', batchMicros: BATCH_MICROS, warmUpMicros });
  } finally {
    await child.end();
  }
}

/** From times to results: one for each thing that was measured. */
import type { Isolation } from '../options.js';
import type { Block, GroupRow } from '../plan.js';
import type { ViewsResult, ViewsSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import type { ViewsMeasurement } from '../scenarios/views.js';
import { summarize } from '../stats/summary.js';
import {
  aimMillis,
  suspicionOf,
  VIEW_MEASURE_NAMES,
  VIEW_MEASURES,
  type ViewMeasure,
  type ViewMeasureDeclaration,
} from '../view-measures.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

interface Settings {
  readonly quick: boolean;
  readonly isolation: Isolation;
}

/** Whoever can't be killed alone is not asked how long the others take to notice. */
export function viewsResults(
  block: Block,
  outcomes: readonly Outcome<ViewsMeasurement>[],
  settings: Settings,
): readonly ViewsResult[] {
  const measures = VIEW_MEASURE_NAMES.filter((name) => {
    const { needsProcesses }: ViewMeasureDeclaration = VIEW_MEASURES[name];
    return needsProcesses !== true || settings.isolation === 'processes';
  });
  return outcomes.flatMap(({ row, samples, error }) =>
    measures.map((measure) => {
      const taken = samples.map((sample) => sampleOf(sample, measure));
      return defined<ViewsResult>({
        ...resultHead(block, row, frameBytes(block), error),
        measure,
        samples: taken,
        tookMillis: summarize(taken.flatMap(({ tookMillis }) => tookMillis)),
        aimMillis: aimMillis(measure, (row as GroupRow).members, suspicionOf(settings)),
      });
    }),
  );
}

function sampleOf({ repetition, millis, verifiedMessages }: ViewsMeasurement, measure: ViewMeasure): ViewsSample {
  const { underLoad }: ViewMeasureDeclaration = VIEW_MEASURES[measure];
  return { repetition, tookMillis: millis[measure] ?? [], ...(underLoad === true ? { verifiedMessages } : {}) };
}

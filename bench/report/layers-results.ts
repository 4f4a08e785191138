/** From measurements of layers to results. */
import { LAYERS, type LayerName } from '../layers/layer-table.js';
import type { Block } from '../plan.js';
import type { LayersResult, LayersSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { pairedRatio, summarize } from '../stats/summary.js';
import { resultHead } from './result-head.js';
import { defined } from './throughput-results.js';

export function layersResults(block: Block, outcomes: readonly Outcome<LayersSample>[]): readonly LayersResult[] {
  const layer = block.layer as LayerName;
  const byRepetition = ({ samples }: Outcome<LayersSample>) =>
    new Map(samples.map(({ repetition, nanosPerOperation }) => [repetition, nanosPerOperation]));
  const ts = outcomes.find(({ row }) => row.kind === 'layer' && row.mode === 'ts');
  return outcomes.map((outcome) => {
    const { row, samples, error } = outcome;
    return defined<LayersResult>({
      ...resultHead(block, row, frameBytes(block), error),
      layer,
      operation: LAYERS[layer].operation,
      samples,
      nanosPerOperation: summarize(samples.map(({ nanosPerOperation }) => nanosPerOperation)),
      timesTs: ts === undefined || ts === outcome ? undefined : pairedRatio(byRepetition(ts), byRepetition(outcome)),
    });
  });
}

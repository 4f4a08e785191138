/** Each layer of the data plane alone, in one language: no socket, no other process, and the same input in both. */
import type { LayerRow } from '../plan.js';
import type { Crew } from '../pool/crew.js';
import type { LayersSample } from '../results.js';
import { PATIENCE_SECONDS, type Trial, TrialError } from './trial.js';

/** Steadier than what crosses sockets and processes: shorter measurements do. */
const SHARE_OF_SECONDS = 0.5;

export async function measureLayerRow(crew: Crew, trial: Trial<LayerRow>): Promise<LayersSample> {
  const { row, block, settings, repetition } = trial;
  const [actor] = crew.actors;
  if (actor === undefined || block.layer === undefined) throw new TrialError('there is no layer to measure');
  const seconds = settings.seconds * SHARE_OF_SECONDS;
  const measure = { layer: block.layer, language: row.mode, seconds };
  return { repetition, ...(await actor.call('layersMeasure', measure, seconds + PATIENCE_SECONDS)) };
}

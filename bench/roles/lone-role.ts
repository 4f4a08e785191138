/** What needs no other worker: a layer alone, a group in the simulator. What most workers never do is loaded when it is asked for. */
import type { ScaleResult } from '../../ts/sim/large.js';
import type { LayerName } from '../layers/layer-table.js';
import type { Language } from '../layers/layer-work.js';
import type { LayerFigures } from '../layers/measure-layer.js';

export interface LayerMeasure {
  readonly layer: LayerName;
  readonly language: Language;
  readonly seconds: number;
}

export interface Simulate {
  readonly members: number;
  readonly mode: Language;
  readonly sizeBytes: number;
  readonly seed: number;
}

export class LoneRole {
  readonly measureLayer = async ({ layer, language, seconds }: LayerMeasure): Promise<LayerFigures> => {
    const { measureLayer } = await import('../layers/measure-layer.js');
    return measureLayer(layer, language, seconds);
  };

  readonly simulate = async ({ members, mode, sizeBytes, seed }: Simulate): Promise<ScaleResult> => {
    const { runScale } = await import('../../ts/sim/large.js');
    return runScale(members, mode, sizeBytes, seed);
  };
}

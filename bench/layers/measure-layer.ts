/** Measures one layer in one language with the package `benchmark`, which finds out how many runs a sample takes. */
import Benchmark from 'benchmark';
import { median } from '../stats/summary.js';
import { DecodeWork } from './decode.js';
import { EncodeWork } from './encode.js';
import { LAYERS, type LayerName } from './layer-table.js';
import { ChecksumSink, type Language, type LayerWork } from './layer-work.js';
import { MessagesWork } from './messages.js';
import { StabilityWork } from './stability.js';
import { StreamWork } from './stream.js';

/** Of one run. */
const SMALL_MESSAGES = 1024;
const LARGE_MESSAGES = 1;
/** Compiled by then. Seconds, and at least so many runs. */
const WARM_UP_SECONDS = 0.1;
const WARM_UP_RUNS = 20;
const MIN_SAMPLES = 5;

export interface LayerFigures {
  /** Median of the samples. */
  readonly nanosPerOperation: number;
  readonly operations: number;
  /** Samples that `benchmark` has taken. */
  readonly cycles: number;
  readonly checksum: number;
}

const WORKS: Readonly<Record<LayerName, (language: Language) => LayerWork>> = {
  encode: (language) => new EncodeWork(language),
  decode: (language) => new DecodeWork(language),
  checksum: (language) => new StreamWork(language, { checked: true, loses: false }),
  packing: (language) => new MessagesWork(language, SMALL_MESSAGES, LAYERS.packing.sizeBytes),
  fragmentation: (language) => new MessagesWork(language, LARGE_MESSAGES, LAYERS.fragmentation.sizeBytes),
  loss: (language) => new StreamWork(language, { checked: false, loses: true }),
  stability: (language) => new StabilityWork(language),
};

export function makeLayerWork(layer: LayerName, language: Language): LayerWork {
  return WORKS[layer](language);
}

/** @throws UnverifiedError when anything comes out that should not */
export function measureLayer(layer: LayerName, language: Language, seconds: number): LayerFigures {
  const work = makeLayerWork(layer, language);
  const sink = new ChecksumSink(work.expected);
  warmUp(work, sink);
  let failure: unknown;
  let runs = 0;
  const benchmark = new Benchmark({
    maxTime: seconds,
    minSamples: MIN_SAMPLES,
    // One sample is as long as is needed for it to be exact to 1 %, but all of them together must have room.
    minTime: seconds / (2 * MIN_SAMPLES),
    fn: () => {
      if (failure !== undefined) return;
      try {
        sink.add(work.run());
        runs++;
      } catch (error) {
        failure = error;
      }
    },
  });
  benchmark.run({ async: false });
  if (failure !== undefined) throw failure;
  if (benchmark.error !== undefined) throw benchmark.error;
  const { sample } = benchmark.stats;
  return {
    nanosPerOperation: (median(sample) * 1e9) / work.operations,
    operations: runs * work.operations,
    cycles: sample.length,
    checksum: work.expected,
  };
}

function warmUp(work: LayerWork, sink: ChecksumSink): void {
  const end = performance.now() + WARM_UP_SECONDS * 1000;
  for (let run = 0; run < WARM_UP_RUNS || performance.now() < end; run++) sink.add(work.run());
}

/** What `npm run bench:check` measures of this project. */
import type { Benchmark } from '../check/api.js';
import { groupBenchmarks } from './group-benchmarks.js';
import { layerBenchmarks } from './layer-benchmarks.js';

export const benchmarks: readonly Benchmark[] = [...groupBenchmarks, ...layerBenchmarks];

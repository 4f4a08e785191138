// What `consort check` measures here. Each side loads this file, and through it what it has built itself.
export { benchmarks } from './dist/bench/gate/benchmarks.js';

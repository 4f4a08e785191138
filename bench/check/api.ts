/**
 * `consort/check`: how to write benchmarks for `consort check`. A file of benchmarks exports them as `benchmarks`:
 *
 *   export const benchmarks = defineBenchmarks([{ name: 'parse', setup: () => ({ run: (iterations) => checksum }) }]);
 *
 * It imports what it measures from its own side's folder: the check loads it once from the base, and once from the head.
 */

/** What a benchmark has computed: the same on both sides, or they do not do the same work. */
export type Checksum = number | string;

/** A benchmark that is ready to run. */
export interface PreparedBenchmark {
  /**
   * Does the work so many times, and returns something that depends on all of it, so that nothing can be left out. What it does may depend on what was run
   * before in this process, not on time or chance. Not the best place for sockets and timers: only CPU time counts here.
   */
  run(iterations: number): Checksum | Promise<Checksum>;
  /**
   * What is counted exactly since `setup`: datagrams, bytes, calls. It is compared per iteration and has to be equal; a rise is a regression without any
   * statistics.
   */
  counters?(): Readonly<Record<string, number>>;
  /**
   * For `--self-test inject=5%`: from now on the code that is measured takes this share longer. Both sides are asked for a share of 0 first, before they
   * warm up: whatever is put in for it is then there on both, and only the head is asked for more. Without it the check makes each run longer by itself.
   */
  slowDown?(share: number): void;
}

export interface Benchmark {
  /** Names it in reports and for `--filter`; unique. */
  readonly name: string;
  /** Whether `--quick` measures it, too. If no benchmark says so, `--quick` measures all. */
  readonly quick?: boolean;
  /** Once in each process, before anything is measured. */
  setup(): PreparedBenchmark | Promise<PreparedBenchmark>;
}

const MOST_NAME_CHARACTERS = 60;

/** Checks what it is given, and returns it. @throws TypeError for what is no benchmark, or a name that is there twice */
export function defineBenchmarks(benchmarks: readonly Benchmark[]): readonly Benchmark[] {
  const fault = findFault(benchmarks);
  if (fault !== undefined) throw new TypeError(`defineBenchmarks: ${fault}`);
  return benchmarks;
}

/** What is wrong with something that should be benchmarks; undefined: nothing. */
export function findFault(benchmarks: unknown): string | undefined {
  if (!Array.isArray(benchmarks) || benchmarks.length === 0) return 'want a list of benchmarks that is not empty';
  const names = new Set<string>();
  for (const [at, each] of benchmarks.entries()) {
    const { name, setup } = (each ?? {}) as Partial<Benchmark>;
    if (typeof name !== 'string' || !/^[^\p{C}]+$/u.test(name) || name.length > MOST_NAME_CHARACTERS)
      return `[${at}].name: want a text of 1 to ${MOST_NAME_CHARACTERS} printable characters`;
    if (typeof setup !== 'function') return `[${at}] (${name}): setup: want a function`;
    if (names.has(name)) return `[${at}]: there are two benchmarks named '${name}'`;
    names.add(name);
  }
  return undefined;
}

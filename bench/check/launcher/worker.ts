/**
 * The process of one side in one launch: loads a benchmark, and runs as many iterations of it as it is told. Both sides run this very file; only what it
 * loads differs.
 */
import { openSync, readSync, writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { pathToFileURL } from 'node:url';
import { cpuMicros } from '../../stats/cpu-micros.js';
import { median } from '../../stats/summary.js';
import { type Benchmark, type Checksum, findFault, type PreparedBenchmark } from '../api.js';
import { allocatedBytes, thisHeap } from './allocated.js';
import type { Answer, Answers, Batch, Calibrated, Counted, Listed, Order, OrderName, Turns } from './protocol.js';

/** So many batches tell how long one takes; of a warm-up, its last half does. */
const CALIBRATED_BATCHES = 25;
/** In warm-ups: a batch is as long as it is when nothing is left to compile. */
const COMPILED_AFTER = 4;

/** Whose turn it is: a byte in one of two named pipes. Whoever waits for it, sleeps. */
class Baton {
  private readonly byte = new Uint8Array(1);
  private readonly from: number;
  private readonly to: number;

  /** Opened for both directions, for opening a pipe with nobody at the other end would wait. */
  constructor(takes: string, gives: string) {
    this.from = openSync(takes, 'r+');
    this.to = openSync(gives, 'r+');
  }

  take(): void {
    readSync(this.from, this.byte);
  }

  give(): void {
    writeSync(this.to, this.byte);
  }
}

class Worker {
  private prepared: PreparedBenchmark | undefined;
  /** By how much a benchmark is made slower that does not do it by itself. */
  private burnShare = 0;
  private baton: Baton | undefined;

  readonly answers: { [Name in OrderName]: (order: Extract<Order, { do: Name }>) => Promise<Answers[Name]> } = {
    list: async ({ file }) =>
      (await benchmarksOf(file)).map(({ name, quick }): Listed => ({ name, quick: quick === true })),
    load: async ({ file, benchmark }) => {
      const found = (await benchmarksOf(file)).find(({ name }) => name === benchmark);
      if (found === undefined) throw new Error(`there is no benchmark '${benchmark}' on this side`);
      this.prepared = await found.setup();
    },
    calibrate: ({ batchMicros, warmUpMicros }) => this.calibrate(batchMicros, warmUpMicros),
    warmUp: async ({ iterations, batches }) => {
      const warmed: Batch[] = [];
      for (let batch = 0; batch < batches; batch++) warmed.push(await this.batch(iterations));
      const micros = median(warmed.slice(batches >> 1).map((batch) => batch.micros));
      return { micros, checksum: warmed.at(-1)?.checksum ?? 0 };
    },
    slowDown: async ({ share }) => this.slowDown(share),
    turns: (turns) => this.turns(turns),
    count: ({ iterations }) => this.count(iterations),
    allocated: async ({ iterations }) => ({
      bytes: await allocatedBytes((each) => this.benchmark.run(each), iterations, thisHeap()),
    }),
    instructions: async ({ iterations }) => {
      loadavg();
      await this.run(iterations);
      loadavg();
      const checksum = await this.run(2 * iterations);
      loadavg();
      return { checksum };
    },
  };

  private get benchmark(): PreparedBenchmark {
    if (this.prepared === undefined) throw new Error('no benchmark is loaded');
    return this.prepared;
  }

  /** Waits only for what is not there already: a turn of the event loop is not what is measured. */
  private async run(iterations: number): Promise<Checksum> {
    const checksum = this.benchmark.run(iterations);
    return checked(checksum instanceof Promise ? await checksum : checksum);
  }

  private async batch(iterations: number): Promise<Batch> {
    const start = cpuMicros();
    const returned = this.benchmark.run(iterations);
    const checksum = returned instanceof Promise ? await returned : returned;
    let end = cpuMicros();
    if (this.burnShare > 0) {
      const until = end + (end - start) * this.burnShare;
      while (end < until) end = cpuMicros();
    }
    return { micros: end - start, checksum: checked(checksum) };
  }

  /**
   * Both processes share a CPU, and hand it to each other by themselves: over the one that gives the orders it would take longer than a batch. The outer side
   * runs the last batch of a quartet and the first of the next, so each has as many that follow one of the other's as of its own.
   */
  private async turns({ iterations, quartets, begins, takes, gives }: Turns): Promise<readonly Batch[]> {
    this.baton ??= new Baton(takes, gives);
    const batches: Batch[] = [];
    for (let quartet = 0; quartet < quartets; quartet++) {
      if (!begins) this.baton.take();
      batches.push(await this.batch(iterations));
      if (begins) {
        this.baton.give();
        this.baton.take();
      }
      batches.push(await this.batch(iterations));
      if (!begins) this.baton.give();
    }
    return batches;
  }

  /** A batch is made longer until it has its time, and again when the code has been compiled and takes less. */
  private async calibrate(batchMicros: number, warmUpMicros: number): Promise<Calibrated> {
    let [iterations, spent, all, warmUpIterations] = [1, 0, 0, 0];
    let recent: number[] = [];
    for (;;) {
      const { micros } = await this.batch(iterations);
      all += iterations;
      spent += micros;
      recent.push(micros);
      if (warmUpIterations === 0 && spent >= warmUpMicros) warmUpIterations = all;
      const isCompiled = spent >= COMPILED_AFTER * warmUpMicros;
      if (!isCompiled && micros >= batchMicros / 2) continue;
      if (isCompiled && recent.length < CALIBRATED_BATCHES) continue;
      const usual = isCompiled ? median(recent.slice(-CALIBRATED_BATCHES)) : micros;
      if (isCompiled && usual > batchMicros / 2) {
        const wanted = Math.max(1, Math.round((iterations * batchMicros) / usual));
        return { iterations: wanted, batchMicros: (usual * wanted) / iterations, warmUpIterations };
      }
      iterations *= 2;
      recent = [];
    }
  }

  private slowDown(share: number): undefined {
    if (this.benchmark.slowDown === undefined) this.burnShare = share;
    else this.benchmark.slowDown(share);
    return undefined;
  }

  private async count(iterations: number): Promise<Counted> {
    const before = this.benchmark.counters?.() ?? {};
    const checksum = await this.run(iterations);
    const after = this.benchmark.counters?.() ?? {};
    const grown = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]);
    return { checksum, counters: Object.fromEntries(grown) };
  }
}

/** What is no number can not be compared. */
function checked(checksum: unknown): Checksum {
  if (typeof checksum === 'string' || Number.isFinite(checksum)) return checksum as Checksum;
  throw new TypeError(
    `run() returned ${String(checksum)}; want a finite number or a text that depends on all that was computed`,
  );
}

async function benchmarksOf(file: string): Promise<readonly Benchmark[]> {
  const { benchmarks } = (await import(pathToFileURL(file).href)) as { benchmarks?: unknown };
  const fault = benchmarks === undefined ? 'it exports no `benchmarks`' : findFault(benchmarks);
  if (fault !== undefined) throw new Error(`this is no file of benchmarks: ${fault}`);
  return benchmarks as readonly Benchmark[];
}

async function answer(worker: Worker, order: Order): Promise<Answer> {
  try {
    const handle = worker.answers[order.do] as (order: Order) => Promise<unknown>;
    return { value: await handle(order) };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const worker = new Worker();
process.on('message', (order: Order) => {
  void answer(worker, order).then((answered) => process.send?.(answered));
});
// Whoever gave the orders is gone.
process.on('disconnect', () => process.exit());
process.send?.({ value: 'ready' });

/** Runs a plan: a crew for each row, rows in turns, and nothing left behind. */
import type { BenchOptions } from './options.js';
import type { Block, Row } from './plan.js';
import type { Crew } from './pool/crew.js';
import { isUnverified } from './verify/unverified-error.js';

/** All measurements of a row, and why there are not more. */
export interface Outcome<Sample> {
  readonly row: Row;
  readonly samples: readonly Sample[];
  readonly error: string | undefined;
  /** Whether the error is that what came was not what was sent. */
  readonly unverified?: boolean;
}

export interface Turn {
  readonly block: Block;
  readonly row: Row;
  readonly repetition: number;
}

export interface RunContext {
  readonly options: Pick<BenchOptions, 'repeats'>;
  /** Of a row that is measured less often. Undefined: there is none. */
  repeatsOf?(row: Row): number;
  /** Aborted: stop, and keep what is complete. */
  readonly signal: AbortSignal;
  /** Repetitions after the first are left out from here on; ms of performance.now(). */
  readonly deadlineMs: number;
  /** The workers of a row, ready to go. */
  startCrew(row: Row): Promise<Crew>;
  onTurn(turn: Turn): void;
  onError(turn: Turn, error: string): void;
}

interface Lane<Sample> {
  readonly row: Row;
  crew: Crew | undefined;
  readonly samples: Sample[];
  error: string | undefined;
  unverified: boolean;
}

/**
 * Measures all rows of a block: repetition 0 of each, then repetition 1 of each, and so on, so that drift of the machine hits all alike. A
 * row that fails once is not measured again.
 */
export async function runBlock<Sample>(
  block: Block,
  context: RunContext,
  measure: (crew: Crew, turn: Turn) => Promise<Sample>,
): Promise<readonly Outcome<Sample>[]> {
  const lanes: Lane<Sample>[] = block.rows.map((row) => ({
    row,
    crew: undefined,
    samples: [],
    error: undefined,
    unverified: false,
  }));
  const closeAll = () => Promise.all(lanes.map((lane) => lane.crew?.close()));
  const onAbort = () => void closeAll();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await takeTurns(block, lanes, context, measure);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await closeAll();
  }
  return lanes.map(({ row, samples, error, unverified }) => ({ row, samples, error, unverified }));
}

async function takeTurns<Sample>(
  block: Block,
  lanes: readonly Lane<Sample>[],
  context: RunContext,
  measure: (crew: Crew, turn: Turn) => Promise<Sample>,
): Promise<void> {
  let lastRoundMs = 0;
  for (let repetition = 0; repetition < context.options.repeats; repetition++) {
    const startMs = performance.now();
    if (repetition > 0 && startMs + lastRoundMs > context.deadlineMs) return;
    for (const lane of lanes) {
      if (context.signal.aborted) return;
      if (lane.error !== undefined || repetition >= (context.repeatsOf?.(lane.row) ?? repetition + 1)) continue;
      const turn = { block, row: lane.row, repetition };
      context.onTurn(turn);
      await takeTurn(lane, turn, context, measure);
    }
    lastRoundMs = performance.now() - startMs;
  }
}

async function takeTurn<Sample>(
  lane: Lane<Sample>,
  turn: Turn,
  context: RunContext,
  measure: (crew: Crew, turn: Turn) => Promise<Sample>,
): Promise<void> {
  try {
    lane.crew ??= await context.startCrew(lane.row);
    if (context.signal.aborted) return;
    lane.samples.push(await measure(lane.crew, turn));
  } catch (error) {
    // Its workers were taken from under it: that is nobody's fault.
    if (context.signal.aborted) return;
    lane.error = error instanceof Error ? error.message : String(error);
    lane.unverified = isUnverified(error);
    context.onError(turn, lane.error);
    await lane.crew?.close();
  }
}

/** From measurements of throughput to results: summaries, and ratios to what was measured in the same turns. */
import { FIFO, FIXED_PROPERTIES } from '../options.js';
import { type Block, type GroupRow, isFixed, type Row, senderCount } from '../plan.js';
import type { ThroughputResult, ThroughputSample } from '../results.js';
import type { Outcome } from '../runner.js';
import { frameBytes } from '../scenarios/trial.js';
import { pairedRatio, summarize } from '../stats/summary.js';
import { resultHead } from './result-head.js';

type Outcomes = readonly Outcome<ThroughputSample>[];
type Measure = (sample: ThroughputSample) => number;

const perReceiver: Measure = (sample) => sample.messagesPerSecond;
const ofAll: Measure = (sample) => sample.deliveredMessagesPerSecond;

export function throughputResults(block: Block, outcomes: Outcomes): readonly ThroughputResult[] {
  return outcomes.map((outcome) => {
    const { row, samples, error } = outcome;
    const cpu = samples.flatMap(({ cpuSecondsPerMillionMessages: seconds }) =>
      seconds === undefined ? [] : [seconds],
    );
    return defined<ThroughputResult>({
      ...resultHead(block, row, frameBytes(block), error),
      samples,
      messagesPerSecond: summarize(samples.map(perReceiver)),
      bytesPerSecond: summarize(samples.map(({ bytesPerSecond }) => bytesPerSecond)),
      deliveredMessagesPerSecond: summarize(samples.map(ofAll)),
      cpuSecondsPerMillionMessages: summarize(cpu),
      shareOfLimit: row.kind === 'limit' ? undefined : ratio(outcome, reference(outcomes, 'limit')),
      timesTcp: row.kind === 'group' ? ratio(outcome, reference(outcomes, 'tcp')) : undefined,
      timesDgram: row.kind === 'group' ? ratio(outcome, reference(outcomes, 'dgram')) : undefined,
      ...(row.kind === 'group' ? groupRatios(row, outcome, outcomes) : {}),
    });
  });
}

/** How many bytes were sent again for each that was lost on purpose. */
export function resentPerLost(samples: readonly ThroughputSample[]): number | undefined {
  const lost = samples.reduce((sum, { lostBytes = 0 }) => sum + lostBytes, 0);
  const resent = samples.reduce((sum, { resentBytes = 0 }) => sum + resentBytes, 0);
  return lost === 0 ? undefined : resent / lost;
}

type GroupRatios = Pick<
  ThroughputResult,
  'timesTs' | 'shareOfFixed' | 'shareOfFifo' | 'shareOfLossless' | 'shareOfPair' | 'resentPerLost'
>;

function groupRatios(row: GroupRow, outcome: Outcome<ThroughputSample>, outcomes: Outcomes) {
  const like = (changes: Partial<GroupRow>) => findGroup(outcomes, { ...row, ...changes });
  const isPair = row.members === 2 && senderCount(row) === 1;
  const ratios: { [Name in keyof GroupRatios]: number | undefined } = {
    timesTs: row.mode === 'ts' ? undefined : ratio(outcome, like({ mode: 'ts' })),
    shareOfFixed: isFixed(row) ? undefined : ratio(outcome, like({ properties: FIXED_PROPERTIES })),
    shareOfFifo: row.ordering === FIFO ? undefined : ratio(outcome, like({ ordering: FIFO })),
    shareOfLossless: row.lossRate === 0 ? undefined : ratio(outcome, like({ lossRate: 0 })),
    shareOfPair: isPair
      ? undefined
      : ratio(outcome, like({ members: 2, senders: 'one' }), senderCount(row) === 1 ? perReceiver : ofAll),
    resentPerLost: resentPerLost(outcome.samples),
  };
  return ratios;
}

function reference(outcomes: Outcomes, kind: Row['kind']): Outcome<ThroughputSample> | undefined {
  return outcomes.find(({ row }) => row.kind === kind);
}

/** The same group; in another thread mode if there is none in the same. */
function findGroup(outcomes: Outcomes, wanted: GroupRow): Outcome<ThroughputSample> | undefined {
  const alike = outcomes.filter(
    ({ row }) =>
      row.kind === 'group' &&
      row.mode === wanted.mode &&
      row.properties === wanted.properties &&
      row.ordering === wanted.ordering &&
      row.members === wanted.members &&
      senderCount(row) === senderCount(wanted) &&
      row.lossRate === wanted.lossRate,
  );
  return alike.find(({ row }) => row.kind === 'group' && row.threads === wanted.threads) ?? alike[0];
}

function ratio(
  these: Outcome<ThroughputSample>,
  those: Outcome<ThroughputSample> | undefined,
  measure: Measure = perReceiver,
): number | undefined {
  if (those === undefined) return undefined;
  return pairedRatio(byRepetition(these.samples, measure), byRepetition(those.samples, measure));
}

function byRepetition(samples: readonly ThroughputSample[], measure: Measure): ReadonlyMap<number, number> {
  return new Map(samples.map((sample) => [sample.repetition, measure(sample)]));
}

/** Leaves out what is undefined, so that JSON and types agree. */
export function defined<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** The tables of a report: one for each block. */
import type {
  LatencyResult,
  LayersResult,
  ResultHead,
  ResultLists,
  ScaleResult,
  SoakResult,
  StoreCommits,
  StoreResult,
  ThroughputResult,
  TransferResult,
  ViewsResult,
} from '../results.js';
import { AIM_READ_SHARE } from '../store-aims.js';
import { VIEW_MEASURES } from '../view-measures.js';
import { duration, firstLine, gigabytes, percent, plain, quantity, range, spread, times } from './format.js';
import { rowLabel } from './result-head.js';
import { type Column, makeTable, type Table } from './table.js';
import {
  groupBy,
  latencyTitle,
  layersTitle,
  scaleTitle,
  soakTitle,
  storeTitle,
  throughputTitle,
  transferTitle,
  viewsTitle,
  wholeStoreTitle,
} from './titles.js';

const name: Column<ResultHead> = { title: 'row', cell: rowLabel };
const error: Column<ResultHead> = { title: 'error', cell: ({ error: message = '' }) => shorten(message) };

const throughputColumns: readonly Column<ThroughputResult>[] = [
  name,
  { title: 'msg/s', cell: (result) => quantity(result.messagesPerSecond?.median) },
  { title: '± MAD', cell: (result) => spread(result.messagesPerSecond) },
  { title: 'min – max', cell: (result) => range(result.messagesPerSecond) },
  { title: 'GB/s', cell: (result) => gigabytes(result.bytesPerSecond?.median) },
  {
    title: 'all receivers msg/s',
    cell: ({ members, senders, deliveredMessagesPerSecond: delivered }) =>
      members === 2 && (senders === 'one' || senders === 1) ? '' : quantity(delivered?.median),
  },
  { title: 'of limit', cell: ({ shareOfLimit }) => percent(shareOfLimit) },
  { title: '× tcp', cell: ({ timesTcp }) => times(timesTcp) },
  { title: '× dgram', cell: ({ timesDgram }) => times(timesDgram) },
  { title: '× ts', cell: ({ timesTs }) => times(timesTs) },
  { title: 'of pair', cell: ({ shareOfPair }) => percent(shareOfPair) },
  { title: 'of fixed', cell: ({ shareOfFixed }) => percent(shareOfFixed) },
  { title: 'of fifo', cell: ({ shareOfFifo }) => percent(shareOfFifo) },
  { title: 'of lossless', cell: ({ shareOfLossless }) => percent(shareOfLossless) },
  { title: 'resent / lost', cell: ({ resentPerLost }) => plain(resentPerLost) },
  { title: 'CPU s/M msg', cell: (result) => plain(result.cpuSecondsPerMillionMessages?.median) },
  error,
];

const latencyColumns: readonly Column<LatencyResult>[] = [
  name,
  { title: 'p50 µs', cell: (result) => plain(result.p50Micros?.median) },
  { title: '± MAD', cell: (result) => spread(result.p50Micros) },
  { title: 'min – max', cell: (result) => range(result.p50Micros, plain) },
  { title: 'p90', cell: (result) => plain(result.p90Micros?.median) },
  { title: 'p99', cell: (result) => plain(result.p99Micros?.median) },
  { title: 'p99.9', cell: ({ p999Micros }) => plain(p999Micros) },
  { title: 'max', cell: ({ maxMicros }) => plain(maxMicros) },
  { title: 'p99/p50', cell: ({ p99PerP50 }) => plain(p99PerP50) },
  { title: '→ p50', cell: (result) => plain(result.oneWayP50Micros?.median) },
  { title: '→ p99', cell: (result) => plain(result.oneWayP99Micros?.median) },
  { title: '→ p99.9', cell: ({ oneWayP999Micros }) => plain(oneWayP999Micros) },
  { title: '→ max', cell: ({ oneWayMaxMicros }) => plain(oneWayMaxMicros) },
  { title: '× dgram', cell: ({ p50TimesDgram }) => times(p50TimesDgram) },
  { title: '× fixed', cell: ({ p50TimesFixed }) => times(p50TimesFixed) },
  { title: '× fifo', cell: ({ p50TimesFifo }) => times(p50TimesFifo) },
  error,
];

const viewsColumns: readonly Column<ViewsResult>[] = [
  { title: 'ms', cell: ({ measure }) => VIEW_MEASURES[measure].title },
  { title: 'median', cell: ({ tookMillis }) => plain(tookMillis?.median) },
  { title: '± MAD', cell: ({ tookMillis }) => spread(tookMillis) },
  { title: 'min – max', cell: ({ tookMillis }) => range(tookMillis, plain) },
  { title: 'times', cell: ({ tookMillis }) => String(tookMillis?.count ?? '') },
  { title: 'aim', cell: ({ aimMillis }) => (aimMillis === undefined ? '' : `≤ ${aimMillis}`) },
  { title: 'met', cell: isMet },
  error,
];

const mebibytes = (bytes: number | undefined) => plain(bytes === undefined ? undefined : bytes / 2 ** 20);

const transferColumns: readonly Column<TransferResult>[] = [
  name,
  { title: 'GB/s', cell: ({ bytesPerSecond }) => gigabytes(bytesPerSecond?.median) },
  { title: '± MAD', cell: ({ bytesPerSecond }) => spread(bytesPerSecond) },
  { title: 'min – max', cell: ({ bytesPerSecond }) => range(bytesPerSecond, gigabytes) },
  {
    title: 'aim',
    cell: ({ aimBytesPerSecond }) => (aimBytesPerSecond === undefined ? '' : `≥ ${gigabytes(aimBytesPerSecond)}`),
  },
  { title: '× tcp', cell: ({ timesTcp }) => times(timesTcp) },
  { title: '× ts', cell: ({ timesTs }) => times(timesTs) },
  { title: 'own parts', cell: ({ ownPartsBytesPerSecond }) => gigabytes(ownPartsBytesPerSecond?.median) },
  { title: 'CPU s/GB', cell: ({ cpuSecondsPerGigabyte }) => plain(cpuSecondsPerGigabyte?.median) },
  { title: 'giver MiB', cell: ({ giverPeakBytes }) => mebibytes(giverPeakBytes) },
  { title: 'getter MiB', cell: ({ getterPeakBytes }) => mebibytes(getterPeakBytes) },
  { title: 'casts, free', cell: ({ shareUnderFree }) => percent(shareUnderFree) },
  { title: 'safe, protected', cell: ({ shareUnderProtected }) => percent(shareUnderProtected) },
  error,
];

const layersColumns: readonly Column<LayersResult>[] = [
  name,
  { title: 'ns', cell: ({ nanosPerOperation }) => plain(nanosPerOperation?.median) },
  { title: '± MAD', cell: ({ nanosPerOperation }) => spread(nanosPerOperation) },
  { title: 'min – max', cell: ({ nanosPerOperation }) => range(nanosPerOperation, plain) },
  { title: 'a second', cell: ({ nanosPerOperation: nanos }) => quantity(nanos && 1e9 / nanos.median) },
  { title: '× ts', cell: ({ timesTs }) => times(timesTs) },
  error,
];

const scaleColumns: readonly Column<ScaleResult>[] = [
  name,
  { title: 'msg/s', cell: ({ messagesPerSecond }) => quantity(messagesPerSecond?.median) },
  { title: '± MAD', cell: ({ messagesPerSecond }) => spread(messagesPerSecond) },
  { title: 'CPU µs/msg', cell: ({ cpuMicrosPerMessage }) => plain(cpuMicrosPerMessage?.median) },
  { title: 'datagrams/msg', cell: ({ datagramsPerMessage }) => plain(datagramsPerMessage?.median) },
  { title: 'view ms', cell: ({ changeMillis }) => plain(changeMillis?.median) },
  { title: 'CPU ms/view', cell: ({ cpuMillisPerChange }) => plain(cpuMillisPerChange?.median) },
  { title: 'datagrams/view', cell: ({ datagramsPerChange }) => plain(datagramsPerChange?.median) },
  { title: 'records/view', cell: ({ recordsPerChange }) => plain(recordsPerChange?.median) },
  error,
];

const perHour = (bytes: number | undefined) => (bytes === undefined ? '' : `${mebibytes(bytes)} MiB/h`);

const soakColumns: readonly Column<SoakResult>[] = [
  name,
  { title: 'time', cell: ({ samples }) => (samples[0] === undefined ? '' : duration(samples[0].seconds)) },
  { title: 'verified', cell: ({ samples }) => quantity(samples[0]?.verifiedMessages) },
  { title: 'msg/s', cell: ({ samples }) => quantity(samples[0]?.deliveredMessagesPerSecond) },
  { title: 'views', cell: ({ samples }) => String(samples[0]?.views ?? '') },
  { title: 'kills', cell: ({ samples }) => String(samples[0]?.kills ?? '') },
  { title: 'stops', cell: ({ samples }) => String(samples[0]?.stops ?? '') },
  { title: 'longest gap ms', cell: ({ longestGapMillis }) => plain(longestGapMillis) },
  { title: 'gap limit', cell: ({ gapLimitMillis }) => plain(gapLimitMillis) },
  { title: 'memory', cell: ({ memorySlopeBytesPerHour: slope }) => perHour(slope?.median) },
  { title: 'at least', cell: ({ memorySlopeBytesPerHour: slope }) => perHour(slope?.low) },
  { title: 'memory limit', cell: ({ memorySlopeLimitBytesPerHour }) => perHour(memorySlopeLimitBytesPerHour) },
  error,
];

interface CommitsRow {
  readonly result: StoreResult;
  /** Undefined: there was an error instead. */
  readonly commits: StoreCommits | undefined;
}

const storeColumns: readonly Column<CommitsRow>[] = [
  { title: 'row', cell: ({ result }) => rowLabel(result) },
  { title: 'writers', cell: ({ commits }) => String(commits?.writers ?? '') },
  { title: 'commits/s', cell: ({ commits }) => quantity(commits?.commitsPerSecond.median) },
  { title: '± MAD', cell: ({ commits }) => spread(commits?.commitsPerSecond) },
  { title: 'p50 µs', cell: ({ commits }) => plain(commits?.p50Micros.median) },
  { title: 'p99 µs', cell: ({ commits }) => plain(commits?.p99Micros.median) },
  { title: 'fsync µs', cell: ({ result, commits }) => (commits?.p50Fsyncs ? plain(result.fsyncMicros?.median) : '') },
  { title: 'commits / fsync', cell: ({ commits }) => plain(commits?.commitsPerFsync) },
  { title: 'p50 × fsync', cell: ({ commits }) => times(commits?.p50Fsyncs) },
  { title: 'p99 × fsync', cell: ({ commits }) => times(commits?.p99Fsyncs) },
  { title: '× ts', cell: ({ commits }) => times(commits?.timesTs) },
  { title: 'aim', cell: ({ commits }) => aimOf(commits) },
  { title: 'error', cell: ({ result }) => shorten(result.error ?? '') },
];

const wholeStoreColumns: readonly Column<StoreResult>[] = [
  name,
  { title: 'reads/s', cell: ({ readsPerSecond }) => quantity(readsPerSecond?.median) },
  { title: 'of LevelDB alone', cell: ({ readShare }) => percent(readShare) },
  { title: 'aim', cell: ({ readShare }) => (readShare === undefined ? '' : `≥ ${percent(AIM_READ_SHARE)}`) },
  { title: 'recovery ms', cell: ({ recoveryMillis }) => plain(recoveryMillis?.median) },
  { title: 'sync GB/s', cell: ({ syncBytesPerSecond }) => gigabytes(syncBytesPerSecond?.median) },
  { title: '± MAD', cell: ({ syncBytesPerSecond }) => spread(syncBytesPerSecond) },
  { title: 'sync aim', cell: ({ syncAimBytesPerSecond: aim }) => (aim === undefined ? '' : `≥ ${gigabytes(aim)}`) },
  { title: 'requester MiB', cell: ({ requesterPeakBytes }) => mebibytes(requesterPeakBytes) },
];

function commitsRows(results: readonly StoreResult[]): readonly CommitsRow[] {
  return results.flatMap((result): readonly CommitsRow[] =>
    result.commits.length === 0
      ? [{ result, commits: undefined }]
      : result.commits.map((commits) => ({ result, commits })),
  );
}

function aimOf(commits: StoreCommits | undefined): string {
  const { commitsPerSecond, commitsPerFsync, p50Fsyncs } = commits?.aims ?? {};
  return [
    ...(commitsPerSecond === undefined ? [] : [`≥ ${quantity(commitsPerSecond)}/s`]),
    ...(commitsPerFsync === undefined ? [] : [`≥ ${commitsPerFsync} / fsync`]),
    ...(p50Fsyncs === undefined ? [] : [`p50 ≤ ${p50Fsyncs} ×`]),
  ].join(', ');
}

function storeTables(results: readonly StoreResult[]): readonly Table[] {
  return groupBy(results, storeTitle).flatMap(([title, rows]) => {
    const whole = rows.filter(({ syncBytesPerSecond }) => syncBytesPerSecond !== undefined);
    return [
      makeTable(title, storeColumns, commitsRows(rows)),
      ...groupBy(whole, wholeStoreTitle).map(([each, some]) => makeTable(each, wholeStoreColumns, some)),
    ];
  });
}

export function reportTables(report: Partial<ResultLists>): readonly Table[] {
  const { throughput = [], latency = [], views = [], transfer = [], store = [] } = report;
  const { layers = [], scale = [], soak = [] } = report;
  return [
    ...groupBy(throughput, throughputTitle).map(([title, rows]) => makeTable(title, throughputColumns, rows)),
    ...groupBy(latency, latencyTitle).map(([title, rows]) => makeTable(title, latencyColumns, rows)),
    ...groupBy(views, viewsTitle).map(([title, rows]) => makeTable(title, viewsColumns, rows)),
    ...groupBy(transfer, transferTitle).map(([title, rows]) => makeTable(title, transferColumns, rows)),
    ...storeTables(store),
    ...groupBy(layers, layersTitle).map(([title, rows]) => makeTable(title, layersColumns, rows)),
    ...groupBy(scale, scaleTitle).map(([title, rows]) => makeTable(title, scaleColumns, rows)),
    ...groupBy(soak, soakTitle).map(([title, rows]) => makeTable(title, soakColumns, rows)),
  ];
}

/** What the columns mean, for those who see them first. */
export const LEGEND = [
  'msg/s: delivered to the handler of the slowest receiver, median of the repetitions; ± MAD: half of them are that near.',
  'Ratios are medians of ratios of measurements made one after the other, so they can differ from those of the medians.',
  '→: one way, from when it was sent, or should have been, to the handler at the other end.',
  'limit: the same bytes in the same frames through the same system calls, without protocol or JavaScript.',
  'tcp: node:net, length-prefixed messages in batches of 64 KiB; dgram: node:dgram, one message a datagram, what is lost is lost.',
  'own parts: GB/s where each part of the state is new memory, for the application to keep.',
  'giver, getter: how far the memory of their processes grew, at most; casts, free: what is left of their rate while a free transfer is in progress.',
  'commits / fsync: commits in the time of one fsync of that disk, measured before; p50, p99: from put() until it is acknowledged and applied at its replica.',
  'recovery: how long nothing was acknowledged when the leader was killed; requester: how far its memory grew while it took the whole store.',
];

function isMet({ tookMillis, aimMillis }: ViewsResult): string {
  if (tookMillis === undefined || aimMillis === undefined) return '';
  return tookMillis.median <= aimMillis ? 'yes' : 'no';
}

function shorten(message: string): string {
  const line = firstLine(message);
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}

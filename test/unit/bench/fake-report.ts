/** Reports made of invented measurements, by the code that makes real ones. */
import type { Block, GroupRow, Row } from '../../../bench/plan.js';
import { latencyResults } from '../../../bench/report/latency-results.js';
import { layersResults } from '../../../bench/report/layers-results.js';
import { scaleResults } from '../../../bench/report/scale-results.js';
import { soakResults } from '../../../bench/report/soak-results.js';
import { storeResults } from '../../../bench/report/store-results.js';
import { throughputResults } from '../../../bench/report/throughput-results.js';
import { transferResults } from '../../../bench/report/transfer-results.js';
import { viewsResults } from '../../../bench/report/views-results.js';
import {
  type BenchReport,
  type LayersResult,
  SCHEMA,
  SCHEMA_VERSION,
  type ScaleResult,
  type SoakSample,
  type StoreSample,
  type ThroughputSample,
  type TransferSample,
} from '../../../bench/results.js';
import type { Outcome } from '../../../bench/runner.js';
import type { ViewsMeasurement } from '../../../bench/scenarios/views.js';

export const nativeRow: GroupRow = {
  kind: 'group',
  mode: 'native',
  threads: 'multi',
  properties: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow',
  ordering: 'fifo',
  members: 2,
  senders: 'one',
  lossRate: 0,
};

export function sample(repetition: number, messagesPerSecond: number, more: Partial<ThroughputSample> = {}) {
  return {
    repetition,
    messagesPerSecond,
    bytesPerSecond: messagesPerSecond * 64,
    deliveredMessagesPerSecond: messagesPerSecond,
    receivers: [{ member: 1, messages: messagesPerSecond, seconds: 1, comparedMessages: 1 }],
    sentMessages: messagesPerSecond,
    ...more,
  };
}

/** Two repetitions of a row. */
export function outcome(row: Row, first: number, second: number, error?: string): Outcome<ThroughputSample> {
  return { row, samples: [sample(0, first), sample(1, second)], error };
}

export function fakeBlock(rows: readonly Row[]): Block {
  return { scenario: 'throughput', sizeBytes: 64, mtu: 'auto', rows };
}

export const viewsBlock: Block = { scenario: 'views', sizeBytes: 1024, mtu: 'auto', rows: [] };

/** Two repetitions of a group of eight that takes a while for everything. */
export function viewsOutcome(millis: number): Outcome<ViewsMeasurement> {
  const times = { formation: [millis], join: [millis, 2 * millis], merge: [millis], crash: [millis], hang: [millis] };
  const samples = [0, 1].map((repetition) => ({
    repetition,
    millis: { ...times, blockedPrompt: [millis, millis] },
    verifiedMessages: 1000,
  }));
  return { row: { ...nativeRow, members: 8, senders: 'all' }, samples, error: undefined };
}

export const transferBlock: Block = {
  scenario: 'transfer',
  sizeBytes: 1024,
  mtu: 'auto',
  stateBytes: 2 ** 30,
  rows: [],
};

/** Two repetitions of a transfer that leaves casts half of their rate, and safe ones 80 %. */
export function transferOutcome(row: Row, bytesPerSecond: number): Outcome<TransferSample> {
  const samples = [0, 1].map((repetition) => ({
    repetition,
    seconds: 2 ** 30 / bytesPerSecond,
    bytesPerSecond: bytesPerSecond * (1 + repetition / 10),
    ownPartsBytesPerSecond: bytesPerSecond / 2,
    cpuSecondsPerGigabyte: 1.2,
    giverPeakBytes: 2 ** 20 * (30 + repetition),
    getterPeakBytes: 2 ** 20 * (60 - repetition),
    castsPerSecond: 1_000_000,
    castsUnderFreePerSecond: 500_000,
    safeCastsPerSecond: 1_000_000,
    safeCastsUnderProtectedPerSecond: 800_000,
    stateUnderFreeBytesPerSecond: 1e8,
    stateUnderProtectedBytesPerSecond: 1e8,
  }));
  return { row, samples, error: undefined };
}

export const soakBlock: Block = { scenario: 'soak', sizeBytes: 1024, mtu: 'auto', rows: [] };

export function soakOutcome(changes: Partial<SoakSample> = {}): Outcome<SoakSample> {
  const minutes = Array.from({ length: 60 }, (_, minute) => minute);
  const memory = {
    member: 0,
    atSeconds: minutes.map((minute) => minute * 60),
    residentBytes: minutes.map(() => 2 ** 26),
  };
  const sample: SoakSample = {
    repetition: 0,
    seconds: 3600,
    sentMessages: 100_000,
    verifiedMessages: 300_000,
    deliveredMessagesPerSecond: 83,
    views: 40,
    comparedViews: 120,
    kills: 10,
    stops: 20,
    longestGapMillis: 2700,
    memory: [memory],
    ...changes,
  };
  return {
    row: { ...nativeRow, mode: 'mixed', members: 4, senders: 'all', lossRate: 0.01 },
    samples: [sample],
    error: undefined,
  };
}

/** One layer, in both languages: native takes a quarter of the time. */
function fakeLayers(): readonly LayersResult[] {
  const block: Block = { scenario: 'layers', layer: 'packing', sizeBytes: 64, mtu: 1400, rows: [] };
  const sampleOf = (nanosPerOperation: number) =>
    [0, 1].map((repetition) => ({ repetition, nanosPerOperation, operations: 1e6, cycles: 8, checksum: 17 }));
  return layersResults(block, [
    { row: { kind: 'layer', mode: 'native' }, samples: sampleOf(50), error: undefined },
    { row: { kind: 'layer', mode: 'ts' }, samples: sampleOf(200), error: undefined },
  ]);
}

/** A real group, and a simulated one. */
function fakeScale(): readonly ScaleResult[] {
  const block: Block = { scenario: 'scale', sizeBytes: 64, mtu: 'auto', rows: [] };
  const real = {
    repetition: 0,
    messagesPerSecond: 1e6,
    cpuMicrosPerMessage: 0.5,
    datagramsPerMessage: 0.002,
    changeMillis: [5, 6, 7],
    cpuMillisPerChange: 10,
    datagramsPerChange: 40,
  };
  const simulated = { repetition: 0, datagramsPerMessage: 180, datagramsPerChange: 900, recordsPerChange: 193 };
  return scaleResults(block, [
    { row: { ...nativeRow, members: 8 }, samples: [real], error: undefined },
    { row: { kind: 'simulated', mode: 'ts', members: 64 }, samples: [simulated], error: undefined },
  ]);
}

export const storeBlock: Block = {
  scenario: 'store',
  sizeBytes: 100,
  mtu: 'auto',
  durability: 'disk',
  stateBytes: 1e9,
  rows: [],
};
export const storeRow: GroupRow = { ...nativeRow, members: 3, senders: 'all' };

/** Two repetitions of a store on a disk with fsyncs of 1 ms, which commits so many with 64 writers, and a tenth of it with one. */
export function storeOutcome(row: Row, commitsPerSecond: number): Outcome<StoreSample> {
  const samples = [0, 1].map((repetition) => ({
    repetition,
    fsyncMicros: 1000 * (1 + repetition),
    commits: [
      { writers: 1, commitsPerSecond: commitsPerSecond / 10, p50Micros: 1500, p99Micros: 4000 },
      { writers: 64, commitsPerSecond, p50Micros: 2500 * (1 + repetition), p99Micros: 9000 },
    ],
    readsPerSecond: 400_000,
    databaseReadsPerSecond: 500_000,
    recoveryMillis: 120 + repetition,
    syncBytesPerSecond: 1.2e8,
    requesterPeakBytes: 2 ** 20 * (80 + repetition),
  }));
  return { row, samples, error: undefined };
}

export function fakeReport(changes: Partial<BenchReport> = {}): BenchReport {
  const rows: readonly Row[] = [
    nativeRow,
    { ...nativeRow, mode: 'ts' },
    { kind: 'limit' },
    { kind: 'tcp' },
    { kind: 'dgram' },
    { kind: 'nats' },
  ];
  const throughput = throughputResults(
    fakeBlock(rows),
    rows.map((row, at) => outcome(row, 10_000_000 / (at + 1), 12_000_000 / (at + 1))),
  );
  const roundTrips = (micros: number) => Float64Array.from({ length: 1000 }, (_, i) => (micros + i / 100) * 1000);
  const times = (micros: number) => ({ roundTripsNanos: roundTrips(micros), oneWayNanos: roundTrips(micros / 2) });
  const latency = latencyResults(
    { scenario: 'latency', sizeBytes: 64, mtu: 'auto', rows: [] },
    [nativeRow, { kind: 'dgram' } as const].map((row, at) => ({
      row,
      samples: [0, 1].map((repetition) => ({
        repetition,
        pingPong: times(50 / (at + 1)),
        atRate: times(80 / (at + 1)),
      })),
      error: undefined,
    })),
    1000,
  );
  const views = viewsResults(viewsBlock, [viewsOutcome(20)], {
    quick: false,
    isolation: 'processes',
  });
  const transfer = transferResults(transferBlock, [
    transferOutcome(nativeRow, 1.2e9),
    transferOutcome({ ...nativeRow, mode: 'ts' }, 4e8),
  ]);
  return {
    schema: SCHEMA,
    schemaVersion: SCHEMA_VERSION,
    passed: true,
    verified: true,
    interrupted: false,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationSeconds: 12.3,
    options: {
      scenarios: ['throughput', 'latency'],
      quick: false,
      seconds: 1,
      repeats: 2,
      isolation: 'processes',
      seed: 1,
      ratePerSecond: 1000,
      soakSeconds: 3600,
    },
    environment: {
      consortVersion: '0.1.0',
      commit: '0123456789abcdef0123456789abcdef01234567',
      dirty: true,
      node: '20.20.2',
      v8: '11.3',
      platform: 'linux-x64',
      kernel: '6.18',
      cpuModel: 'Some CPU',
      cpuCount: 2,
      memoryBytes: 2 ** 33,
      loadBefore: 0.5,
      loadAfter: 1.5,
      stealShare: 0.01,
    },
    throughput,
    latency,
    views,
    transfer,
    store: storeResults(storeBlock, [
      storeOutcome(storeRow, 25_000),
      storeOutcome({ ...storeRow, mode: 'ts' }, 20_000),
    ]),
    layers: fakeLayers(),
    scale: fakeScale(),
    soak: soakResults(soakBlock, [soakOutcome()], { quick: false }),
    peers: [
      { peer: 'nats', installed: true, version: '2.9.10' },
      { peer: 'redis', installed: false, missing: 'redis-server', install: 'apt-get install redis-server' },
    ],
    ...changes,
  };
}

/**
 * The one model of what was measured. JSON is this as it is; the tables are made from it. docs/benchmarking.md describes it; a change that
 * readers can notice raises SCHEMA_VERSION.
 */
import type { ThreadMode } from '../ts/index.js';
import type { Environment } from './environment.js';
import type { LayerDeclaration, LayerName } from './layers/layer-table.js';
import {
  type BenchMode,
  type Durability,
  type Isolation,
  type Mtu,
  SCENARIOS,
  type ScenarioName,
  type Senders,
} from './options.js';
import type { PeerName } from './peers/peer-table.js';
import type { Slope } from './stats/slope.js';
import type { Summary } from './stats/summary.js';
import type { ViewMeasure } from './view-measures.js';

export const SCHEMA = 'consort-bench';
export const SCHEMA_VERSION = 2;

export interface BenchReport {
  readonly schema: typeof SCHEMA;
  readonly schemaVersion: typeof SCHEMA_VERSION;
  /** Whether all that was planned was measured and verified. */
  readonly passed: boolean;
  /** Whether everything that came was what had been sent. False: some row's error is that it was not. */
  readonly verified: boolean;
  /** Whether it was stopped before its end; the results are those that were complete. */
  readonly interrupted: boolean;
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly options: Settings;
  readonly environment: Environment;
  readonly throughput: readonly ThroughputResult[];
  readonly latency: readonly LatencyResult[];
  readonly views: readonly ViewsResult[];
  readonly transfer: readonly TransferResult[];
  readonly store: readonly StoreResult[];
  readonly layers: readonly LayersResult[];
  readonly scale: readonly ScaleResult[];
  readonly soak: readonly SoakResult[];
  /** What groups were to be compared with; empty where that was not asked for. */
  readonly peers: readonly PeerState[];
}

/** The lists of results, one for each scenario. */
export type ResultLists = Pick<BenchReport, ScenarioName>;

export function allResults(lists: ResultLists): readonly (ResultHead & { readonly samples: readonly unknown[] })[] {
  return SCENARIOS.flatMap(
    (scenario): readonly (ResultHead & { readonly samples: readonly unknown[] })[] => lists[scenario],
  );
}

/** Whether a peer is here, in which version, and what would bring it. */
export interface PeerState {
  readonly peer: PeerName;
  readonly installed: boolean;
  /** As it tells itself. */
  readonly version?: string;
  /** What is missing here, and the command that brings it. */
  readonly missing?: string;
  readonly install?: string;
}

export interface Settings {
  readonly scenarios: readonly ScenarioName[];
  readonly quick: boolean;
  readonly seconds: number;
  readonly repeats: number;
  readonly isolation: Isolation;
  readonly seed: number;
  readonly ratePerSecond: number;
  /** How long the soak was to last. */
  readonly soakSeconds?: number;
}

/** What was measured: the same in all scenarios. */
export interface ResultHead {
  readonly row: 'group' | 'limit' | 'dgram' | 'tcp' | PeerName | 'layer' | 'simulated';
  readonly sizeBytes: number;
  /** That of the groups of this block; plain dgram and tcp were measured beside them. */
  readonly mtu: Mtu;
  /** `netns`: members met over links of MTU 1500 between network namespaces. Left out: on loopback. */
  readonly network?: 'netns';
  /** The largest frame; only of groups and the limit. */
  readonly frameBytes?: number;
  /** Only of groups. */
  readonly mode?: BenchMode;
  readonly threads?: ThreadMode;
  readonly ordering?: string;
  readonly properties?: string;
  readonly members: number;
  readonly senders: Senders;
  readonly lossRate?: number;
  /** Why there is no result, or not all of it. */
  readonly error?: string;
}

export interface ThroughputSample {
  /** Counts from 0; measurements of one number were made one after the other. */
  readonly repetition: number;
  /** What the slowest receiver got. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** The sum of what all receivers got. */
  readonly deliveredMessagesPerSecond: number;
  readonly receivers: readonly ReceiverSample[];
  readonly sentMessages: number;
  readonly cpuSecondsPerMillionMessages?: number;
  readonly resentBytes?: number;
  /** Frames thrown away on purpose, and about how many bytes they had. */
  readonly lostFrames?: number;
  readonly lostBytes?: number;
  readonly systemCallsPerThousandMessages?: number;
}

export interface ReceiverSample {
  /** Its number in the bench: in a fixed view that is its rank. */
  readonly member: number;
  readonly messages: number;
  /** From the first message to the last. */
  readonly seconds: number;
  readonly comparedMessages: number;
}

export interface ThroughputResult extends ResultHead {
  readonly samples: readonly ThroughputSample[];
  readonly messagesPerSecond?: Summary;
  readonly bytesPerSecond?: Summary;
  readonly deliveredMessagesPerSecond?: Summary;
  readonly cpuSecondsPerMillionMessages?: Summary;
  /** Medians of the ratios of measurements made in turns. */
  readonly shareOfLimit?: number;
  readonly timesTcp?: number;
  readonly timesDgram?: number;
  /** Native rows: against the same group in ts mode. */
  readonly timesTs?: number;
  /** Rows with views, with --compare-fixed: against the same group in a fixed view. */
  readonly shareOfFixed?: number;
  /** Rows with an order of casts: against the same group with FIFO. */
  readonly shareOfFifo?: number;
  /** Rows with loss: against the same group without. */
  readonly shareOfLossless?: number;
  /** Rows with more members or senders: what all receivers got, against the group of two with one sender. */
  readonly shareOfPair?: number;
  readonly resentPerLost?: number;
}

export interface LatencySample {
  readonly repetition: number;
  readonly roundTrips: number;
  readonly p50Micros: number;
  readonly p90Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
  /** All round trips in ns: an HDR histogram (V2, compressed, base64). */
  readonly histogramNanos: string;
  /** From when a message was sent, or should have been, to the handler of the member that answers; likewise. */
  readonly oneWayP50Micros: number;
  readonly oneWayP99Micros: number;
  readonly oneWayHistogramNanos: string;
}

export interface LatencyResult extends ResultHead {
  readonly load: 'ping-pong' | 'rate';
  readonly ratePerSecond?: number;
  readonly samples: readonly LatencySample[];
  readonly p50Micros?: Summary;
  readonly p90Micros?: Summary;
  readonly p99Micros?: Summary;
  /** Of all samples together. */
  readonly p999Micros?: number;
  readonly maxMicros?: number;
  /** One way: likewise. */
  readonly oneWayP50Micros?: Summary;
  readonly oneWayP99Micros?: Summary;
  readonly oneWayP999Micros?: number;
  readonly oneWayMaxMicros?: number;
  /** Median p99 by median p50. */
  readonly p99PerP50?: number;
  /** Median of the ratios of p50 to that of plain datagrams, measured in turns. */
  readonly p50TimesDgram?: number;
  /** With --compare-fixed: likewise, to that of the same group in a fixed view. */
  readonly p50TimesFixed?: number;
  /** Rows with an order of casts: likewise, to that of the same group with FIFO. */
  readonly p50TimesFifo?: number;
}

export interface ViewsSample {
  readonly repetition: number;
  /** One or more of each repetition; those under load of each member. */
  readonly tookMillis: readonly number[];
  /** Under load: messages that came while views changed, each verified. */
  readonly verifiedMessages?: number;
}

/** One thing that was measured of a group whose views change. */
export interface ViewsResult extends ResultHead {
  readonly measure: ViewMeasure;
  readonly samples: readonly ViewsSample[];
  /** Of all times of all samples. */
  readonly tookMillis?: Summary;
  /** What the median shall be at most. */
  readonly aimMillis?: number;
}

/** A state that was transferred, and casts without and with a transfer in progress. All but the rate and its costs is of groups only. */
export interface TransferSample {
  readonly repetition: number;
  /** At the member that got the state. */
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** The same where each part of the state has memory of its own. */
  readonly ownPartsBytesPerSecond?: number;
  /** Of all processes, while it was transferred the first time. */
  readonly cpuSecondsPerGigabyte?: number;
  /** How far the memory of the process grew whose member gave the state, and of that which got it; with members in threads they are one. */
  readonly giverPeakBytes?: number;
  readonly getterPeakBytes?: number;
  /** Casts that came at the slowest receiver: with no transfer, and with a free one in progress. */
  readonly castsPerSecond?: number;
  readonly castsUnderFreePerSecond?: number;
  /** The same of safe ones, with a protected transfer. */
  readonly safeCastsPerSecond?: number;
  readonly safeCastsUnderProtectedPerSecond?: number;
  /** Of the state, meanwhile. */
  readonly stateUnderFreeBytesPerSecond?: number;
  readonly stateUnderProtectedBytesPerSecond?: number;
}

export interface TransferResult extends ResultHead {
  readonly stateBytes: number;
  readonly samples: readonly TransferSample[];
  readonly bytesPerSecond?: Summary;
  readonly ownPartsBytesPerSecond?: Summary;
  readonly cpuSecondsPerGigabyte?: Summary;
  /** The largest of all samples. */
  readonly giverPeakBytes?: number;
  readonly getterPeakBytes?: number;
  /** Medians of the ratios within a measurement: what is left of the rate of casts. */
  readonly shareUnderFree?: number;
  readonly shareUnderProtected?: number;
  /** Native and mixed rows: against ts in the same group. */
  readonly timesTs?: number;
  /** Groups: against the same bytes by node:net alone. */
  readonly timesTcp?: number;
  /** What the median shall be at least. */
  readonly aimBytesPerSecond?: number;
}

export interface LayersSample {
  readonly repetition: number;
  readonly nanosPerOperation: number;
  readonly operations: number;
  /** Samples that the package `benchmark` has taken; the time is their median. */
  readonly cycles: number;
  /** Of what came out: the same in both languages. */
  readonly checksum: number;
}

/** One layer in one language. */
export interface LayersResult extends ResultHead {
  readonly layer: LayerName;
  /** What the time of is told. */
  readonly operation: LayerDeclaration['operation'];
  readonly samples: readonly LayersSample[];
  readonly nanosPerOperation?: Summary;
  /** Native rows: how often its time fits into that of ts. */
  readonly timesTs?: number;
}

export interface ScaleSample {
  readonly repetition: number;
  /** Real groups only, as are times: messages as fast as they go, to the slowest receiver. */
  readonly messagesPerSecond?: number;
  /** CPU time of all members together for one message that was sent. */
  readonly cpuMicrosPerMessage?: number;
  /** Datagrams of all members together for one message: simulated messages go out one by one, real ones packed. */
  readonly datagramsPerMessage: number;
  /** Changes of the view: from the first member that was kept from sending to the last that had the new view. */
  readonly changeMillis?: readonly number[];
  readonly cpuMillisPerChange?: number;
  readonly datagramsPerChange: number;
  /** Control records of the stack; a record to all counts once. Simulated groups only. */
  readonly recordsPerChange?: number;
}

/** A group of one size. */
export interface ScaleResult extends ResultHead {
  readonly samples: readonly ScaleSample[];
  readonly messagesPerSecond?: Summary;
  readonly cpuMicrosPerMessage?: Summary;
  readonly datagramsPerMessage?: Summary;
  /** Of all changes of all samples. */
  readonly changeMillis?: Summary;
  readonly cpuMillisPerChange?: Summary;
  readonly datagramsPerChange?: Summary;
  readonly recordsPerChange?: Summary;
}

/** How the memory of one member's process went. */
export interface MemorySeries {
  readonly member: number;
  readonly atSeconds: readonly number[];
  readonly residentBytes: readonly number[];
}

export interface SoakSample {
  readonly repetition: number;
  readonly seconds: number;
  readonly sentMessages: number;
  /** That came at all members together, each checked. */
  readonly verifiedMessages: number;
  /** Of all members together. */
  readonly deliveredMessagesPerSecond: number;
  /** Views that member 0 has had. */
  readonly views: number;
  /** Pairs of members that went from one view to the next together, and were found to have got the same in it. */
  readonly comparedViews: number;
  readonly kills: number;
  readonly stops: number;
  /** The longest time in which nothing came at a member that was not hurt itself. */
  readonly longestGapMillis: number;
  /** Of members that were never hurt. */
  readonly memory: readonly MemorySeries[];
}

export interface SoakResult extends ResultHead {
  readonly samples: readonly SoakSample[];
  readonly longestGapMillis?: number;
  /** A longer gap is a stall, and makes the row an error. */
  readonly gapLimitMillis: number;
  /** Of soaks that are long enough to tell: the steepest of all members, by Theil and Sen, over all but the first fifth of the time, with 95 % confidence. */
  readonly memorySlopeBytesPerHour?: Slope;
  /** A slope that is surely steeper is a leak, and makes the row an error. */
  readonly memorySlopeLimitBytesPerHour?: number;
}

/** One store's life: founded, written to by so many at once, read, killed, synchronized. */
export interface StoreSample {
  readonly repetition: number;
  /** One fsync of the disk that the stores are on, while nothing else goes on. */
  readonly fsyncMicros: number;
  readonly commits: readonly StoreCommitsSample[];
  /** Only on disk, here and below. Reads of the local store, and of the database with nothing around it. */
  readonly readsPerSecond?: number;
  readonly databaseReadsPerSecond?: number;
  /** From the kill of the leader: the longest time between two writes that were acknowledged to one that is left. */
  readonly recoveryMillis?: number;
  /** Of keys and values that a replica takes that has nothing, while another writes. */
  readonly syncBytesPerSecond?: number;
  /** How far the memory of its process grew, without the files that it maps. */
  readonly requesterPeakBytes?: number;
}

export interface StoreCommitsSample {
  /** So many writes wait at once, spread over all replicas. */
  readonly writers: number;
  readonly commitsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

export interface StoreCommits {
  readonly writers: number;
  readonly commitsPerSecond: Summary;
  readonly p50Micros: Summary;
  readonly p99Micros: Summary;
  /** Medians of the ratios within a measurement; only on disk. */
  readonly commitsPerFsync?: number;
  readonly p50Fsyncs?: number;
  readonly p99Fsyncs?: number;
  /** Native and mixed rows: against ts in the same store. */
  readonly timesTs?: number;
  /** What it shall be: at least, and the last at most. */
  readonly aims?: {
    readonly commitsPerSecond?: number;
    readonly commitsPerFsync?: number;
    readonly p50Fsyncs?: number;
  };
}

export interface StoreResult extends ResultHead {
  readonly durability: Durability;
  /** Of the store that was synchronized. */
  readonly stateBytes?: number;
  readonly samples: readonly StoreSample[];
  readonly fsyncMicros?: Summary;
  readonly commits: readonly StoreCommits[];
  readonly readsPerSecond?: Summary;
  /** Of the rate of the database alone. */
  readonly readShare?: number;
  readonly recoveryMillis?: Summary;
  readonly syncBytesPerSecond?: Summary;
  /** What the median shall be at least. */
  readonly syncAimBytesPerSecond?: number;
  /** The largest of all samples. */
  readonly requesterPeakBytes?: number;
}

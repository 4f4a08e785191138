/** What a store shall come to on a machine that has nothing else to do. */
import type { BenchMode, Durability } from './options.js';

/** With so many writers of small values, and a disk to wait for. */
const AIM_WRITERS = 64;
const COMMITS_PER_FSYNC = 20;
const MEDIAN_FSYNCS = 3;
/** Without a disk to wait for, native. */
const MEMORY_COMMITS_PER_SECOND = 50_000;

/** Of what the database alone does. */
export const AIM_READ_SHARE = 0.5;
/** A whole store, native; smaller ones are over before what runs is compiled. */
const SYNC_BYTES_PER_SECOND = 1e8;
const SYNC_STATE_BYTES = 1e9;
export const AIM_REQUESTER_BYTES = 150 * 2 ** 20;

export interface CommitAims {
  readonly commitsPerSecond?: number;
  readonly commitsPerFsync?: number;
  readonly p50Fsyncs?: number;
}

/** @param writers of `all` numbers of writers that are measured: the aim without a disk is for most of them */
export function commitAims(
  mode: BenchMode,
  durability: Durability,
  writers: number,
  all: readonly number[],
): CommitAims | undefined {
  if (durability === 'disk') {
    return writers === AIM_WRITERS ? { commitsPerFsync: COMMITS_PER_FSYNC, p50Fsyncs: MEDIAN_FSYNCS } : undefined;
  }
  return mode === 'native' && writers === Math.max(...all)
    ? { commitsPerSecond: MEMORY_COMMITS_PER_SECOND }
    : undefined;
}

export function syncAim(mode: BenchMode, stateBytes: number): number | undefined {
  return mode === 'native' && stateBytes >= SYNC_STATE_BYTES ? SYNC_BYTES_PER_SECOND : undefined;
}

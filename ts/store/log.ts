/**
 * The log of one replica: records one after the other, from a base on. It knows where each is; their bytes are in the database, the latest also
 * in memory. Changes are given as operations for the database; whoever asks for them writes them, in order.
 */

import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { DatabaseReads, Done, Entry, Operation } from './database.js';
import { LOG_RANGE, logKey, logVersion, metaKey } from './keys.js';
import { type LogEntry, lastOf, type RecordHead, readEntries, readHead } from './record.js';
import type { EpochRun } from './store-messages.js';

/** The version before the first record, and the epoch that wrote it. */
export interface LogBase {
  readonly version: number;
  readonly epoch: number;
}

interface Place extends RecordHead {
  readonly size: number;
  /** Undefined: it is only in the database. */
  bytes: Uint8Array | undefined;
  /** What is in it, where that is known without reading it. */
  entries: readonly LogEntry[] | undefined;
}

const BASE_KEY = metaKey('base');
const LOAD_RECORDS = 64;
const LOAD_BYTES = 4 << 20;

export class Log {
  base: LogBase = { version: 0, epoch: 0 };
  private places: Place[] = [];
  /** Of `places`, those before it are trimmed: cut off now and then, not each time. */
  private start = 0;
  /** From here on their bytes are in memory. */
  private cacheStart = 0;
  private cachedBytes = 0;
  /** Up to here the records are in the database. Those after it stay in memory: what the database has there may be another one, that was cut off. */
  private writtenVersion = 0;
  bytes = 0;

  constructor(
    private readonly database: DatabaseReads,
    private readonly mostCachedBytes: number,
  ) {}

  /** Reads what is in the database. `done` with a MalformedError when that is no log. */
  load(done: Done): void {
    try {
      const base = this.database.get(BASE_KEY);
      if (base !== undefined) this.base = readBase(base);
    } catch (error) {
      return done(error as Error);
    }
    this.loadFrom(logKey(this.base.version + 1), done);
  }

  get lastVersion(): number {
    const last = this.places.at(-1);
    return last === undefined ? this.base.version : lastOf(last);
  }

  get lastEpoch(): number {
    return this.places.at(-1)?.epoch ?? this.base.epoch;
  }

  /** Versions in it. */
  get length(): number {
    return this.lastVersion - this.base.version;
  }

  /** Undefined: it is not in the log, nor just before it. */
  epochAt(version: number): number | undefined {
    if (version === this.base.version) return this.base.epoch;
    return this.placeOf(version)?.epoch;
  }

  /** The record that begins with this version, or undefined. Only for reading. */
  recordAt(version: number): Uint8Array | undefined {
    const place = this.placeOf(version);
    if (place === undefined || place.version !== version) return undefined;
    return place.bytes ?? this.database.get(logKey(version));
  }

  /** What is in the record that begins with this version, for who applies it: once. */
  takeEntries(version: number): readonly LogEntry[] | undefined {
    const place = this.placeOf(version) as Place | undefined;
    const entries = place?.entries;
    if (place === undefined || entries === undefined) {
      const record = this.recordAt(version);
      return record && readEntries(record);
    }
    place.entries = undefined;
    return entries;
  }

  /** Where the record with this version begins and ends. */
  placeOf(version: number): Readonly<Place> | undefined {
    let low = this.start;
    let high = this.places.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const place = this.places[middle] as Place;
      if (version < place.version) high = middle - 1;
      else if (version > lastOf(place)) low = middle + 1;
      else return place;
    }
    return undefined;
  }

  /** The next record, and what is in it if that is at hand; it has to follow the last one. `bytes` are kept. */
  append(bytes: Uint8Array, entries?: readonly LogEntry[]): Operation {
    const { epoch, version, count } = readHead(bytes);
    if (version !== this.lastVersion + 1 || epoch < this.lastEpoch) {
      throw new Error(`version ${version} of epoch ${epoch} after ${this.lastVersion} of ${this.lastEpoch}`);
    }
    this.places.push({ epoch, version, count, size: bytes.length, bytes, entries });
    this.bytes += bytes.length;
    this.cachedBytes += bytes.length;
    this.evict();
    return { type: 'put', key: logKey(version), value: bytes };
  }

  /** The database has the records up to this version now. */
  written(version: number): void {
    this.writtenVersion = Math.max(this.writtenVersion, version);
    this.evict();
  }

  /** Takes away all after this version, which is the last of a record. */
  truncateAfter(version: number): Operation[] {
    const operations: Operation[] = [];
    for (let last = this.places.at(-1); last !== undefined && last.version > version; last = this.places.at(-1)) {
      if (this.places.length <= this.start) break;
      this.places.pop();
      this.forget(last);
      operations.push({ type: 'delete', key: logKey(last.version) });
    }
    this.cacheStart = Math.min(this.cacheStart, this.places.length);
    this.writtenVersion = Math.min(this.writtenVersion, this.lastVersion);
    return operations;
  }

  /** Takes away whole records up to this version, but never the last one: the log says itself which epoch it is in. */
  trimTo(version: number): Operation[] {
    const operations: Operation[] = [];
    while (this.start < this.places.length - 1) {
      const first = this.places[this.start] as Place;
      if (lastOf(first) > version) break;
      this.base = { version: lastOf(first), epoch: first.epoch };
      this.start++;
      this.forget(first);
      operations.push({ type: 'delete', key: logKey(first.version) });
    }
    if (operations.length === 0) return operations;
    this.cacheStart = Math.max(this.cacheStart, this.start);
    if (this.start > 1024 && this.start > this.places.length / 2) {
      this.places = this.places.slice(this.start);
      this.cacheStart -= this.start;
      this.start = 0;
    }
    operations.push(baseOperation(this.base));
    return operations;
  }

  /** An empty log that goes on after `base`: of a store that was synchronized. */
  restart(base: LogBase): Operation[] {
    this.base = base;
    this.writtenVersion = base.version;
    this.places = [];
    this.start = this.cacheStart = 0;
    this.bytes = this.cachedBytes = 0;
    return [{ type: 'deleteRange', ...LOG_RANGE }, baseOperation(base)];
  }

  /** Trimmed up to here the log is within these bounds; whole records. */
  versionWithin(entries: number, bytes: number): number {
    let left = this.bytes;
    let version = this.base.version;
    for (let i = this.start; i < this.places.length - 1; i++) {
      if (this.lastVersion - version <= entries && left <= bytes) break;
      const place = this.places[i] as Place;
      left -= place.size;
      version = lastOf(place);
    }
    return version;
  }

  /** Which epochs wrote which versions. */
  get runs(): EpochRun[] {
    const { version, epoch } = this.base;
    const runs = [{ epoch, first: version, last: version }];
    for (let i = this.start; i < this.places.length; i++) {
      const place = this.places[i] as Place;
      const run = runs.at(-1) as { epoch: number; last: number };
      if (run.epoch === place.epoch) run.last = lastOf(place);
      else runs.push({ epoch: place.epoch, first: place.version, last: lastOf(place) });
    }
    return runs;
  }

  private loadFrom(from: Uint8Array, done: Done): void {
    const range = { from, to: LOG_RANGE.to, limit: LOAD_RECORDS, bytes: LOAD_BYTES };
    this.database.range(range, (error, entries) => {
      if (error !== undefined) return done(error);
      try {
        for (const entry of entries) this.loadRecord(entry);
      } catch (problem) {
        return done(problem as Error);
      }
      if (entries.length === 0) return done();
      this.loadFrom(logKey(this.lastVersion + 1), done);
    });
  }

  private loadRecord([key, bytes]: Entry): void {
    const { version } = readHead(bytes);
    if (logVersion(key) !== version || version !== this.lastVersion + 1) {
      throw new MalformedError(`the log goes on with version ${version} after ${this.lastVersion}`);
    }
    this.append(bytes);
    this.written(this.lastVersion);
  }

  private forget(place: Place): void {
    this.bytes -= place.size;
    place.entries = undefined;
    if (place.bytes === undefined) return;
    this.cachedBytes -= place.size;
    // Its place may stay in the list for a while.
    place.bytes = undefined;
  }

  private evict(): void {
    while (this.cachedBytes > this.mostCachedBytes && this.cacheStart < this.places.length - 1) {
      const place = this.places[this.cacheStart] as Place;
      if (lastOf(place) > this.writtenVersion) break;
      this.cacheStart++;
      if (place.bytes === undefined) continue;
      place.bytes = undefined;
      this.cachedBytes -= place.size;
    }
  }
}

/** The highest version that both logs have of the same epoch: up to there they are the same. Undefined: neither can tell. */
export function commonVersion(mine: readonly EpochRun[], other: readonly EpochRun[]): number | undefined {
  const byEpoch = new Map(other.map((run) => [run.epoch, run]));
  for (let i = mine.length - 1; i >= 0; i--) {
    const run = mine[i] as EpochRun;
    const same = byEpoch.get(run.epoch);
    if (same === undefined) continue;
    const last = Math.min(run.last, same.last);
    if (last >= Math.max(run.first, same.first)) return last;
  }
  return undefined;
}

function baseOperation({ version, epoch }: LogBase): Operation {
  return { type: 'put', key: BASE_KEY, value: new ByteWriter().integer(version).integer(epoch).finish() };
}

function readBase(bytes: Uint8Array): LogBase {
  const from = new ByteReader(bytes);
  const base = { version: from.integer(), epoch: from.integer() };
  from.end();
  return base;
}

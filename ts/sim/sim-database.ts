/**
 * A database over a simulated disk: its state in memory, its writes in a log that is read again when it is opened.
 *
 *   record   u32 bytes of the body │ u32 CRC-32C of the body │ body: integer number, operations
 *
 * Records are numbered from 1. The first one that is cut off, that has another checksum or another number than it should, and all behind it,
 * are cut off when the database is opened.
 */
import type { ConsortError } from '../base/errors.js';
import { crc32c } from '../data-plane/typescript/crc32c.js';
import { ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Database, DatabaseSnapshot, Done, Operation } from '../store/database.js';
import { storeDisk, storeLocked } from '../store/database-errors.js';
import { applyTo, SortedReads } from '../store/memory-database.js';
import { readOperations, writeOperations } from '../store/operation-format.js';
import { SortedMap, type SortedView } from '../store/sorted-map.js';
import type { SimDisk, SimFile } from './sim-disk.js';

const WHERE = 'simulated disk';
const HEADER_BYTES = 8;

interface Write {
  readonly operations: readonly Operation[];
  readonly durable: boolean;
  readonly done: Done;
}

class SimSnapshot extends SortedReads implements DatabaseSnapshot {
  constructor(view: SortedView, file: SimFile) {
    super(view, (callback) => file.later(callback));
  }

  close(): void {}
}

export type OpenDone = (error: ConsortError | undefined, database?: SimDatabase) => void;

export class SimDatabase extends SortedReads<SortedMap> implements Database {
  private waiting: Write[] = [];
  private busy = false;
  private failed: Error | undefined;
  private closing: Done | undefined;
  private lastNumber = 0;

  private constructor(private readonly file: SimFile) {
    super(new SortedMap(), (callback) => file.later(callback));
  }

  /** Calls back later, but never when the disk crashes before. */
  static open(disk: SimDisk, done: OpenDone): void {
    const file = disk.openFile();
    if (file === undefined) return disk.defer(() => done(storeLocked(WHERE)));
    file.read((bytes) => {
      const database = new SimDatabase(file);
      file.truncate(database.replay(bytes));
      // What was read is built on: it must not get lost later.
      file.sync((cause) => {
        if (cause === undefined) return done(undefined, database);
        file.close();
        done(storeDisk(WHERE, cause));
      });
    });
  }

  write(operations: readonly Operation[], durable: boolean, done: Done): void {
    this.waiting.push({ operations, durable, done });
    if (!this.busy) this.begin();
  }

  snapshot(): DatabaseSnapshot {
    return new SimSnapshot(this.view.snapshot(), this.file);
  }

  close(done: Done): void {
    this.closing = done;
    if (!this.busy) this.begin();
  }

  /** Takes all writes that wait, as one: what came while the disk was busy has one sync. */
  private begin(): void {
    const writes = this.waiting;
    this.waiting = [];
    if (writes.length === 0) return this.end();
    this.busy = true;
    if (this.failed !== undefined) {
      this.file.later(() => this.finish(writes, this.failed), 0);
      return;
    }
    // A write may be seen as soon as it is called, or not before it is done.
    const early = this.file.flip();
    if (early) for (const { operations } of writes) applyTo(this.view, operations);
    this.append(writes, (cause) => {
      if (cause !== undefined) this.failed = storeDisk(WHERE, cause);
      else if (!early) for (const { operations } of writes) applyTo(this.view, operations);
      this.finish(writes, this.failed);
    });
  }

  private append(writes: readonly Write[], done: (cause?: Error) => void): void {
    const writer = new ByteWriter();
    for (const { operations } of writes) this.log(writer, operations);
    this.file.append(writer.finish(), (cause) => {
      if (cause !== undefined || !this.mustSync(writes)) done(cause);
      else this.file.sync(done);
    });
  }

  private mustSync(writes: readonly Write[]): boolean {
    return writes.some(({ durable }) => durable);
  }

  private finish(writes: readonly Write[], error: Error | undefined): void {
    for (const { done } of writes) {
      // What is called may be the end of this process.
      if (!this.file.alive) return;
      done(error);
    }
    this.busy = false;
    this.begin();
  }

  private end(): void {
    const { closing } = this;
    if (closing === undefined) return;
    this.closing = undefined;
    this.file.later(() => {
      this.file.close();
      closing();
    }, 0);
  }

  private log(writer: ByteWriter, operations: readonly Operation[]): void {
    const body = new ByteWriter().integer(++this.lastNumber);
    writeOperations(body, operations);
    const bytes = body.finish();
    writer.u32(bytes.length).u32(crc32c(bytes, bytes.length)).raw(bytes);
  }

  /** Returns where the good records end. */
  private replay(bytes: Uint8Array): number {
    let end = 0;
    for (let at = 0; ; ) {
      const body = bodyAt(bytes, at);
      const operations = body === undefined ? undefined : this.operationsOf(body);
      if (body !== undefined && operations !== undefined) {
        applyTo(this.view, operations);
        at += HEADER_BYTES + body.length;
        end = at;
        continue;
      }
      const next = this.afterDamage(bytes, at);
      if (next === undefined) return end;
      at = next;
    }
  }

  private operationsOf(body: Uint8Array): Operation[] | undefined {
    const reader = new ByteReader(body);
    try {
      const number = reader.integer();
      const operations = readOperations(reader);
      reader.end();
      if (!this.follows(number)) return undefined;
      this.lastNumber = number;
      return operations;
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    }
  }

  private follows(number: number): boolean {
    return number === this.lastNumber + 1;
  }

  /** Where to read on; undefined: nowhere. What is behind damage would be a hole in the middle. */
  private afterDamage(_bytes: Uint8Array, _at: number): number | undefined {
    return undefined;
  }
}

/** Of a record that is whole. */
function bodyAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const header = new ByteReader(bytes.subarray(at, at + HEADER_BYTES));
  const length = header.u32();
  const checksum = header.u32();
  const from = at + HEADER_BYTES;
  if (length > bytes.length - from) return undefined;
  const body = bytes.subarray(from, from + length);
  return crc32c(body, length) === checksum ? body : undefined;
}

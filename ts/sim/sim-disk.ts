/**
 * A disk of one file that is appended to. What is written lies in the system's memory until a sync, and what a loss of power leaves of it is for
 * the seed to say:
 *
 *   | on the disk for good      | in the system's memory          | being written |
 *   0                      synced                           written
 *
 *   killed process   all of this stays, and a first part of what was being written
 *   loss of power    all up to `synced` stays; of the rest a first part, perhaps with garbage behind it, or just some sectors
 */
import type { Random } from '../data-plane/typescript/random.js';
import type { Clock } from './clock.js';

/** Probabilities are per call, from 0 to 1; times in microseconds. */
export interface DiskFaults {
  readonly minWrite: number;
  readonly maxWrite: number;
  readonly minSync: number;
  readonly maxSync: number;
  /** Of syncs that take `slowSync` longer. */
  readonly slow: number;
  readonly slowSync: number;
  /** Of the whole file, and of ranges that are read from it. */
  readonly minRead: number;
  readonly maxRead: number;
  /** Of writes and of syncs that fail with EIO, for good. */
  readonly failedWrites: number;
  readonly failedSyncs: number;
}

export const NO_DISK_FAULTS: DiskFaults = {
  minWrite: 5,
  maxWrite: 50,
  minSync: 100,
  maxSync: 2_000,
  slow: 0,
  slowSync: 0,
  minRead: 20,
  maxRead: 200,
  failedWrites: 0,
  failedSyncs: 0,
};

export type DiskDone = (error?: Error) => void;

/** 'process': it is killed, and the system goes on. 'power': the whole machine is. */
export type CrashKind = 'process' | 'power';

/** Written or not as a whole, as far as a loss of power goes. */
const SECTOR_BYTES = 512;

export class SimDisk {
  faults: DiskFaults = NO_DISK_FAULTS;
  /** Bytes; what would make the file longer fails with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  private bytes = new Uint8Array(4096);
  private written = 0;
  private synced = 0;
  private open: SimFile | undefined;
  /** How many there were; for tests of what waits for a sync. */
  syncs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Undefined while another has it open. */
  openFile(): SimFile | undefined {
    if (this.open !== undefined) return undefined;
    this.open = new SimFile(this, this.clock);
    return this.open;
  }

  /** The process that has it open is no more. */
  crash(kind: CrashKind): void {
    const { open } = this;
    if (open !== undefined) {
      open.close();
      if (open.writing !== undefined) this.put(open.writing.subarray(0, this.below(open.writing.length + 1)));
    }
    if (kind === 'power') this.losePower();
  }

  /** Another disk, with nothing on it. */
  replace(): void {
    this.written = 0;
    this.synced = 0;
  }

  /** In the file, synced or not. */
  get length(): number {
    return this.written;
  }

  /** Calls back soon, whatever becomes of this disk. */
  defer(callback: () => void): void {
    this.clock.schedule(0, callback);
  }

  // For the open file.

  /** How long a call takes. */
  takes(what: 'Write' | 'Sync' | 'Read'): number {
    const { faults } = this;
    const least = faults[`min${what}`];
    const micros = least + this.below(faults[`max${what}`] - least + 1);
    return what === 'Sync' && this.happens(faults.slow) ? micros + faults.slowSync : micros;
  }

  finishWrite(bytes: Uint8Array): Error | undefined {
    const fits = Math.max(0, this.capacity - this.written);
    if (bytes.length > fits) {
      this.put(bytes.subarray(0, fits));
      return systemError('ENOSPC', 'no space left on device');
    }
    if (this.happens(this.faults.failedWrites)) {
      this.put(bytes.subarray(0, this.below(bytes.length + 1)));
      return systemError('EIO', 'i/o error');
    }
    this.put(bytes);
    return undefined;
  }

  finishSync(): Error | undefined {
    this.syncs++;
    if (this.happens(this.faults.failedSyncs)) {
      // What was to be written is in no memory any more, and on the disk in part.
      this.losePower();
      return systemError('EIO', 'i/o error');
    }
    this.synced = this.written;
    return undefined;
  }

  copy(): Uint8Array {
    return this.bytes.slice(0, this.written);
  }

  cut(length: number): void {
    this.written = Math.min(this.written, length);
    this.synced = Math.min(this.synced, length);
  }

  released(file: SimFile): void {
    if (this.open === file) this.open = undefined;
  }

  flip(): boolean {
    return this.below(2) === 0;
  }

  private put(bytes: Uint8Array): void {
    const end = this.written + bytes.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.bytes.subarray(0, this.written));
      this.bytes = larger;
    }
    this.bytes.set(bytes, this.written);
    this.written = end;
  }

  private losePower(): void {
    const volatile = this.written - this.synced;
    if (volatile > 0) {
      const kept = this.synced + this.below(volatile + 1);
      switch (this.below(4)) {
        case 0:
          this.written = this.synced;
          break;
        case 1:
          this.written = kept;
          break;
        case 2: {
          // The rest of the sector is what was there before, of whatever.
          const end = Math.min(this.written, Math.ceil((kept + 1) / SECTOR_BYTES) * SECTOR_BYTES);
          this.spoil(kept, end);
          this.written = end;
          break;
        }
        default:
          this.loseSectors();
      }
    }
    this.synced = this.written;
  }

  /** The system writes sectors in the order it likes: later ones may be there, and earlier ones not. */
  private loseSectors(): void {
    for (let at = this.synced; at < this.written; ) {
      const end = Math.min(this.written, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (this.flip()) this.spoil(at, end);
      at = end;
    }
  }

  private spoil(from: number, to: number): void {
    if (this.flip()) this.bytes.fill(0, from, to);
    else for (let at = from; at < to; at++) this.bytes[at] = this.random.next() >>> 24;
  }

  private below(bound: number): number {
    return this.random.below(bound);
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.random.next() < probability * 2 ** 32;
  }
}

/** The file as one process has it open. After a crash nothing that is called does anything, and nothing is called back. */
export class SimFile {
  /** What is being written. */
  writing: Uint8Array | undefined;
  /** Not closed, and not crashed. */
  alive = true;

  constructor(
    private readonly disk: SimDisk,
    private readonly clock: Clock,
  ) {}

  /** One write or sync at a time. The bytes are kept until it is done. */
  append(bytes: Uint8Array, done: DiskDone): void {
    if (!this.alive) return;
    this.writing = bytes;
    this.later(() => {
      this.writing = undefined;
      done(this.disk.finishWrite(bytes));
    }, this.disk.takes('Write'));
  }

  sync(done: DiskDone): void {
    this.later(() => done(this.disk.finishSync()), this.disk.takes('Sync'));
  }

  /** Everything in the file. */
  read(done: (bytes: Uint8Array) => void): void {
    this.later(() => done(this.disk.copy()));
  }

  truncate(length: number): void {
    if (this.alive) this.disk.cut(length);
  }

  /** Calls back after the time that a read takes, or after another. */
  later(callback: () => void, micros = this.disk.takes('Read')): void {
    if (!this.alive) return;
    this.clock.schedule(micros, () => {
      if (this.alive) callback();
    });
  }

  /** True or false, as the seed says. */
  flip(): boolean {
    return this.disk.flip();
  }

  close(): void {
    this.alive = false;
    this.disk.released(this);
  }
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

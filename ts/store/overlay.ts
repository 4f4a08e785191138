/**
 * Writes that are not in the database yet: committed ones, which everyone here reads already, and at a leader also those that wait for a majority,
 * which only its compares see.
 */
import type { DatabaseReads } from './database.js';
import { dataKey, putVersion, VERSION_BYTES, versionAt } from './keys.js';
import { pooled } from './pooled.js';
import type { Effect } from './transaction.js';

/** A key with its value, and the version that wrote it. */
export interface Versioned {
  readonly version: number;
  readonly value: Uint8Array;
}

interface Write {
  readonly version: number;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}

/** So many are cut off at once. */
const MOST_SKIPPED = 1024;

/** One string for one key: what maps are keyed by. */
export function keyName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** Of one version. */
interface Addition {
  readonly version: number;
  readonly effects: readonly Effect[];
}

/** Nearly all that it is given is taken away before anyone reads: so keys are looked at when somebody does, and not before. */
export class Overlay {
  private readonly writes = new Map<string, Write>();
  /** In the order of their versions, which are higher than those in `writes`. */
  private unread: Addition[] = [];
  /** Of `unread`, those before it are gone: cut off now and then, not each time. */
  private start = 0;

  /** Versions grow. */
  add(version: number, effects: readonly Effect[]): void {
    this.unread.push({ version, effects });
  }

  /** What this version wrote is elsewhere now; unless a later one wrote it again. Versions go in the order in which they came. */
  remove(version: number, effects: readonly Effect[]): void {
    if (this.unread[this.start]?.version === version) return this.skip();
    if (this.writes.size === 0) return;
    for (const { key } of effects) {
      const name = keyName(key);
      if (this.writes.get(name)?.version === version) this.writes.delete(name);
    }
  }

  get(key: Uint8Array): Write | undefined {
    if (this.start < this.unread.length) this.read();
    return this.writes.size === 0 ? undefined : this.writes.get(keyName(key));
  }

  clear(): void {
    this.writes.clear();
    this.unread = [];
    this.start = 0;
  }

  private skip(): void {
    this.start++;
    if (this.start < MOST_SKIPPED && this.start < this.unread.length) return;
    this.unread = this.unread.slice(this.start);
    this.start = 0;
  }

  private read(): void {
    for (let i = this.start; i < this.unread.length; i++) {
      const { version, effects } = this.unread[i] as Addition;
      for (const effect of effects) {
        this.writes.set(keyName(effect.key), { version, value: effect.type === 'put' ? effect.value : undefined });
      }
    }
    this.unread = [];
    this.start = 0;
  }
}

/** A value as it lies in the database, and back. */
export function withVersion(version: number, value: Uint8Array): Uint8Array {
  const bytes = pooled(VERSION_BYTES + value.length);
  putVersion(bytes, 0, version);
  bytes.set(value, VERSION_BYTES);
  return bytes;
}

export function versioned(bytes: Uint8Array): Versioned {
  return { version: versionAt(bytes, 0), value: bytes.subarray(VERSION_BYTES) };
}

/** As a reader sees it: what is in the overlays, the first that has it, else what is in the database. */
export function lookUp(key: Uint8Array, overlays: readonly Overlay[], database: DatabaseReads): Versioned | undefined {
  for (const overlay of overlays) {
    const write = overlay.get(key);
    if (write !== undefined) return write.value && { version: write.version, value: write.value };
  }
  const bytes = database.get(dataKey(key));
  return bytes && versioned(bytes);
}

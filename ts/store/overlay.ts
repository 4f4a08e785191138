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

/** One string for one key: what maps are keyed by. */
export function keyName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

export class Overlay {
  private readonly writes = new Map<string, Write>();

  add(version: number, effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.writes.set(keyName(effect.key), { version, value: effect.type === 'put' ? effect.value : undefined });
    }
  }

  /** What this version wrote is elsewhere now; unless a later one wrote it again. */
  remove(version: number, effects: readonly Effect[]): void {
    for (const { key } of effects) {
      const name = keyName(key);
      if (this.writes.get(name)?.version === version) this.writes.delete(name);
    }
  }

  get(key: Uint8Array): Write | undefined {
    return this.writes.size === 0 ? undefined : this.writes.get(keyName(key));
  }

  clear(): void {
    this.writes.clear();
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

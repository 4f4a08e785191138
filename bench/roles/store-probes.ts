/** What a store is to be judged by, measured on the same disk: one fsync, and the database alone. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { median } from '../stats/summary.js';
import { UnverifiedError } from '../verify/unverified-error.js';

const FSYNCS = 50;
/** About what a record of a few values is. Bytes. */
const FSYNC_BYTES = 1024;
const BATCH = 1000;

/** What is appended to a file is on the disk: microseconds, the median. */
export function fsyncMicros(folder: string): number {
  const path = join(folder, 'fsync');
  const file = openSync(path, 'w');
  const bytes = Buffer.alloc(FSYNC_BYTES, 1);
  const micros = Array.from({ length: FSYNCS }, () => {
    writeSync(file, bytes);
    const startMs = performance.now();
    fdatasyncSync(file);
    return (performance.now() - startMs) * 1000;
  });
  closeSync(file);
  rmSync(path);
  return median(micros);
}

/** Reads of keys, in an order that a cache can't guess, for so many milliseconds. Returns how many in a second. */
export function readsPerSecond(
  keys: readonly string[],
  milliseconds: number,
  read: (key: string) => Uint8Array | undefined,
): number {
  const startMs = performance.now();
  let reads = 0;
  let at = 0;
  while (performance.now() < startMs + milliseconds) {
    for (let i = 0; i < BATCH; i++) {
      at = (at + 7919) % keys.length;
      const key = keys[at] as string;
      if (read(key) === undefined) throw new UnverifiedError(`the key ${key} is not there`);
    }
    reads += BATCH;
  }
  return (reads * 1000) / (performance.now() - startMs);
}

/** A LevelDB with the same keys and values, and nothing around it. */
export async function openPlainLevel(
  folder: string,
  keys: readonly string[],
  value: Uint8Array,
): Promise<ClassicLevel<string, Uint8Array>> {
  const level = new ClassicLevel<string, Uint8Array>(join(folder, 'plain'), { valueEncoding: 'view' });
  await level.open();
  for (let from = 0; from < keys.length; from += BATCH) {
    await level.batch(keys.slice(from, from + BATCH).map((key) => ({ type: 'put' as const, key, value })));
  }
  return level;
}

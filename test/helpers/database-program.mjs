// A database in a directory, in a process of its own: to be killed, to be in the way of another, and to live on a disk that is too small.
import { execFileSync } from 'node:child_process';
import { openLevelDatabase } from '../../dist/ts/store/level-database.js';
import { serve } from './program.mjs';

/** Writes that are under way at a time. */
const UNDER_WAY = 32;
const LAST = Buffer.from('last');

let database;
let done = 0;
let failure;

const keyOf = (i) => Buffer.from(`k${String(i).padStart(8, '0')}`);
const codeOf = (error) => ({ code: error.code, message: error.message });

function write(i, valueBytes) {
  const operations = [
    { type: 'put', key: keyOf(i), value: Buffer.alloc(valueBytes, i) },
    { type: 'put', key: LAST, value: Buffer.from(String(i)) },
  ];
  return new Promise((resolve) => {
    database.write(operations, i % 3 === 0, (error) => {
      if (error === undefined) done = i;
      else failure ??= codeOf(error);
      resolve();
    });
  });
}

async function writeOn(lane, valueBytes) {
  for (let i = lane; failure === undefined; i += UNDER_WAY) await write(i, valueBytes);
}

serve({
  open: async (directory) => {
    try {
      database = await openLevelDatabase(directory);
      failure = undefined;
      return 'open';
    } catch (error) {
      return codeOf(error);
    }
  },

  /** From `first` on without an end, or until the disk fails. */
  flood: (first, valueBytes) => {
    for (let lane = first; lane < first + UNDER_WAY; lane++) void writeOn(lane, valueBytes);
  },

  /** The last write that is done, and what the disk has failed with. */
  progress: () => ({ done, failure }),

  /** The last write that is there, and how many are. */
  found: async () => {
    const last = database.get(LAST);
    const entries = await new Promise((resolve, reject) => {
      const range = { from: keyOf(0), to: Buffer.from('l'), limit: 1e6, bytes: 1e9 };
      database.range(range, (error, found) => (error === undefined ? resolve(found) : reject(error)));
    });
    return { last: last === undefined ? 0 : Number(last), count: entries.length };
  },

  close: () =>
    new Promise((resolve, reject) => database.close((error) => (error === undefined ? resolve() : reject(error)))),

  /** Changes what the directory is mounted with. */
  remount: (directory, options) => execFileSync('mount', ['-o', `remount,${options}`, directory]).toString(),
});

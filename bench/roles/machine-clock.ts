/** One clock for all threads and processes of the machine, as cheap to read as a thread's own. Milliseconds. */

/** Readings of which the tightest counts: whoever is interrupted between two clocks sees them apart. */
const TRIES = 32;

/** Milliseconds of the machine, the same in all its processes. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What has to be added to this thread's performance.now() to get milliseconds of the machine. */
export function machineOffsetMs(): number {
  let offset = 0;
  let tightest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const machine = machineMs();
    const after = performance.now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offset = machine - (before + after) / 2;
  }
  return offset;
}

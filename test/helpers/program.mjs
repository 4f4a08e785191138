// What the programs of tests share: calls from the test come by IPC, `{ id, call, args }`, and are answered by `{ id, value }` or
// `{ id, error }`. A program ends with its test.
import { readdirSync, readFileSync } from 'node:fs';

export function serve(calls) {
  process.on('message', async ({ id, call, args }) => {
    try {
      process.send({ id, value: await calls[call](...args) });
    } catch (error) {
      const { name, code, message, stack, details } = error;
      process.send({ id, error: { name, code, message, stack, details } });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}

/** Waits until `condition` holds; the caller has the deadline. */
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** What comes and goes with each turn of the event loop. */
const PASSING = new Set(['Immediate', 'Timeout', 'CloseReq', 'FSReqCallback', 'FSReqPromise', 'TickObject']);

/** What this process holds now. */
export function footprint() {
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo().filter((each) => !PASSING.has(each));
  return { rss, heapUsed, external, arrayBuffers, fds: countFds(), resources };
}

export function countFds() {
  return readdirSync('/proc/self/fd').length;
}

/** Datagrams that the kernel had no room for at a socket of this machine, by its port. */
export function kernelDrops(port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/udp', 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/)).find((each) => each[1]?.endsWith(hex));
  return fields === undefined ? 0 : Number(fields.at(-1));
}

/** Keeps the event loop from doing anything. */
export function blockEventLoop(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * A process with one member of a crew: a pool of one worker, and this thread, which passes calls on and sleeps otherwise.
 *
 *   coordinator ── IPC ── this thread ── MessagePort ── worker with the member
 */
import type { Call } from './protocol.js';
import { WorkerHost } from './worker-host.js';

const host = new WorkerHost(1);
const port = host.ports[0];

process.on('message', (call: Call) => port?.postMessage(call));
port?.on('message', (reply) => process.send?.(reply));
host.failed.catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
// Ctrl-C reaches the whole process group: what happens then is for the coordinator to decide.
process.on('SIGINT', () => {});
// The coordinator has gone, or is done with us. A worker that is stuck would hold up process.exit().
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** The workers of one row of the bench: a thread or a process for each member. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Isolation } from '../options.js';
import type { PeerServer } from '../peers/peer-server.js';
import { Actor } from './actor.js';
import type { Hosts } from './hosts.js';
import { LOOPBACK } from './place.js';
import type { Reply } from './protocol.js';
import { WorkerHost } from './worker-host.js';

const START_SECONDS = 30;
/** A worker that has not closed its sockets after so long is ended with them open. */
const CLOSE_SECONDS = 3;

export interface Crew {
  readonly actors: readonly Actor[];
  /** Undefined: its members are threads, which can't be hurt one by one. */
  readonly processes?: {
    signal(member: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
    /** Ends a member's process, whatever it is doing, and starts another in its place. */
    replace(member: number): Promise<void>;
  };
  /** What the row needs beside its workers, where it is a peer. */
  readonly peer?: PeerServer;
  /** Ends threads and processes, whatever they are doing. May be called twice. */
  close(): Promise<void>;
}

/** Resolves when all workers are ready; leaves nothing behind when one is not. @param hosts one for each worker; undefined: all are on loopback */
export async function startCrew(isolation: Isolation, count: number, hosts?: Hosts): Promise<Crew> {
  const crew = isolation === 'threads' ? threadCrew(count) : processCrew(count, hosts);
  try {
    await Promise.all(crew.actors.map((actor, member) => makeReady(actor, member, hosts)));
    return crew;
  } catch (error) {
    await crew.close();
    throw error;
  }
}

function makeReady(actor: Actor, member: number, hosts: Hosts | undefined): Promise<void> {
  return actor.call('ready', { host: hosts?.address(member) ?? LOOPBACK }, START_SECONDS);
}

function threadCrew(count: number): Crew {
  const host = new WorkerHost(count);
  const actors = host.ports.map((port, rank) => {
    const actor = new Actor(`member ${rank}`, (call) => port.postMessage(call));
    port.on('message', (reply: Reply) => actor.handleReply(reply));
    return actor;
  });
  const gone = (reason: string) => {
    for (const actor of actors) actor.handleGone(reason);
  };
  host.failed.catch((error: Error) => gone(`a worker thread died: ${error.message}`));
  return {
    actors,
    close: once(async () => {
      await Promise.allSettled(actors.map((actor) => actor.call('closeAll', undefined, CLOSE_SECONDS)));
      gone('the crew was closed');
      await host.destroy();
    }),
  };
}

function processCrew(count: number, hosts: Hosts | undefined): Crew {
  const children = Array.from({ length: count }, (_, member) => forkMember(member, hosts));
  const actors = children.map(actorOf);
  let closed = false;
  return {
    actors,
    processes: {
      signal: (member, signal) => void children[member]?.kill(signal),
      replace: async (member) => {
        await kill(children[member] as ChildProcess);
        if (closed) throw new Error('the crew was closed');
        const child = forkMember(member, hosts);
        children[member] = child;
        actors[member] = actorOf(child, member);
        await makeReady(actors[member], member, hosts);
      },
    },
    // The system closes the sockets of a process.
    close: once(async () => {
      closed = true;
      await Promise.all(children.map(kill));
    }),
  };
}

function actorOf(child: ChildProcess, member: number): Actor {
  // A child that has gone is told by its 'exit'; what can't be sent any more needs no error of its own.
  const actor = new Actor(`member ${member}`, (call) => child.send(call, () => {}));
  child.on('message', (reply: Reply) => actor.handleReply(reply));
  child.on('error', (error) => actor.handleGone(error.message));
  child.on('exit', (code, signal) => actor.handleGone(`its process ended (${signal ?? `exit code ${code}`})`));
  return actor;
}

function forkMember(member: number, hosts: Hosts | undefined): ChildProcess {
  const [execPath = process.execPath, ...execArgv] = [...(hosts?.through(member) ?? []), process.execPath];
  return fork(fileURLToPath(new URL('./member-process.js', import.meta.url)), [], {
    execPath,
    execArgv,
    serialization: 'advanced',
    // Standard output is for results.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}

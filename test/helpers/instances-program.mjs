// Many members in one process, in its worker threads, and members that nobody closes. Runs in the process that the test talks to, and, with
// `workerData`, in workers of it.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { GroupMember } from 'consort';
import { countFds, footprint, serve, until } from './program.mjs';

const MESSAGES = 20;

function make(options, groupName) {
  return new GroupMember({ groupName, memory: 1024 * 1024, ...options });
}

/** Two members that are in one group. */
async function pair(options, groupName) {
  const members = [make(options, groupName), make(options, groupName)];
  await Promise.all(members.map((member) => member.open()));
  const addresses = members.map((member) => String(member.myEndpoint));
  await Promise.all(members.map((member) => member.join({ members: addresses })));
  return members;
}

/** Both cast and send to each other until everything has arrived. */
async function talk(members) {
  let count = 0;
  for (const member of members) {
    member.on('cast', () => count++);
    member.on('send', () => count++);
  }
  for (let i = 0; i < MESSAGES; i++) {
    for (const [rank, member] of members.entries()) {
      member.cast(`cast ${i}`);
      member.send(1 - rank, `send ${i}`);
    }
  }
  await until(() => count >= 4 * MESSAGES);
}

async function round(options, groups) {
  const pairs = await Promise.all(Array.from({ length: groups }, (_, i) => pair(options, `group ${i}`)));
  await Promise.all(pairs.map(talk));
  await Promise.all(pairs.flat().map((member) => member.close()));
}

/** Waits until no datagram has come for a while. */
async function silence(members) {
  const count = () => members.reduce((sum, member) => sum + member.stats().datagramsReceived, 0);
  for (let before = -1, now = count(); now !== before; now = count()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function startWorker(data) {
  return new Worker(fileURLToPath(import.meta.url), { workerData: data });
}

async function exitOf(worker) {
  const [code] = await once(worker, 'exit');
  return code;
}

const calls = {
  /** Rounds of groups of two that are created, used and closed. */
  async rounds(options, groups, rounds) {
    for (let i = 0; i < rounds; i++) await round(options, groups);
    return footprint();
  },

  /** The same in several workers at once. Returns their exit codes. */
  async workers(options, workers, groups, rounds) {
    const started = Array.from({ length: workers }, () => startWorker({ work: 'rounds', options, groups, rounds }));
    return Promise.all(started.map(exitOf));
  },

  /** Workers with open members, which talk unless `quiet`; they are terminated, or exit by themselves. Returns their exit codes. */
  async abandonWorkers(options, workers, how, quiet) {
    const started = Array.from({ length: workers }, () => startWorker({ work: 'abandon', options, how, quiet }));
    return Promise.all(
      started.map(async (worker) => {
        const exit = exitOf(worker);
        await once(worker, 'message');
        if (how === 'terminate') await worker.terminate();
        return exit;
      }),
    );
  },

  /** Members that are left to the garbage collector while they are open. */
  async abandon(options, count) {
    for (let i = 0; i < count; i++) await talk(await pair(options, `abandoned ${i}`));
    for (let i = 0; i < 10; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await round(options, 1);
  },

  /** What each call of a closed member comes to. */
  async callAfterClose(options) {
    const [member, other] = await pair(options, 'closed');
    await Promise.all([member.close(), other.close()]);
    const attempts = {
      open: () => member.open(),
      join: () => member.join({ members: ['127.0.0.1:1'] }),
      cast: () => member.cast('x'),
      send: () => member.send(1, 'x'),
      claim: () => member.claim(8),
      publishClaim: () => member.publishClaim(8),
      claimBuffer: () => member.claimBuffer,
      maxClaim: () => member.maxClaim,
      close: () => member.close(),
      leave: () => member.leave(),
      stats: () => member.stats().mode,
    };
    const outcomes = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      outcomes[name] = await Promise.resolve()
        .then(attempt)
        .then(String, (error) => error.code);
    }
    return outcomes;
  },

  fds: countFds,
  footprint,

  /** Ends this process with members open. */
  async exitWithOpen(options, code) {
    const members = await pair(options, 'exit');
    await talk(members);
    setImmediate(() => process.exit(code));
  },
};

if (isMainThread) {
  serve(calls);
} else if (workerData.work === 'rounds') {
  for (let i = 0; i < workerData.rounds; i++) await round(workerData.options, workerData.groups);
} else {
  const members = await pair(workerData.options, 'abandoned');
  await talk(members);
  if (workerData.quiet) await silence(members);
  // Busy when the end comes.
  else setInterval(() => members[0].writableNeedDrain || members[0].cast(new Uint8Array(1_000)), 1);
  parentPort.postMessage('open');
  if (workerData.how === 'exit') setTimeout(() => process.exit(7), 20);
}

// Run me: node examples/replicated-store.mjs [folder]
// Three processes keep one store on three disks, and serve it over HTTP. A fourth counts in it, through whichever answers, while the processes are
// killed with kill -9: one, then all. What was counted is never lost. Run me again with the same folder, and I count on from there.
//
// One replica by itself, to be asked with curl: node examples/replicated-store.mjs replica <name> <folder> <group> <port>
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReplicatedStore, StoreServer } from 'consort';

const members = ['a', 'b', 'c'];

// ---- a replica ----

async function replica(name, folder, groupName, port) {
  const store = new ReplicatedStore({ groupName, name, members, directory: join(folder, name) });
  store.on('status', ({ state, present }) => console.log(`${name}: ${state}; here: ${present.join(' ')}`));
  const server = await StoreServer.open(store, { port: Number(port) });
  await store.open();
  process.send?.(`http://127.0.0.1:${server.address.port}`);
  // The others see at once that it goes; of a kill they are told a tenth of a second later.
  const end = () => server.close().then(() => store.close());
  process.once('SIGINT', end).once('SIGTERM', end).once('disconnect', end);
}

// ---- who runs three of them, and uses the store ----

const replicas = new Map();
let folder;
let groupName;

async function start(name) {
  const child = fork(import.meta.filename, ['replica', name, folder, groupName, '0']);
  replicas.set(name, { child, at: undefined });
  const [at] = await once(child, 'message');
  replicas.set(name, { child, at });
}

async function kill(...names) {
  console.log(`kill -9 ${names.join(' ')}`);
  for (const name of names) {
    const { child } = replicas.get(name);
    replicas.delete(name);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** The answer of the first replica that gives one: one that has no quorum says 503, one that was killed nothing. */
async function ask(path, init) {
  for (;;) {
    for (const { at } of replicas.values()) {
      const response = at && (await fetch(at + path, init).catch(() => undefined));
      if (response && response.status < 500) return response;
    }
    await sleep(20);
  }
}

/** One more: only if nobody has counted since it was read. */
async function count() {
  for (;;) {
    const read = await ask('/keys/count?read=linearizable');
    const before = read.status === 404 ? null : await read.text();
    const after = String(Number(before) + 1);
    const transaction = {
      compares: [{ key: 'count', value: before }],
      operations: [{ type: 'put', key: 'count', value: after }],
    };
    const headers = { 'content-type': 'application/json' };
    const { committed } = await (
      await ask('/transaction', { method: 'POST', headers, body: JSON.stringify(transaction) })
    ).json();
    if (committed) return Number(after);
  }
}

async function countTo(goal) {
  let last = 0;
  while (last < goal) last = await count();
  console.log(`counted to ${last}`);
}

async function story() {
  await Promise.all(members.map(start));
  const first = await count();
  await countTo(first + 99);
  const { leader } = await (await ask('/status')).json();
  await kill(leader);
  await countTo(first + 199);
  await start(leader);
  await countTo(first + 299);
  await kill(...members);
  await Promise.all(members.map(start));
  console.log(`after all of that it is ${await (await ask('/keys/count?read=linearizable')).text()}`);
  for (const { child } of replicas.values()) child.disconnect();
}

const words = process.argv.slice(2);
if (words[0] === 'replica') await replica(...words.slice(1));
else {
  folder = words[0] ?? mkdtempSync(join(tmpdir(), 'consort-example-'));
  groupName = `store in ${folder}`;
  await story();
}

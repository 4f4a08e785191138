// A replica of a store in a process of its own, told by its test what to do (store-crew.ts). What was acknowledged to it goes into a file, a line of JSON
// each, at once: a process that is killed has said everything.
import { openSync, writeSync } from 'node:fs';
import { ReplicatedStore } from 'consort';
import { serve, until } from './program.mjs';

const TEXT = { encoding: 'utf8' };

let store;
let file;
let loading;
let isLoading = false;
let acknowledged = 0;
let hasKilled = false;
const errors = [];
const syncs = [];
const states = [];
const watched = [];

function log(line) {
  writeSync(file, `${JSON.stringify(line)}\n`);
}

/** Puts keys that nobody else puts, one after the other, and says what was acknowledged. What is refused is put again under another key. */
async function write(run, writer, bytes) {
  for (let number = 0; isLoading; number++) {
    const key = `${run}/${writer}/${number}`;
    try {
      const version = await store.put(key, `${key} `.padEnd(bytes, 'x'));
      log({ key, version });
      acknowledged++;
    } catch ({ code }) {
      if (code !== 'ERR_STORE_NO_QUORUM' && code !== 'ERR_STORE_OUTCOME_UNKNOWN') throw code;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** What the 'sync' event is used for: to kill somebody right then, once. */
function atSync(progress, { killAtSync, afterBytes = 1 }) {
  syncs.push(progress);
  if (killAtSync === undefined || hasKilled || progress.bytes < afterBytes) return;
  hasKilled = true;
  log({ killed: killAtSync === 'me' ? 'me' : progress.provider });
  process.kill(killAtSync === 'me' ? process.pid : killAtSync[progress.provider], 'SIGKILL');
}

serve({
  /** `traits`: killAtSync is 'me', or the processes of the other replicas by name. */
  async open({ logFile, ...options }, { ready = false, ...traits } = {}) {
    file = openSync(logFile, 'a');
    store = new ReplicatedStore({ ...options, errorHandler: ({ code, message }) => errors.push({ code, message }) });
    store.on('sync', (progress) => atSync(progress, traits));
    store.on('status', ({ state }) => states.push(state));
    await store.open({ ready });
  },
  ready: () => store.whenReady(),
  status: () => store.status,
  seen: () => ({ errors, syncs, states, acknowledged }),
  waitForState: (...wanted) => until(() => wanted.includes(store.status.state)),
  waitForPresent: (names) => until(() => store.status.present.join() === names.join() && store.status.leader),
  waitForVersion: (version) => until(() => store.status.lastApplied >= version),
  waitForFirst: (version) => until(() => store.firstCommitted > version),
  waitForError: (code) => until(() => errors.some((error) => error.code === code)),
  /** So many more acknowledged writes than now. */
  async waitForWrites(count) {
    const most = acknowledged + count;
    await until(() => acknowledged >= most);
  },
  put: (key, value) => store.put(key, value),
  delete: (key) => store.delete(key),
  get: (key, read) => store.get(key, { ...TEXT, read }),
  /** Until it is taken: views change. */
  async fill(prefix, count, bytes) {
    for (let number = 0; number < count; number++) await store.put(`${prefix}${number}`, 'v'.repeat(bytes));
  },
  load(run, writers, bytes) {
    isLoading = true;
    loading = Promise.all(Array.from({ length: writers }, (_, writer) => write(run, writer, bytes)));
    loading.catch((error) => errors.push({ code: 'LOAD', message: String(error) }));
  },
  async endLoad() {
    isLoading = false;
    await loading;
  },
  /** All that there is. */
  async dump(read) {
    const snapshot = await store.snapshot({ read });
    const entries = [];
    for await (const { key, value, version } of snapshot.entries(TEXT)) {
      entries.push({ key, version, bytes: value.length, begins: value.slice(0, 40) });
    }
    snapshot.close();
    return { version: snapshot.version, stale: snapshot.stale, entries };
  },
  watch(prefix, fromVersion) {
    const watching = (async () => {
      for await (const event of store.watch(prefix, { ...TEXT, fromVersion })) watched.push(event);
    })();
    watching.catch((error) => errors.push({ code: error.code, message: error.message }));
  },
  watched: () => watched,
  close: () => store.close(),
});

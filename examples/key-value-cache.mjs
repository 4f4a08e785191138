// Run me in three terminals: node examples/key-value-cache.mjs 8081 [group], and the same with 8082 and 8083. Then, from anywhere on this machine:
//   curl -T photo.jpg localhost:8081/photo    curl localhost:8082/photo    curl -X DELETE localhost:8083/photo    curl localhost:8081/
// A cache of keys and values over HTTP that all processes have in memory. Kill any of them, with -9 if you like: the others go on, and nothing is lost
// that was answered (Agree: a write comes when all have it). Start it again, and it gets the state from another. Writes come in one order everywhere
// (Total), and are answered when they came back. A read asks nobody: it may be some milliseconds behind a write at another process. When a network
// is divided its parts go on, each by itself; when it is whole again, the part with more processes keeps its state, and the others take that over.
import { createServer } from 'node:http';
import { Message, StateTransferServer } from 'consort';

const MIB = 1024 * 1024;
const MAX_VALUE_BYTES = 8 * MIB;
/** Of keys and values; what was written longest ago goes first, at all processes alike. */
const MAX_BYTES = 256 * MIB;
const PART_BYTES = 64 * 1024;

const log = (text) => console.log(`${new Date().toISOString()} ${text}`);

class Cache extends StateTransferServer {
  /** By key, those last that were written last. */
  entries = new Map();
  bytes = 0;
  /** Who waits for writes that are on their way: they come back in the order of the casts. */
  #waiting = [];

  /** Resolves with whether there was such a key, when the write has been made. Without a value the key is deleted. */
  write(key, type, value) {
    const message = value === undefined ? new Message() : new Message().push(value).push(type);
    this.cast(message.push(key));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  onReceiveCast(origin, message) {
    const key = message.popString();
    const existed = this.#remove(key);
    if (!message.isEmpty) this.#put(key, message.popString(), message.popBytes());
    if (origin.equals(this.myEndpoint)) this.#waiting.shift()(existed);
  }

  onAcceptedView({ nmembers, servers, state }) {
    log(`${servers.length} of ${nmembers} processes have the state; this one is ${state}`);
  }

  // This process has just joined; or it was apart from the others, and their state is to replace its own.
  async onStateTransfer(xferId) {
    log('getting the state');
    const state = await this.getState(xferId);
    this.entries.clear();
    this.bytes = 0;
    while (!state.isEmpty) this.#put(state.popString(), state.popString(), state.popBytes());
    log(`got the state: ${this.entries.size} keys, ${this.bytes} bytes`);
    this.transferDone(xferId);
  }

  // Nothing is written during an atomic transfer. What is pushed last is popped first, in all parts together: the oldest is to be the first.
  *onAskState() {
    let part = new Message();
    for (const [key, { type, value }] of [...this.entries].reverse()) {
      part.push(value).push(type).push(key);
      if (part.length < PART_BYTES) continue;
      yield part;
      part = new Message();
    }
    yield part;
  }

  #put(key, type, value) {
    this.entries.set(key, { type, value });
    this.bytes += key.length + value.length;
    while (this.bytes > MAX_BYTES) this.#remove(this.entries.keys().next().value);
  }

  #remove(key) {
    this.bytes -= this.entries.has(key) ? key.length + this.entries.get(key).value.length : 0;
    return this.entries.delete(key);
  }
}

function answer(response, status, body = '', headers = {}) {
  // Who shuts down lets its clients go, to another process.
  const more = server.listening ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more, ...headers }).end(body);
}

async function handle(request, response) {
  const { method, url, headers } = request;
  const key = decodeURIComponent(url.slice(1).split('?')[0]);
  const allowed = key === '' ? ['GET', 'HEAD'] : ['GET', 'HEAD', 'PUT', 'DELETE'];
  if (!allowed.includes(method)) return answer(response, 405, `no ${method} here\n`, { allow: allowed.join(', ') });
  const isReady = cache.serverState === 'server-normal';
  const status = { state: cache.serverState, processes: cache.view?.nmembers ?? 0, keys: cache.entries.size };
  if (key === '') return answer(response, isReady ? 200 : 503, `${JSON.stringify(status)}\n`);
  if (!isReady) return answer(response, 503, 'no state here yet\n', { 'retry-after': '1' });
  if (method === 'PUT') {
    const value = await bodyOf(request);
    if (value === undefined) return answer(response, 413, `a value has at most ${MAX_VALUE_BYTES} bytes\n`);
    const existed = await cache.write(key, headers['content-type'] ?? 'application/octet-stream', value);
    return answer(response, existed ? 204 : 201);
  }
  const found = method === 'DELETE' ? await cache.write(key) : cache.entries.get(key);
  if (!found) return answer(response, 404, 'no such key\n');
  if (method === 'DELETE') return answer(response, 204);
  answer(response, 200, found.value, { 'content-type': found.type, 'content-length': found.value.length });
}

/** Undefined: it is too long. It is read to its end anyway, for clients listen only then. */
async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MAX_VALUE_BYTES) chunks.push(chunk);
  }
  return bytes <= MAX_VALUE_BYTES ? Buffer.concat(chunks) : undefined;
}

const [port, groupName = 'key-value-cache'] = process.argv.slice(2);
if (!/^\d{1,5}$/.test(port)) {
  console.error('usage: node examples/key-value-cache.mjs <port> [group]');
  process.exit(2);
}
const properties = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:Total:Agree';
const cache = new Cache({ groupName, properties, membership: 'server', transfer: 'atomic' });
cache.on('error', (error) => log(error.message));

const CODES = { URIError: 400, ERR_QUEUE_FULL: 503 };
const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    if (request.errored) return; // its client has gone
    const status = CODES[error.code ?? error.name] ?? 500;
    if (status === 500) log(`${request.method} ${request.url}: ${error.stack}`);
    answer(response, status, `${error.message}\n`);
  });
});
server.listen(Number(port), '127.0.0.1', async () => {
  log(`http://127.0.0.1:${server.address().port}/`);
  await cache.join().catch((error) => {
    if (server.listening) throw error;
  });
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    log(`${signal}: what was asked is answered, then this process leaves`);
    server.close(() => cache.close());
  });
}

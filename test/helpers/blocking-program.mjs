// One server of a group with state transfer, on the main thread of this process or in a worker of it, where it blocks. What it hears and does is noted, and can be
// asked for while it blocks.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { StateTransferServer } from 'consort';
import { serve } from './program.mjs';

class Server extends StateTransferServer {
  #note;
  #stateBytes;
  #isBlocked = false;
  #questions = 0;
  /** Who has asked, and has no answer yet. */
  #asked = [];

  constructor({ stateBytes, ...options }, note) {
    super({ membership: 'server', transfer: 'free', address: '127.0.0.1:0', ...options });
    this.#note = note;
    this.#stateBytes = stateBytes;
    this.on('error', (error) => note(`error ${error.code}`));
  }

  async onStateTransfer(xferId) {
    // On the main thread, which has to answer the test, it does not block.
    if (isMainThread) {
      await this.getState(xferId);
      return this.transferDone(xferId);
    }
    this.#getBlocking(xferId);
  }

  #getBlocking(xferId) {
    this.#note('asks');
    const wasBlocked = this.#isBlocked;
    this.#isBlocked = true;
    try {
      const state = this.getStateSync(xferId);
      this.#note(`got ${state.length} bytes`);
      this.transferDone(xferId);
    } catch (error) {
      this.#note(`threw ${error.code}`);
    }
    this.#isBlocked = wasBlocked;
  }

  onAskState(origin, xferId) {
    this.#asked.push([origin, xferId]);
    this.#note(`asked ${++this.#questions}`);
  }

  onReceiveCast(_, message) {
    const text = message.text();
    this.#note(`cast ${text}${this.#isBlocked ? ' while blocked' : ''}`);
    if (text === 'ask again') this.#getBlocking(1);
    if (text === 'be a client') this.becomeClient();
  }

  onAcceptedView(view) {
    this.#note(`${view.servers.length} servers`);
  }

  answer() {
    for (const [origin, xferId] of this.#asked.splice(0))
      this.sendState(origin, xferId, new Uint8Array(this.#stateBytes));
  }
}

const notes = [];
let server;
let worker;

const calls = {
  async open(where, options) {
    if (where === 'main') {
      server = new Server(options, (text) => notes.push(text));
      return server.join();
    }
    worker = new Worker(fileURLToPath(import.meta.url), { workerData: options });
    worker.on('message', (text) => notes.push(text));
  },

  notes: async () => notes,
  cast: async (text) => server.cast(text),
  answer: async () => server.answer(),

  async close() {
    await server?.close();
    if (worker === undefined) return;
    worker.postMessage('close');
    await once(worker, 'exit');
  },
};

if (isMainThread) {
  serve(calls);
} else {
  const member = new Server(workerData, (text) => parentPort.postMessage(text));
  parentPort.once('message', () => void member.close());
  await member.join();
}

// Run me: node examples/blocking-transfer.mjs [group]
// The program of Maestro's documents: ten servers of group "lapa", each with a number as its state. Who joins gets the state of those who are there, and blocks until
// it has it; so each server is in a thread of its own, as each of Maestro's was.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Message, StateTransferServer, TransferTerminated } from 'consort';

const SERVERS = 10;

class MyServer extends StateTransferServer {
  constructor(number, options) {
    super(options);
    this.number = number;
    this.resetState();
  }

  resetState() {
    this.state = 0;
  }

  // State transfer is being (re)started.
  onStateTransfer(xferId) {
    this.resetState();
    try {
      // The blocking version: upon return it is there. What others cast comes meanwhile, within the call.
      this.state = this.getStateSync(xferId).popInteger();
      console.log(`server ${this.number}: (Synchronous) Xfer Successful, got state: ${this.state}`);
      this.transferDone(xferId);
    } catch (error) {
      if (!(error instanceof TransferTerminated)) throw error;
      console.log(`server ${this.number}: (Synchronous) Xfer Terminated`);
    }
  }

  // Got a state request from a joining server: what is returned is the state, or a part of it.
  onAskState() {
    return new Message().push(this.state);
  }

  onAcceptedView(view) {
    if (view.servers.length === SERVERS) parentPort.postMessage('complete');
  }
}

async function serve({ number, groupName }) {
  const server = new MyServer(number, {
    heartbeatRate: 1000,
    groupName,
    protocol: 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom',
    transports: 'UDP',
    // Blocking state transfer can only be done in the multi-threaded mode.
    threadMode: 'multi',
    // Join the group as a server; request state transfer.
    membership: 'server',
    transfer: 'atomic',
  });
  await server.join();
  // The first has something to give to the others.
  if (number === 0) server.state = 42;
  parentPort.postMessage('joined');
  await once(parentPort, 'message');
  await server.close();
  parentPort.close();
}

async function start(groupName) {
  const startOne = (number) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { number, groupName } });
    worker.on('message', (word) => worker.emit(word));
    return { worker, joined: once(worker, 'joined'), complete: once(worker, 'complete') };
  };
  const first = startOne(0);
  await first.joined;
  const servers = [first, ...Array.from({ length: SERVERS - 1 }, (_, index) => startOne(index + 1))];
  await Promise.all(servers.map(({ complete }) => complete));
  console.log(`${SERVERS} servers`);
  for (const { worker } of servers) worker.postMessage('close');
  await Promise.all(servers.map(({ worker }) => once(worker, 'exit')));
}

await (isMainThread ? start(process.argv[2] ?? 'lapa') : serve(workerData));

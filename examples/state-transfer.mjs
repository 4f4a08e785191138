// Run me: node examples/state-transfer.mjs [group]
// The program of Maestro's documents, in its asynchronous form: ten servers of group "lapa", in one process, each with a number as its state. Who
// joins gets the state of those who are there; the transfer is ATOMIC, so nobody casts meanwhile.
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
  async onStateTransfer(xferId) {
    this.resetState();
    try {
      const message = await this.getState(xferId);
      this.state = message.popInteger();
      console.log(`server ${this.number}: transfer successful, got state: ${this.state}`);
      this.transferDone(xferId);
    } catch (error) {
      if (!(error instanceof TransferTerminated)) throw error;
      console.log(`server ${this.number}: transfer terminated`);
    }
  }

  // Got a state request from a joining server: what is returned is the state, or a part of it.
  onAskState() {
    return new Message().push(this.state);
  }

  // The others get it by a cast, which does not come back to who casts in this stack. While a transfer is in progress a cast waits: who is to be
  // sure that his own change is not in the state before, and counted twice, makes it where the cast comes (with Total, or Local).
  add(amount) {
    this.state += amount;
    this.cast(new Message().push(amount));
  }

  onReceiveCast(_origin, message) {
    this.state += message.popInteger();
  }

  onAcceptedView(view) {
    this.servers = view.servers.length;
  }
}

const options = {
  heartbeatRate: 1000,
  groupName: process.argv[2] ?? 'lapa',
  protocol: 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom',
  transports: 'UDP',
  // Join the group as a server; request state transfer.
  membership: 'server',
  transfer: 'atomic',
};
const servers = Array.from({ length: SERVERS }, (_, number) => new MyServer(number, options));
const until = async (condition) => {
  while (!servers.every(condition)) await new Promise((resolve) => setTimeout(resolve, 5));
};

// The first has something to give to the others.
const [first, ...others] = servers;
await first.join();
first.add(42);
await Promise.all(others.map((server) => server.join()));
await until((server) => server.servers === SERVERS);
console.log(`${SERVERS} servers`);

for (const server of servers) server.add(server.number);
const all = 42 + servers.reduce((sum, { number }) => sum + number, 0);
await until((server) => server.state === all);
console.log(`all have ${all}`);
await Promise.all(servers.map((server) => server.close()));

// Run me: node examples/message-safety.mjs [group]
// While the state is transferred to a server that joins, messages wait that are not safe enough. With a PROTECTED transfer GENERIC ones do, which may
// change the state; SAFE ones, which do not, go on; those that belong to the transfer (XFER) are never delayed. Four members in one process: Ada has
// the state, Boris joins and takes his time, Clara, a client, sends, and Dora, another client, says what she gets, and when.
import { StateTransferServer } from 'consort';

class Member extends StateTransferServer {
  received = [];

  constructor(name, membership) {
    super({ groupName: process.argv[2] ?? 'safety', membership, transfer: 'protected', heartbeatRate: 0 });
    this.name = name;
  }

  // It may get the state in as many steps as it likes, and take its time.
  async onStateTransfer(xferId) {
    const state = await this.getState(xferId);
    console.log(`${this.name}: got the state (${state.text()})`);
    await this.patience;
    this.transferDone(xferId);
  }

  onAskState() {
    return 'all that there is';
  }

  onReceiveCast(_origin, message) {
    this.hear(`cast ${message.text()}`);
  }

  onReceiveSend(_origin, message) {
    this.hear(`send ${message.text()}`);
  }

  hear(what) {
    this.received.push(what);
    if (this === dora)
      console.log(`${what}: arrived ${this.view.viewType === 'none' ? 'after' : 'during'} the transfer`);
  }
}

const [ada, boris] = ['Ada', 'Boris'].map((name) => new Member(name, 'server'));
const [clara, dora] = ['Clara', 'Dora'].map((name) => new Member(name, 'client'));
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};
for (const member of [ada, clara, dora]) await member.join();
await until(() => [ada, clara, dora].every(({ view }) => view.nmembers === 3 && view.servers.length === 1));

let finish;
boris.patience = new Promise((resolve) => {
  finish = resolve;
});
await boris.join();
await until(() => [clara, dora].every(({ view }) => view.viewType === 'protected'));

// What cast() and send() return says in which view a message will be delivered.
const cast = (text, options) => console.log(`Clara casts ${text}, for the ${clara.cast(text, options)} view`);
cast('1 GENERIC', { safety: 'generic' });
cast('2 GENERIC by default');
cast('3 SAFE', { safety: 'safe' });
cast('4 XFER', { safety: 'transfer' });
// What is sent to one member waits in its place, too.
clara.send(dora.myEndpoint, '5 GENERIC');
clara.send(dora.myEndpoint, '6 SAFE', { safety: 'safe' });

await until(() => dora.received.length === 3);
console.log('Boris says that he is done');
finish();
await until(() => dora.received.length === 6);
await Promise.all([ada, boris, clara, dora].map((member) => member.close()));

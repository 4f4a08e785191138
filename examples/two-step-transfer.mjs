// Run me in two terminals or more: node examples/two-step-transfer.mjs [group]
// The transfer of Horus's documents in two steps, for a poll whose state is two lists of members: who is for it and who is against. Request 1 asks for
// the first list, request 2 for the second; of a transfer that is terminated in between nothing is kept. Type yes or no. Ctrl-D leaves; votes stay.
import { createInterface } from 'node:readline';
import { EndpointList, Message, StateTransferServer, TransferTerminated } from 'consort';

class Poll extends StateTransferServer {
  yes = new EndpointList();
  no = new EndpointList();

  // State transfer is being (re)started.
  async onStateTransfer(xferId) {
    this.resetState();
    try {
      // Request the first half of the state, then the second.
      const first = await this.getState(xferId, new Message().push(1));
      const second = await this.getState(xferId, new Message().push(2));
      this.yes = first.popEndpoints();
      this.no = second.popEndpoints();
    } catch (error) {
      if (!(error instanceof TransferTerminated)) throw error;
      return console.log('** transfer terminated **');
    }
    this.show('got');
    this.transferDone(xferId);
  }

  // Figures out which part of the state to send. What it throws is reported here, and the one who asked is told.
  onAskState(_origin, _xferId, request) {
    const locator = request.popInteger();
    if (locator === 1) return new Message().push(this.yes);
    if (locator === 2) return new Message().push(this.no);
    throw new RangeError(`the state has parts 1 and 2, and ${locator} was asked for`);
  }

  resetState() {
    this.yes.clear();
    this.no.clear();
  }

  onAcceptedView(view) {
    console.log(`${view.servers.length} of ${view.nmembers} are servers, I am ${view.state}`);
  }

  // Votes come in total order, one's own, too: all have the same lists, in the same order. Who changes his mind goes to the end of the other list.
  onReceiveCast(origin, message) {
    const [to, from] = message.popBoolean() ? [this.yes, this.no] : [this.no, this.yes];
    from.delete(origin);
    to.add(origin);
    this.show('now');
  }

  show(when) {
    console.log(`${when} yes: ${this.yes.size} (${this.yes}), no: ${this.no.size} (${this.no})`);
  }
}

const poll = new Poll({
  groupName: process.argv[2] ?? 'poll',
  properties: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:Total',
  membership: 'server',
  transfer: 'atomic',
});
await poll.join();
for await (const line of createInterface(process.stdin)) {
  if (line === 'yes' || line === 'no') poll.cast(new Message().push(line === 'yes'));
  else console.log('yes or no');
}
await poll.close();

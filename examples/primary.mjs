// Run me in three terminals: node examples/primary.mjs [members] [group]
// Of the parts of a divided group only the one with a majority goes on: it has the primary view. `members` is how many there can be (3).
// A line sets the value, where the view is primary; kill two of three, and the third refuses. Ctrl-D leaves.
import { createInterface } from 'node:readline';
import { GroupMember } from 'consort';

const [members = '3', groupName = 'primary'] = process.argv.slice(2);
const quorum = Math.floor(Number(members) / 2) + 1;

class Register extends GroupMember {
  value = '';

  constructor() {
    super({ groupName, properties: 'Gmp:Sync:Heal:Suspect:Flow:Primary', params: `primary_quorum=${quorum}` });
  }

  onAcceptedView(view) {
    console.log(`${view.nmembers} of ${members} here: ${view.primaryFlag ? 'primary' : 'not primary, read only'}`);
  }

  onReceiveCast(_origin, message) {
    this.value = message.text();
    console.log(`value: ${this.value}`);
  }

  set(value) {
    if (!this.view.primaryFlag) return console.log('refused: this view is not primary');
    this.value = value;
    this.cast(value);
  }
}

const register = new Register();
await register.join();
for await (const line of createInterface(process.stdin)) register.set(line);
await register.close();

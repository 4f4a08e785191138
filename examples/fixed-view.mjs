// Run me: node examples/fixed-view.mjs
// Three members in one process, in a fixed view: each casts, one sends, all say what they get.
import { GroupMember } from 'consort';

class Member extends GroupMember {
  constructor(name) {
    super({ groupName: 'demo', properties: 'Frag:Flow', address: '127.0.0.1:0' });
    this.name = name;
    this.received = 0;
  }

  onAcceptedView(view) {
    console.log(`${this.name}: view of ${view.nmembers}, my rank is ${view.myRank}`);
  }

  onReceiveCast(origin, message) {
    console.log(`${this.name}: cast from ${origin}: ${message.text()}`);
    this.received++;
  }

  onReceiveSend(origin, message) {
    console.log(`${this.name}: send from ${origin}: ${message.text()}`);
    this.received++;
  }
}

const members = ['Anna', 'Boris', 'Clara'].map((name) => new Member(name));
// The system chooses the ports; then all get the same list.
await Promise.all(members.map((member) => member.open()));
const addresses = members.map((member) => member.myEndpoint);
await Promise.all(members.map((member) => member.join({ members: addresses })));

for (const member of members) member.cast(`hello from ${member.name}`);
members[0].send(2, 'only for rank 2');

// Two casts each, and the send for Clara.
while (members.some((member, rank) => member.received < (rank === 2 ? 3 : 2))) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await Promise.all(members.map((member) => member.close()));

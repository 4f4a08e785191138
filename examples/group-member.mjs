// Run me in two terminals or more: node examples/group-member.mjs [multi|single] [group]
// Maestro's group member: a subclass overrides the callbacks that it cares for. `multi` and `single` are Maestro's two threading modes:
// the protocol's data plane on a thread of its own, or on the event loop. Ctrl-D leaves the group.
import { once } from 'node:events';
import { GroupMember } from 'consort';

class MyMember extends GroupMember {
  leaving = false;

  onAcceptedView(view, message) {
    const { viewId, nmembers, myRank, newMembers, departedMembers } = view;
    console.log(`view ${viewId.time}: ${nmembers} members, my rank is ${myRank}`);
    console.log(
      `  ${newMembers.length} new, ${departedMembers.length} departed, the coordinator says: ${message?.text()}`,
    );
    if (nmembers > 1 && !this.leaving)
      console.log(`  my greeting goes into the ${this.cast(`hello from rank ${myRank}`)} view`);
  }

  // Asked at the coordinator only.
  onViewMessage(view) {
    return `welcome to the ${view.nmembers} of us`;
  }

  // The last chance to send in the view that ends; who leaves has had it.
  onBlock() {
    if (!this.leaving) this.cast('last words');
  }

  onReceiveCast(origin, message) {
    console.log(`cast from ${origin}: ${message.text()}`);
    if (message.text().startsWith('hello') && !this.leaving) this.send(origin, 'hello to you');
  }

  onReceiveSend(origin, message) {
    console.log(`send from ${origin}: ${message.text()}`);
  }

  onHeartbeat(time) {
    console.log(`still here at ${new Date(time).toISOString()}`);
  }

  onExit() {
    console.log('exit');
  }
}

const [threadMode = 'multi', groupName = 'group-member'] = process.argv.slice(2);
const member = new MyMember({ groupName, threadMode, heartbeatRate: 60_000 });
await member.join();
console.log(`joined as ${member.myEndpoint}`);

await once(process.stdin.resume(), 'end');
member.leaving = true;
await member.close();

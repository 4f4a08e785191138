// Run me in two terminals or more: node examples/shards.mjs [group]
// Twelve shards, each looked after by one member: who has which is settled in the view change itself. Every member says what it has (its state
// message), the coordinator makes a table of it (the view message), and all get the table together with the view. Ctrl-D leaves.
import { once } from 'node:events';
import { GroupMember } from 'consort';

const SHARDS = Array.from({ length: 12 }, (_, shard) => shard);

class Worker extends GroupMember {
  mine = [];

  // What I have to say about the change.
  onChangingView() {
    return JSON.stringify(this.mine);
  }

  // At the coordinator: what all have said. A member that has just been started has said nothing.
  onProposeView(view, stateMessages) {
    const had = view.members.map((member) => JSON.parse(stateMessages.get(member)?.text() ?? '[]'));
    return JSON.stringify(assign(had));
  }

  // Nobody proposes the first view of a member that is alone: then all is mine.
  onAcceptedView(view, message) {
    this.mine = message === undefined ? SHARDS : JSON.parse(message.text())[view.myRank];
    console.log(`${view.nmembers} members; mine: ${this.mine.join(' ')}`);
  }
}

/** What each rank gets: of what it had as much as is fair, and what is left over goes to those who have least. */
function assign(had) {
  const free = new Set(SHARDS);
  const share = Math.floor(SHARDS.length / had.length);
  const table = had.map((shards) => {
    const kept = shards.filter((shard) => free.has(shard)).slice(0, share);
    for (const shard of kept) free.delete(shard);
    return kept;
  });
  for (const shard of free) {
    const least = Math.min(...table.map((shards) => shards.length));
    table.find((shards) => shards.length === least).push(shard);
  }
  return table;
}

const worker = new Worker({ groupName: process.argv[2] ?? 'shards' });
await worker.join();
await once(process.stdin.resume(), 'end');
await worker.close();

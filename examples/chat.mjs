// Run me in two terminals or more: node examples/chat.mjs [group]
// What you type goes to all others of the group. Ctrl-D leaves it.
import { createInterface } from 'node:readline';
import { GroupMember } from 'consort';

const member = new GroupMember({ groupName: process.argv[2] ?? 'chat' });
member.on('view', (view) => console.log(`${view.nmembers} here: ${view.members.join(' ')}`));
member.on('cast', (origin, message) => console.log(`${origin}: ${message.text()}`));
await member.join();
for await (const line of createInterface(process.stdin)) member.cast(line);
await member.close();

// Two members of the compiled package in one process, for tests of what is there when the addon is not.
import { once } from 'node:events';
import { GroupMember, nativeStatus } from 'consort';
import { serve } from './program.mjs';

const warnings = [];
process.on('warning', ({ code, message }) => warnings.push({ code, message }));

async function join(mode) {
  const members = ['first', 'second'].map(() => new GroupMember({ groupName: 'addon', mode, lingerMs: 0 }));
  await Promise.all(members.map((member) => member.open()));
  const addresses = members.map((member) => String(member.myEndpoint));
  await Promise.all(members.map((member) => member.join({ members: addresses })));
  return members;
}

serve({
  /** Has two members of a mode exchange a message; tells their modes and what was warned of so far. */
  async exchange(mode) {
    const [first, second] = await join(mode);
    let text = '';
    second.on('cast', (_, message) => {
      text = message.text();
    });
    const arrived = once(second, 'cast');
    first.cast('hello');
    await arrived;
    const modes = [first.mode, second.mode];
    await Promise.all([first.close(), second.close()]);
    return { text, modes, warnings, loaded: nativeStatus().loaded, reason: nativeStatus().reason };
  },
});

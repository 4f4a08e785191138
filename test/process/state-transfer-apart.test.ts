// A network that is cut and healed while a state is transferred: both sides have servers, and one of them has a transfer in its midst. In the end all have
// the state of one of the sides.
import { describe, expect, it } from 'vitest';
import { type Combination, type Member, SHORT_SUSPICION } from '../helpers/group-crew.js';
import { TestNetwork } from '../helpers/netns.js';
import { ServerCrew } from '../helpers/server-crew.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
];
const HOSTS = 5;
const PORT = 7_100;
const STATE_BYTES = 256 * 1024;

describe.each(COMBINATIONS)('five servers at hosts of their own, in mode %s, %s', (...combination) => {
  it('have one state when the two halves that they were in are one again, in the middle of a transfer', async (context) => {
    const network = TestNetwork.make(context, HOSTS);
    const addresses = Array.from({ length: HOSTS }, (_, host) => `${network.address(host)}:${PORT}`);
    const options = { discovery: `static:${addresses.join()}`, params: SHORT_SUSPICION };
    const crew = ServerCrew.make(context, combination, {
      transfer: 'atomic',
      traits: { stateBytes: STATE_BYTES },
      options,
    });
    const at = (host: number) => ({
      options: { address: addresses[host] as string },
      child: { through: network.through(host) },
    });
    const four: Member[] = [];
    for (let host = 0; host < HOSTS - 1; host++) four.push(...(await crew.add(1, at(host))));
    await crew.areServers();
    await crew.group.load(true);
    await crew.group.hear(100);
    const [a, b, c, d] = four as [Member, Member, Member, Member];
    network.plug([2, 3, 4], 'right');
    await Promise.all([crew.areServers([a, b], [a, b]), crew.areServers([c, d], [c, d])]);
    await crew.group.hear(100);
    // Each side has had casts of its own since, and a server joins one of them.
    const { joiner } = await crew.inTransfer(at(4));
    network.plug([2, 3, 4], 'left');
    await crew.group.areTogether();
    await crew.hold(false);
    await crew.areServers();
    const transfers = await Promise.all(crew.members.map(async (member) => (await crew.look(member)).transfers));
    // Those of one side have got the state of the other.
    const sides = [
      [transfers[0], transfers[1]],
      [transfers[2], transfers[3]],
    ].map((side) => side.filter((each) => (each?.length ?? 0) > 0).length);
    expect(Math.max(...sides)).toBe(2);
    expect((await crew.look(joiner)).serverState).toBe('server-normal');
    await crew.group.load(true, [joiner]);
    await crew.group.hear(200);
    await crew.end();
  });
});

// Four hosts, each a network namespace of its own, and links that the test cuts and heals.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Combination, GroupCrew, type Member, SHORT_SUSPICION } from '../helpers/group-crew.js';
import { TestNetwork } from '../helpers/netns.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];
const HOSTS = 4;
/** Hosts that are cut off, one set after the other. */
const CUTS = [[0], [1, 2], [3], [0, 3]];
const PORT = 7_100;
/** Seconds; and for how long a member has to be silent until it is suspected, by these. */
const SWEEP = 0.5;
const MAX_IDLE = 5;
const SUSPICION_MS = SWEEP * MAX_IDLE * 1000;
/** On a machine that is busy with other things the time that it took tells little: the best of so many counts. */
const MOST_TRIES = 3;

type Four = [Member, Member, Member, Member];

async function groupOf(context: TestContext, combination: Combination, network: TestNetwork, params: string) {
  const discovery = `static:${Array.from({ length: HOSTS }, (_, host) => `${network.address(host)}:${PORT}`).join()}`;
  const crew = new GroupCrew(context, combination, { options: { discovery, params } });
  const start = (_: unknown, host: number) =>
    crew.start({
      options: { address: `${network.address(host)}:${PORT}` },
      child: { through: network.through(host) },
    });
  await Promise.all(Array.from({ length: HOSTS }, start));
  await Promise.all(crew.members.map((member) => member.join()));
  await crew.areTogether();
  await crew.load(true);
  await crew.hear(100);
  return crew;
}

async function endTogether(crew: GroupCrew): Promise<void> {
  await crew.areTogether();
  await crew.hear(100);
  await crew.load(false);
  await crew.talk();
  await crew.close();
  crew.check();
}

describe.each(COMBINATIONS)('four hosts under load, members in mode %s, %s', (...combination) => {
  it('go on in two halves when the network between them is cut, and are one group again when it is healed', async (context) => {
    const network = TestNetwork.make(context, HOSTS);
    const crew = await groupOf(context, combination, network, SHORT_SUSPICION);
    const [a, b, c, d] = crew.members as Four;
    network.plug([2, 3], 'right');
    await Promise.all([crew.areTogether([a, b]), crew.areTogether([c, d])]);
    await crew.hear(100);
    network.plug([2, 3], 'left');
    await crew.areTogether();
    await crew.hear(100);
    // And again and again, at any moment.
    for (const [index, cut] of CUTS.entries()) {
      network.plug(cut, 'right');
      // Longer or shorter than suspicion and merges last: whatever they are at is cut through.
      await sleep(100 + 300 * index);
      network.plug(cut, 'left');
      await sleep(250);
    }
    await endTogether(crew);
  });

  it('take one for failed that vanishes within twice the time of suspicion, and take it in when it is back', async (context) => {
    const network = TestNetwork.make(context, HOSTS);
    const params = `suspect_sweep=${SWEEP};suspect_max_idle=${MAX_IDLE}`;
    const crew = await groupOf(context, combination, network, params);
    const [a, b, c, d] = crew.members as Four;
    for (let tries = 1; ; tries++) {
      const start = performance.now();
      network.link(3, 'down');
      await crew.areTogether([a, b, c]);
      const took = performance.now() - start;
      // It goes on alone, with a dead link.
      await crew.areTogether([d]);
      await crew.hear(100, [a, b, c]);
      network.link(3, 'up');
      await crew.areTogether();
      if (took < 2 * SUSPICION_MS) break;
      expect(tries, `it took ${took.toFixed(0)} ms`).toBeLessThan(MOST_TRIES);
    }
    await endTogether(crew);
  });
});

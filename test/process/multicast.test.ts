// The transport DEERING: casts go out once, by IP multicast, to all members on the loopback interface.

import { describe, expect, it } from 'vitest';
import { COMBINATIONS, Crew, type Plan } from '../helpers/crew.js';
import { hasMulticast, randomGroup } from '../helpers/multicast.js';

const FRAME_BYTES = 1_400;
const DATA_BYTES = FRAME_BYTES - 32;
const castPlan: Plan = [
  [64, 10_000],
  [1_024, 2_000],
  [0, 10],
];

describe.each(COMBINATIONS)('three members in mode %s, %s, on DEERING', (mix, threads) => {
  it('get each cast by one datagram for all of them', async (context) => {
    context.skip(!(await hasMulticast(context)), 'this machine has no multicast on its loopback interface');
    const { host, port } = randomGroup();
    const options = { transports: 'DEERING', multicastGroup: `${host}:${port}`, mtu: FRAME_BYTES };
    const crew = await Crew.join(context, { mix, threads, members: 3, castPlan, options });
    await Promise.all([crew.receive([0]), crew.send([0])]);
    const { stats } = await crew.look(0);
    const resends = Math.ceil(stats.resentBytes / DATA_BYTES);
    // Two for each frame by unicast; with small change for HEARTBEATs and the like.
    const frames = stats.dataBytesSent / DATA_BYTES;
    expect(stats.datagramsSent - resends).toBeGreaterThanOrEqual(Math.floor(frames));
    expect(stats.datagramsSent - resends).toBeLessThan(1.5 * frames);
    await crew.close();
  });

  it('exchange casts and sends, all of them at once, with losses', async (context) => {
    context.skip(!(await hasMulticast(context)), 'this machine has no multicast on its loopback interface');
    const { host, port } = randomGroup();
    const crew = await Crew.join(context, {
      mix,
      threads,
      members: 3,
      castPlan,
      sendPlan: [[500, 200]],
      options: { transports: 'DEERING', multicastGroup: `${host}:${port}`, mtu: FRAME_BYTES },
      optionsOf: (rank) => ({ drop: { rate: 0.05, seed: rank + 1 } }),
    });
    await crew.exchange();
    await crew.close();
  });
});

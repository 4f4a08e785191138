// Frames are lost on purpose where they arrive, data and control alike: everything is delivered all the same, once and in order, and not much more
// is sent again than was lost.
import { describe, expect, it } from 'vitest';
import {
  COMBINATIONS,
  Crew,
  type Look,
  MEMBER_COMBINATIONS,
  type Mix,
  type Plan,
  type Threads,
} from '../helpers/crew.js';

const castPlan: Plan = [
  [64, 6_000],
  [1_024, 1_500],
  [20_000, 60],
  [0, 100],
];
const sendPlan: Plan = [
  [64, 500],
  [5_000, 20],
];
const FRAME_BYTES = 1_400;
const MEMBERS = 3;

function lossy(mix: Mix, threads: Threads, percent: number, plans: { castPlan: Plan; sendPlan?: Plan }) {
  const options = { mtu: FRAME_BYTES, memory: 4 * 1024 * 1024 };
  const optionsOf = (rank: number) => ({ drop: { rate: percent / 100, seed: 7 * percent + rank } });
  return { mix, threads, members: MEMBERS, ...plans, options, optionsOf };
}

describe.each(COMBINATIONS)('three members in mode %s, %s', (mix, threads) => {
  it.for([1, 10, 30])('get everything in order where %i per cent of the frames are lost', async (percent, context) => {
    const crew = await Crew.join(context, lossy(mix, threads, percent, { castPlan, sendPlan }));
    const looks = await crew.exchange();
    for (const { stats } of looks) {
      expect(stats.droppedOnPurpose).toBeGreaterThan(0);
      expect(stats.naksSent).toBeGreaterThan(0);
    }
  });
});

/** Stream bytes that were lost for good the first time or again, as a mean over many runs. */
function lostBytes({ stats }: Look, percent: number): number {
  const share = percent / 100;
  return (stats.dataBytesSent * (MEMBERS - 1) * share) / (1 - share);
}

describe.each(MEMBER_COMBINATIONS)('a sender in mode %s, %s', (mode, threads) => {
  // A machine that lets a process wait for long makes others ask again for what is on its way: one quiet run shows it.
  it.for([1, 10])(
    'sends at most 1.5 times again what is lost, where %i per cent are',
    { retry: 3 },
    async (percent, context) => {
      const crew = await Crew.join(context, lossy(mode, threads, percent, { castPlan }));
      await Promise.all([crew.receive([0], [1, 2]), crew.send([0])]);
      const looks = await Promise.all(crew.ranks.map((rank) => crew.look(rank)));
      const sender = looks[0] as Look;
      // A datagram that the kernel dropped may have been a burst of frames.
      const byKernel = looks.reduce((sum, look) => sum + look.kernelDrops, 0) * 65_536;
      expect(sender.stats.resentBytes).toBeGreaterThan(0);
      expect(sender.stats.resentBytes).toBeLessThanOrEqual(1.5 * lostBytes(sender, percent) + byKernel);
    },
  );
});

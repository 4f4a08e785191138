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
/** Some 40,000 frames: where a process has to wait for a processor, a NAK is repeated for what is on its way; it must not weigh. */
const longPlan: Plan = [
  [64, 240_000],
  [1_024, 30_000],
  [20_000, 540],
];
const FRAME_BYTES = 1_400;

interface Lossy {
  readonly members: number;
  readonly castPlan: Plan;
  readonly sendPlan?: Plan;
}

function lossy(mix: Mix, threads: Threads, percent: number, group: Lossy) {
  const options = { mtu: FRAME_BYTES, memory: 4 * 1024 * 1024 };
  const optionsOf = (rank: number) => ({ drop: { rate: percent / 100, seed: 7 * percent + rank } });
  return { mix, threads, ...group, options, optionsOf };
}

describe.each(COMBINATIONS)('three members in mode %s, %s', (mix, threads) => {
  it.for([1, 10, 30])('get everything in order where %i per cent of the frames are lost', async (percent, context) => {
    const crew = await Crew.join(context, lossy(mix, threads, percent, { members: 3, castPlan, sendPlan }));
    const looks = await crew.exchange();
    for (const { stats } of looks) {
      expect(stats.droppedOnPurpose).toBeGreaterThan(0);
      expect(stats.naksSent).toBeGreaterThan(0);
    }
  });
});

/** What was lost on its way to a member; a datagram that the kernel dropped may have been a burst of frames. Nearly all frames are full. */
function lostBytes({ stats, kernelDrops }: Look): number {
  return stats.droppedOnPurpose * (FRAME_BYTES - 32) + kernelDrops * 65_536;
}

describe.each(MEMBER_COMBINATIONS)('a sender in mode %s, %s', (mode, threads) => {
  it.for([1, 10])('sends at most 1.3 times again what is lost, where %i per cent are', async (percent, context) => {
    const crew = await Crew.join(context, lossy(mode, threads, percent, { members: 2, castPlan: longPlan }));
    await Promise.all([crew.receive([0], [1]), crew.send([0])]);
    const [sender, receiver] = await Promise.all([crew.look(0), crew.look(1)]);
    expect(sender.stats.resentBytes).toBeGreaterThan(0);
    expect(sender.stats.resentBytes).toBeLessThanOrEqual(1.3 * lostBytes(receiver));
  });
});

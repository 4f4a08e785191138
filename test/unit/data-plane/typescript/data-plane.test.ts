import { describe, expect, it } from 'vitest';
import { Network } from './network.js';

function run(members: number, lossPercent: number, seed: number, checked = false) {
  const network = new Network({
    members, seed, ringBytes: 64 * 1024, lossPercent, duplicatePercent: 5, delayUs: 50, config: { checked },
  });
  for (let rank = 0; rank < members; rank++) network.cast(rank).goal = 512 * 1024;
  const ok = network.run(60_000_000, () => network.members.every((m) => m.receives.every((s) => s.kind !== 0 || s.position === 512 * 1024)));
  return { network, ok };
}
describe('x', () => {
  it.each([[2, 0], [2, 20], [3, 30], [5, 10]])('%i members %i loss', (m, loss) => {
    for (let seed = 1; seed < 5; seed++) {
      const { network, ok } = run(m, loss, seed, seed % 2 === 0);
      expect(ok).toBe(true);
      console.log(network.now, network.member(0).plane.stats.snapshot());
    }
  });
});

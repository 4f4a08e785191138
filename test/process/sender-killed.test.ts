// 1. Rank 0 casts to three others; rank 1 loses half of its frames, so it lags behind.
// 2. Rank 0 is killed in mid-stream. Nobody else knows how far it got.
// 3. The survivors stop where they are and tell how far that is. The furthest is the cut.
// 4. Who has less fetches the rest from one who has it all: NAKs go there.
// 5. All deliver everything up to the cut, and nothing beyond: the same messages. The group of survivors goes on.
import { describe, expect, it, type TestContext } from 'vitest';
import { Child } from '../helpers/child.js';
import { COMBINATIONS, type Mix, modesOf, type Plan, skipWithoutAddon, type Threads } from '../helpers/crew.js';

const MEMBERS = 4;
const [SENDER, LOSSY] = [0, 1];
const SURVIVORS = [1, 2, 3];
/** Whole and in parts, again and again. */
const batches: Plan = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? [300, 40] : [90_000, 1]));
const MEMORY = 4 * 1024 * 1024;
const ENDLESS = 1e9;
/** The survivors seldom have the same prefix: then it is tried again. */
const MOST_TRIES = 5;

interface Progress {
  readonly counts: readonly number[];
  readonly bytes: readonly number[];
  readonly failed?: string;
}

interface Finished extends Progress {
  readonly received: number;
  readonly consumed: number;
}

class PlaneCrew {
  constructor(readonly children: readonly Child[]) {}

  static async install(context: TestContext, mix: Mix, threadMode: Threads): Promise<PlaneCrew> {
    const children = await Promise.all(
      Array.from({ length: MEMBERS }, () => Child.start(context, 'plane-program.mjs')),
    );
    const modes = modesOf(mix, MEMBERS);
    const addresses = await Promise.all(
      children.map((child, rank) =>
        child.call('open', { mode: modes[rank], threadMode, drop: { rate: rank === LOSSY ? 0.5 : 0, seed: 3 } }),
      ),
    );
    const connection = { connectionLow: process.pid, connectionHigh: 77 };
    await Promise.all(
      children.map((child, rank) => child.call('install', { addresses, rank, memory: MEMORY, batches, connection })),
    );
    return new PlaneCrew(children);
  }

  child(rank: number): Child {
    return this.children[rank] as Child;
  }

  each<T>(ranks: readonly number[], call: string, ...args: unknown[]): Promise<T[]> {
    return Promise.all(ranks.map((rank) => this.child(rank).call<T>(call, ...args)));
  }

  async killSender(): Promise<void> {
    await this.child(SENDER).call('cast', batches, ENDLESS);
    await this.each(SURVIVORS, 'receiveCount', SENDER, 500);
    await this.child(SENDER).kill('SIGKILL');
  }
}

/** Plays steps 1 to 3; again, until the survivors do not have the same. Returns how far each survivor got, by rank. */
async function killInMidStream(context: TestContext, mix: Mix, threads: Threads) {
  for (let tries = 1; ; tries++) {
    const crew = await PlaneCrew.install(context, mix, threads);
    await crew.killSender();
    const received = new Map<number, number>();
    for (const rank of SURVIVORS) received.set(rank, await crew.child(rank).call<number>('exclude', SENDER));
    if (new Set(received.values()).size > 1 || tries === MOST_TRIES) return { crew, received };
  }
}

describe.each(COMBINATIONS)('survivors in mode %s, %s', (mix, threads) => {
  it('agree on what a killed sender has sent, and go on', async (context) => {
    skipWithoutAddon(context, mix);
    const { crew, received } = await killInMidStream(context, mix, threads);
    const cut = Math.max(...received.values());
    const holder = SURVIVORS.find((rank) => received.get(rank) === cut);
    expect(Math.min(...received.values())).toBeLessThan(cut);

    const finished = await crew.each<Finished>(SURVIVORS, 'finish', SENDER, holder, cut);
    for (const each of finished) {
      expect(each.failed).toBeUndefined();
      expect(each.received).toBe(cut);
      // The same whole messages; what they hold was checked as they came.
      expect(each).toEqual({ ...finished[0], counts: each.counts, bytes: each.bytes });
      expect(each.counts[SENDER]).toBe(finished[0]?.counts[SENDER]);
      expect(each.counts[SENDER]).toBeGreaterThanOrEqual(500);
    }

    const most = 500;
    await crew.each(SURVIVORS, 'cast', batches, most);
    const goneOn = await Promise.all(
      SURVIVORS.flatMap((rank) =>
        SURVIVORS.filter((origin) => origin !== rank).map((origin) =>
          crew.child(rank).call<Progress>('receiveCount', origin, most),
        ),
      ),
    );
    for (const each of goneOn) {
      expect(each.failed).toBeUndefined();
      expect(each.counts[SENDER]).toBe(finished[0]?.counts[SENDER]);
    }
  });
});

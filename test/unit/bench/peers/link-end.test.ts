import { describe, expect, it } from 'vitest';
import { LinkEnd } from '../../../../bench/peers/link-end.js';
import type { PeerLink } from '../../../../bench/peers/peer-link.js';

/** One side of a connection in memory. */
class MemoryLink implements PeerLink {
  onMessage: (bytes: Uint8Array) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  other: MemoryLink = this;
  sent = 0;
  underWay = 0;
  mostUnderWay = 0;
  /** The message of this number does not come; -1: all do. */
  loses = -1;
  private queue: Uint8Array[] = [];

  send(payload: Uint8Array): void {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    if (this.sent++ !== this.loses) this.queue.push(payload.slice());
  }

  flush(): void {
    const batch = this.queue;
    this.queue = [];
    setImmediate(() => {
      this.underWay -= batch.length;
      for (const payload of batch) this.other.onMessage(payload);
    });
  }

  async close(): Promise<void> {}
}

function makePair() {
  const links = [new MemoryLink(), new MemoryLink()] as const;
  links[0].other = links[1];
  links[1].other = links[0];
  return { links, ends: [new LinkEnd(links[0], 0), new LinkEnd(links[1], 1)] as const };
}

const arm = { phase: 1, sizeBytes: 256 * 1024, seed: 3 };

describe('two ends of a link', () => {
  it('send, receive and verify, with no more under way than a window', async () => {
    const { links, ends } = makePair();
    await Promise.all(ends.map((end) => end.arm(arm)));
    const [sent, got] = await Promise.all([ends[0].send({ messages: 60 }), ends[1].receive()]);
    expect(got).toMatchObject({ messages: sent.messages, hash: sent.hash, faults: [], ended: true });
    expect(sent.messages).toBe(60);
    expect(links[0].mostUnderWay).toBeLessThanOrEqual(16 + 1);
  });

  it('send so many messages and no more', async () => {
    const { ends } = makePair();
    await Promise.all(ends.map((end) => end.arm(arm)));
    const [sent, got] = await Promise.all([ends[0].send({ messages: 21 }), ends[1].receive()]);
    expect([sent.messages, got.messages, got.faults]).toEqual([21, 21, []]);
  });

  it('notice what is lost', async () => {
    const { links, ends } = makePair();
    links[0].loses = 5;
    await Promise.all(ends.map((end) => end.arm({ ...arm, sizeBytes: 64 })));
    const [, got] = await Promise.all([ends[0].send({ messages: 20 }), ends[1].receive()]);
    expect(got.faults[0]).toContain('message 5 begins with 6, not 5: lost, repeated or out of order');
  });

  it('measure round trips, and when what was asked came', async () => {
    const { ends } = makePair();
    await ends[1].echo();
    const asked = await ends[0].ping({ ratePerSecond: 500, milliseconds: 40 }, 64);
    const arrivedMs = await ends[1].takeArrivals();
    expect([asked.roundTripsNanos.length, arrivedMs.length]).toEqual([20, 20]);
    for (const [at, arrived] of arrivedMs.entries())
      expect(arrived).toBeGreaterThan((asked.intendedMs[at] as number) - 1);
  });

  it('fail when the connection does, now or from then on', async () => {
    const { links, ends } = makePair();
    await Promise.all(ends.map((end) => end.arm(arm)));
    const receiving = ends[1].receive();
    links[1].onFailure(new Error('the server has gone'));
    await expect(receiving).rejects.toThrow('the server has gone');
    await expect(ends[1].receive()).rejects.toThrow('the server has gone');
  });
});

import { describe, expect, it } from 'vitest';
import { Pinger } from '../../../bench/roles/pinger.js';

describe('a pinger', () => {
  it('plays ping-pong, one message at a time', async () => {
    let inFlight = 0;
    const pinger: Pinger = new Pinger(64, (payload) => {
      expect(++inFlight).toBe(1);
      const copy = payload.slice();
      setImmediate(() => {
        inFlight--;
        pinger.take(copy);
      });
    });
    const roundTrips = await pinger.pingPong(20);
    expect(roundTrips.length).toBeGreaterThan(2);
    expect(Math.min(...roundTrips)).toBeGreaterThan(0);
  });

  it('sends at a rate whether answers come or not, and counts from the intended time', async () => {
    // Nothing is answered for 50 ms; then everything at once.
    const held: Uint8Array[] = [];
    let stalled = true;
    const pinger: Pinger = new Pinger(64, (payload) => {
      if (stalled) held.push(payload.slice());
      else pinger.take(payload);
    });
    setTimeout(() => {
      stalled = false;
      for (const payload of held) pinger.take(payload);
    }, 50);
    const roundTrips = await pinger.atRate(100, 1000);
    expect(roundTrips).toHaveLength(100);
    // The stall shows in all messages that it delayed: the first by 50 ms, the next by 49 ms, and so on.
    const delayed = roundTrips.filter((nanos) => nanos > 5e6).length;
    expect(delayed).toBeGreaterThan(30);
    expect(roundTrips[0]).toBeGreaterThan(roundTrips[20] as number);
  });

  it('fails when an answer is not the one that is expected', async () => {
    const pinger: Pinger = new Pinger(64, () => setImmediate(() => pinger.take(new Uint8Array(64).fill(9))));
    await expect(pinger.pingPong(10)).rejects.toThrow('where 0 was expected');
    const short: Pinger = new Pinger(64, (payload) => setImmediate(() => short.take(payload.slice(0, 10))));
    await expect(short.pingPong(10)).rejects.toThrow('of 10 bytes');
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { openHelperEnd } from '../../../../bench/peers/helper-end.js';
import type { PeerPlace } from '../../../../bench/peers/peer-end.js';

/** Answers as the helper programs do. */
const HELPER = `
  const answers = {
    open: (words) => 'ok',
    arm: () => 'ok',
    echo: () => 'ok',
    send: ([milliseconds, messages]) => 'sent ' + (messages === '0' ? milliseconds : messages) + ' -77',
    receive: () => 'got 10 -77 1.5 2.5 1 0',
    ping: () => 'times 2 0 1000 5.25 2000 6.25',
    arrivals: () => 'arrived 2 5.5 6.5',
    cpu: () => 'cpu 1.25',
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [name, ...words] = line.split(' ');
    if (words[0] === 'broken') { console.error('no such group'); process.exit(3); }
    console.log(answers[name](words));
  });
`;

async function open(channel: string) {
  const place: PeerPlace = { host: '127.0.0.1', port: 0, channel, helper: [process.execPath, '-e', HELPER] };
  const end = await openHelperEnd(place);
  onTestFinished(() => end.close());
  return end;
}

describe('an end that is a program', () => {
  it('is told what to do by lines, and answers by lines', async () => {
    const end = await open('group');
    await end.arm({ phase: 1, sizeBytes: 64, seed: 1 });
    expect(await end.send({ milliseconds: 10 })).toEqual({ messages: 10, hash: -77 });
    expect(await end.send({ messages: 16 })).toEqual({ messages: 16, hash: -77 });
    expect(await end.receive()).toEqual({
      messages: 10,
      hash: -77,
      firstMs: 1.5,
      lastMs: 2.5,
      compared: 1,
      ended: true,
      faults: [],
    });
    const { roundTripsNanos, intendedMs } = await end.ping({ ratePerSecond: undefined, milliseconds: 10 }, 64);
    expect([[...roundTripsNanos], [...intendedMs]]).toEqual([
      [1000, 2000],
      [5.25, 6.25],
    ]);
    expect([...(await end.takeArrivals())]).toEqual([5.5, 6.5]);
    expect(await end.extraCpuSeconds()).toBe(1.25);
  });

  it('that ends says why, to all that wait and all that come', async () => {
    await expect(open('broken')).rejects.toThrow('the helper program ended (exit code 3): no such group');
  });
});

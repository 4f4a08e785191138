import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../bench/options.js';
import { UsageError } from '../../../bench/usage-error.js';

describe('the options of consort bench', () => {
  it('are all optional', () => {
    expect(parseOptions([], {})).toMatchObject({
      scenarios: undefined,
      sizesBytes: undefined,
      members: undefined,
      senders: ['one'],
      lossRates: undefined,
      networks: ['loopback'],
      peers: [],
      durationSeconds: 600,
      seconds: 1,
      repeats: 5,
      isolation: 'processes',
      quick: false,
      budgetSeconds: undefined,
    });
  });

  it('take lists, units and percentages', () => {
    const options = parseOptions(['latency', 'throughput', 'latency'], {
      size: '64, 1KiB,2k,1MiB,64',
      state: '1MiB,1g',
      mode: 'native,ts,mixed',
      threads: 'multi,single',
      members: '2,3',
      senders: 'one,all,2',
      ordering: 'fifo,Total:agree,causal',
      mtu: 'auto,1400',
      loss: '0,1%,0.05',
      seconds: '.5',
    });
    expect(options).toMatchObject({
      scenarios: ['throughput', 'latency'],
      sizesBytes: [64, 1024, 2048, 2 ** 20],
      statesBytes: [2 ** 20, 2 ** 30],
      modes: ['native', 'ts', 'mixed'],
      threads: ['multi', 'single'],
      members: [2, 3],
      senders: ['one', 'all', 2],
      orderings: ['fifo', 'total:agree', 'causal'],
      mtus: ['auto', 1400],
      lossRates: [0, 0.01, 0.05],
      seconds: 0.5,
    });
  });

  it('mean less work with --quick, and a bound on time unless the number of repetitions is given', () => {
    expect(parseOptions([], { quick: true })).toMatchObject({ seconds: 0.3, repeats: 3, budgetSeconds: 45 });
    expect(parseOptions([], { quick: true, seconds: '2', repeats: '7' })).toMatchObject({
      seconds: 2,
      repeats: 7,
      budgetSeconds: undefined,
    });
  });

  it.each([
    [{ size: '0' }, "--size: got '0', want sizes from 1 byte to 32 MiB, as in 64,1KiB,64KiB"],
    [{ size: '64,' }, "--size: got ''"],
    [{ size: '33MiB' }, '--size'],
    [{ size: '1e3' }, '--size'],
    [{ state: '65GiB' }, "--state: got '65GiB', want sizes from 1 byte to 64 GiB"],
    [{ size: '-1' }, '--size'],
    [{ mode: 'nativ' }, "--mode: got 'nativ', want native, ts or mixed"],
    [{ threads: 'two' }, '--threads'],
    [{ members: '1' }, '--members: '],
    [{ members: '2.5' }, '--members: '],
    [{ senders: 'none' }, '--senders'],
    [{ members: '2,4', senders: '3' }, '--senders'],
    [{ mtu: '1000' }, '--mtu'],
    [{ ordering: 'totl' }, "--ordering: got 'totl', want fifo, local, causal"],
    [{ ordering: 'fifo:total' }, '--ordering'],
    [{ loss: '1' }, '--loss'],
    [{ loss: '95%' }, '--loss'],
    [{ loss: 'x' }, '--loss'],
    [{ seconds: '0' }, '--seconds'],
    [{ seconds: 'NaN' }, '--seconds'],
    [{ repeats: '0' }, '--repeats'],
    [{ rate: '0' }, '--rate'],
    [{ isolation: 'thread' }, '--isolation'],
    [{ network: 'wifi' }, "--network: got 'wifi', want loopback or netns"],
    [{ network: 'netns', isolation: 'threads' }, 'netns needs --isolation processes'],
    [{ duration: '0' }, '--duration'],
    [{ duration: '5 parsecs' }, "--duration: got '5 parsecs', want seconds, or a time with a unit"],
    [{ simulated: '1' }, '--simulated'],
    [{ peers: 'nats' }, "wants the scenario 'peers'"],
    [{ seed: '-1' }, '--seed'],
    [{ seed: '4294967296' }, '--seed'],
  ])('refuse %j, and say what they want', (words, message) => {
    const parse = () => parseOptions([], words);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });

  it('take times of a soak', () => {
    const seconds = (duration: string) => parseOptions(['soak'], { duration }).durationSeconds;
    expect([seconds('90'), seconds('30s'), seconds('10min'), seconds('1.5h')]).toEqual([90, 30, 600, 5400]);
    expect(parseOptions([], { quick: true }).durationSeconds).toBe(5);
  });

  it('take peers: with them come throughput, latency and transfer, if nothing else is said', () => {
    expect(parseOptions(['peers'], {})).toMatchObject({
      scenarios: ['throughput', 'latency', 'transfer'],
      peersNamed: false,
    });
    expect(parseOptions(['peers'], {}).peers).toContain('corosync');
    expect(parseOptions(['latency', 'peers'], { peers: 'redis,nats' })).toMatchObject({
      scenarios: ['latency'],
      peers: ['redis', 'nats'],
      peersNamed: true,
    });
    expect(() => parseOptions(['peers'], { peers: 'kafka' })).toThrow("--peers: got 'kafka', want nats, redis");
    expect(() => parseOptions(['peers'], { network: 'netns' })).toThrow('peers are on loopback only');
  });

  it('refuse a scenario that there is none of, and suggest the one that was meant', () => {
    expect(() => parseOptions(['latenzy'], {})).toThrow(
      "unknown scenario 'latenzy'; there are throughput, latency, views, transfer, store, layers, scale, soak and peers; did you mean 'latency'?",
    );
  });
});

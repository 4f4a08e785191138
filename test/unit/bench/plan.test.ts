import { describe, expect, it } from 'vitest';
import { LAYER_NAMES } from '../../../bench/layers/layer-table.js';
import { type BenchWords, parseOptions } from '../../../bench/options.js';
import { planBlocks, propertiesOf, type Row, repeatsOf } from '../../../bench/plan.js';
import { frameBytes } from '../../../bench/scenarios/trial.js';
import { UsageError } from '../../../bench/usage-error.js';

const able = { noNative: undefined };

function plan(scenarios: string[], words: BenchWords, abilities: { noNative: string | undefined } = able) {
  return planBlocks(parseOptions(scenarios, words), abilities);
}

const describeRow = (row: Row) => (row.kind === 'group' ? `${row.mode} ${row.threads}` : row.kind);

describe('the plan of a bench', () => {
  it('puts groups and what they are compared with into one block, so that they take turns', () => {
    const [block, ...others] = plan(['throughput'], { size: '64', mtu: 'auto' });
    expect(others).toEqual([]);
    expect(block?.rows.map(describeRow)).toEqual(['native multi', 'ts multi', 'limit', 'tcp', 'dgram']);
  });

  it('has a block for each size and frame size', () => {
    const blocks = plan(['throughput'], { size: '16,64', mtu: 'auto,1400' });
    expect(blocks.map(({ sizeBytes, mtu }) => [sizeBytes, mtu])).toEqual([
      [16, 'auto'],
      [64, 'auto'],
      [16, 1400],
      [64, 1400],
    ]);
  });

  it('crosses members, senders, modes, threads and loss', () => {
    const [block] = plan(['throughput'], {
      size: '64',
      mtu: 'auto',
      members: '2,3',
      senders: 'one,all',
      mode: 'native,ts,mixed',
      threads: 'single,multi',
      loss: '0,1%',
    });
    expect(block?.rows.filter(({ kind }) => kind === 'group')).toHaveLength(2 * 2 * 3 * 2 * 2);
  });

  it('measures groups with views, or in a fixed view, or both in turns', () => {
    const stacks = (words: BenchWords) =>
      plan(['throughput'], { size: '64', mtu: 'auto', mode: 'ts', ...words })[0]?.rows.flatMap((row) =>
        row.kind === 'group' ? [row.properties] : [],
      );
    const full = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';
    expect(stacks({})).toEqual([full]);
    expect(stacks({ fixed: true })).toEqual(['Frag:Flow']);
    expect(stacks({ 'compare-fixed': true })).toEqual([full, 'Frag:Flow']);
    expect(stacks({ fixed: true, 'compare-fixed': true })).toEqual(['Frag:Flow']);
    expect(stacks({ properties: 'Gmp:Sync' })).toEqual(['Gmp:Sync']);
    expect(() => stacks({ properties: 'Gmp:Sink' })).toThrow(UsageError);
    expect(() => stacks({ properties: 'Gmp', fixed: true })).toThrow('want one of both');
  });

  it('measures orders of casts in turns', () => {
    const [block] = plan(['throughput'], { size: '64', mtu: 'auto', mode: 'ts', ordering: 'fifo,total:agree' });
    const groups = block?.rows.flatMap((row) => (row.kind === 'group' ? [row] : [])) ?? [];
    expect(groups.map(({ ordering }) => ordering)).toEqual(['fifo', 'total:agree']);
    expect(groups.map(propertiesOf)).toEqual([
      'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow',
      'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:total:agree',
    ]);
  });

  it('compares with no datagrams where the message is longer than one', () => {
    const rows = (size: string) => plan(['throughput'], { size, mtu: 'auto' })[0]?.rows.map(({ kind }) => kind);
    expect(rows('65507')).toContain('dgram');
    expect(rows('64KiB')).not.toContain('dgram');
  });

  it('measures round trips in both thread modes, beside datagrams only', () => {
    const [block] = plan(['latency'], {});
    expect(block?.rows.map(describeRow)).toEqual(['native single', 'native multi', 'ts single', 'ts multi', 'dgram']);
  });

  it('measures each layer in both languages in turns', () => {
    const blocks = plan(['layers'], {});
    expect(blocks.map(({ layer }) => layer)).toEqual(LAYER_NAMES);
    expect(blocks[0]?.rows).toEqual([
      { kind: 'layer', mode: 'native' },
      { kind: 'layer', mode: 'ts' },
    ]);
    expect(plan(['layers'], { mode: 'mixed,ts' })[0]?.rows).toEqual([{ kind: 'layer', mode: 'ts' }]);
  });

  it('has a block for each size of real groups, and one for all simulated ones, which come out the same each time', () => {
    const blocks = plan(['scale'], { members: '2,5', simulated: '16,64' });
    const sizes = blocks.map(({ rows }) => rows.map((row) => ('members' in row ? row.members : 0)));
    expect(sizes).toEqual([
      [2, 2],
      [5, 5],
      [16, 16, 64, 64],
    ]);
    const repeats = blocks.map((block) => block.rows.map((row) => repeatsOf(block, row, { repeats: 5 })));
    expect(repeats).toEqual([
      [5, 5],
      [5, 5],
      [1, 1, 1, 1],
    ]);
  });

  it('has a soak where one is asked for, once, mixed and with loss', () => {
    expect(plan([], {}).some(({ scenario }) => scenario === 'soak')).toBe(false);
    const [block, ...others] = plan(['soak'], {});
    expect(others).toEqual([]);
    expect(block?.rows).toMatchObject([{ mode: 'mixed', members: 4, senders: 'all', lossRate: 0.01 }]);
    expect(plan(['soak'], { loss: '0', mode: 'native' })[0]?.rows).toMatchObject([{ mode: 'native', lossRate: 0 }]);
  });

  it('is short with --quick: one size beside peers, each of which takes its time to start', () => {
    const sizesOf = (quick: boolean) =>
      planBlocks(parseOptions(['peers', 'throughput'], { quick, mode: 'ts' }), {
        noNative: 'none',
        peers: ['nats', 'redis'],
      }).map(({ sizeBytes }) => sizeBytes);
    expect(sizesOf(false)).toEqual([64, 1024, 65536]);
    expect(sizesOf(true)).toEqual([1024]);
  });

  it('puts the peers that are here beside the groups, but not with messages that they do not take', () => {
    const blocks = planBlocks(parseOptions(['peers'], { size: '64,2MiB', mode: 'ts' }), {
      ...able,
      peers: ['nats', 'redis'],
    });
    const kinds = blocks.map(({ scenario, rows }) => [scenario, ...rows.map(({ kind }) => kind)].join(' '));
    expect(kinds).toEqual([
      'throughput group limit tcp dgram nats redis',
      'throughput group limit tcp redis',
      'latency group dgram nats redis',
      'latency group redis',
      'transfer group tcp nats redis',
      'transfer group tcp nats redis',
    ]);
  });

  it('has a block for each network', () => {
    const blocks = plan(['throughput'], { size: '64', mtu: 'auto', network: 'loopback,netns' });
    expect(blocks.map(({ network }) => network)).toEqual([undefined, 'netns']);
    expect(blocks.map(frameBytes)).toEqual([65504, 1472]);
  });

  it('does without native rows and limit where there is no addon', () => {
    const [block] = plan(['throughput'], { size: '64', mtu: 'auto' }, { noNative: 'not built' });
    expect(block?.rows.map(describeRow)).toEqual(['ts multi', 'tcp', 'dgram']);
  });

  it('refuses a mode that was asked for and can not be had', () => {
    const impossible = () => plan([], { mode: 'ts,mixed' }, { noNative: 'not built' });
    expect(impossible).toThrow(UsageError);
    expect(impossible).toThrow('mixed needs the native addon: not built');
  });

  it('refuses messages that are too short to be numbered in the latency scenario', () => {
    expect(() => plan([], { size: '4' })).toThrow('want at least 8 bytes for latency');
    expect(plan(['throughput'], { size: '4', mtu: 'auto' })).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { type BenchWords, parseOptions } from '../../../bench/options.js';
import { planBlocks, propertiesOf, type Row } from '../../../bench/plan.js';
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

// The scenarios of the bench that need more than two members at work, or none: each once, as short as it can be. What comes out is not judged: it has to be
// there, and right.
import { describe, expect, it } from 'vitest';
import { LAYER_NAMES } from '../../bench/layers/layer-table.js';
import { nativeStatus } from '../../ts/index.js';
import { bench, consort } from '../helpers/consort-command.js';

const native = nativeStatus().loaded;
const once = ['--quick', '--seconds', '0.05', '--repeats', '1'];
const errorsOf = (results: readonly { readonly error?: string }[]) => results.flatMap(({ error }) => error ?? []);

describe('consort bench layers', () => {
  it('measures each layer in both languages, with the same checksum', async () => {
    const { code, report } = await bench(['layers', ...once]);
    expect({ code, errors: errorsOf(report.layers) }).toEqual({ code: 0, errors: [] });
    expect(report).toMatchObject({ passed: true, verified: true, throughput: [] });
    for (const layer of LAYER_NAMES) {
      const results = report.layers.filter((each) => each.layer === layer);
      expect(results.map(({ mode }) => mode)).toEqual(native ? ['native', 'ts'] : ['ts']);
      expect(new Set(results.map(({ samples }) => samples[0]?.checksum)).size).toBe(1);
      for (const { nanosPerOperation } of results) expect(nanosPerOperation?.median).toBeGreaterThan(0);
    }
  });
});

describe('consort bench scale', () => {
  it('measures real groups in time and datagrams, simulated ones in datagrams and records', async () => {
    const mode = native ? 'native' : 'ts';
    const sizes = ['--members', '2,3', '--simulated', '4,8', '--mode', mode];
    const { code, report } = await bench(['scale', ...once, ...sizes]);
    expect({ code, errors: errorsOf(report.scale) }).toEqual({ code: 0, errors: [] });
    expect(report.scale.map(({ row, members }) => `${row} ${members}`)).toEqual([
      'group 2',
      'group 3',
      'simulated 4',
      'simulated 8',
    ]);
    for (const { row, datagramsPerMessage, datagramsPerChange, changeMillis, recordsPerChange } of report.scale) {
      expect(datagramsPerMessage?.median).toBeGreaterThan(0);
      expect(datagramsPerChange?.median).toBeGreaterThan(0);
      expect([changeMillis?.count, (recordsPerChange?.median ?? 0) > 0]).toEqual(
        row === 'group' ? [3, false] : [undefined, true],
      );
    }
    const [small = 0, large = 0] = report.scale.slice(2).map(({ recordsPerChange }) => recordsPerChange?.median);
    // BLOCK, CUT, VIEW and ALL_GOT to all, and three answers of each of the others.
    expect([small, large]).toEqual([4 + 3 * 3, 4 + 3 * 7]);
  });
});

describe('consort bench soak', () => {
  it('kills and stops members under load, checks what all get, and says how it goes', async () => {
    const args = [
      'soak',
      '--quick',
      '--duration',
      '4s',
      '--members',
      '3',
      '--rate',
      '300',
      '--mode',
      native ? 'mixed' : 'ts',
    ];
    const { code, report, stderr } = await bench(args);
    expect({ code, errors: errorsOf(report.soak) }).toEqual({ code: 0, errors: [] });
    const [sample] = report.soak[0]?.samples ?? [];
    expect(sample?.kills).toBeGreaterThan(0);
    expect(sample?.verifiedMessages).toBeGreaterThan(100);
    expect(sample?.comparedViews).toBeGreaterThan(0);
    expect(sample?.memory.map(({ member }) => member)).toEqual([0, 1]);
    expect(sample?.longestGapMillis).toBeLessThan(report.soak[0]?.gapLimitMillis ?? 0);
    expect(stderr).toMatch(/bench: soak: \d+ s of 4 s · .* messages verified/);
  });

  it('keeps what was seen until it is interrupted', async () => {
    let killed = false;
    const args = ['soak', '--quick', '--duration', '1h', '--members', '2', '--rate', '100', '--mode', 'ts'];
    const { code, report } = await bench(args, {
      onOutput: (stderr, kill) => {
        if (killed || !stderr.includes('messages verified')) return;
        killed = true;
        kill('SIGINT');
      },
    });
    expect({ code, ...report }).toMatchObject({ code: 130, interrupted: true, passed: false });
    expect(report.soak[0]?.samples).toHaveLength(1);
  });
});

describe('consort bench --network netns', () => {
  it('measures between network namespaces, with frames that fit into 1,500 bytes', async ({ skip }) => {
    const mode = ['--mode', native ? 'native' : 'ts', '--threads', 'multi'];
    const args = ['throughput', 'latency', ...once, '--size', '64', '--network', 'netns', ...mode];
    const { code, report, stderr } = await bench(args);
    skip(code === 2 && stderr.includes('no network namespaces'), 'no network namespaces with links of their own here');
    const results = [...report.throughput, ...report.latency];
    expect({ code, errors: errorsOf(results) }).toEqual({ code: 0, errors: [] });
    for (const { row, network, frameBytes } of results) {
      expect([network, frameBytes]).toEqual(['netns', row === 'group' || row === 'limit' ? 1472 : undefined]);
    }
  });

  it('is refused without a stack where it can not be had', async () => {
    const { code, stdout, stderr } = await consort(['bench', 'throughput', '--network', 'netns', '--quick'], {
      // Where no program is, there is no ip.
      environment: { PATH: '/nowhere' },
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--network: no network namespaces with links can be made here');
    expect(stderr).not.toContain('    at ');
  });
});

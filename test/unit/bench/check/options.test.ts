import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckWords, parseCheckOptions } from '../../../../bench/check/options.js';
import { planCheck } from '../../../../bench/check/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'consort-check-options-'));
writeFileSync(join(folder, 'consort.check.mjs'), '');
const surroundings = { directory: folder, environment: { XDG_CACHE_HOME: '/cache' } };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function parse(words: CheckWords, files: readonly string[] = []) {
  return parseCheckOptions(files, words, surroundings);
}

describe('the options of consort check', () => {
  it('have defaults that a gate can use', () => {
    expect(parse({})).toMatchObject({
      file: 'consort.check.mjs',
      where: { from: 'git', base: undefined, head: undefined },
      minEffect: 0.025,
      alpha: 0.05,
      looks: 3,
      countersFail: true,
      inconclusiveFails: true,
      instructions: 'undecided',
      cache: '/cache/consort/check',
      annotations: false,
    });
    expect(parse({ quick: true })).toMatchObject({ looks: 2, instructions: 'none' });
  });

  it('are taken as given', () => {
    const words = {
      base: 'v1',
      'min-effect': '5%',
      alpha: '1 %',
      filter: 'a, b',
      overlay: 'bench,lib',
      counters: 'report',
      inconclusive: 'pass',
    };
    expect(parse(words, ['bench/x.mjs'])).toMatchObject({
      file: join('bench', 'x.mjs'),
      where: { from: 'git', base: 'v1' },
      minEffect: 0.05,
      alpha: 0.01,
      filter: ['a', 'b'],
      overlay: ['bench', 'lib'],
      countersFail: false,
      inconclusiveFails: false,
    });
    expect(parse({ 'base-dir': '.', 'head-dir': '.' }).where).toEqual({
      from: 'directories',
      base: folder,
      head: folder,
    });
  });

  it('of a self-test need no base', () => {
    expect(parse({ 'self-test': 'aa' })).toMatchObject({
      selfTest: { share: 0 },
      where: { from: 'self', head: folder },
    });
    expect(parse({ 'self-test': 'inject=7.5%' }).selfTest).toEqual({ share: 0.075 });
    expect(parse({ 'self-test': 'aa', head: 'v1' }).where).toMatchObject({ from: 'git', head: 'v1' });
  });

  it('know where GitHub runs them', () => {
    const options = parseCheckOptions([], {}, { directory: folder, environment: { GITHUB_ACTIONS: 'true' } });
    expect(options.annotations).toBe(true);
  });

  it.each<[CheckWords, string]>([
    [{ 'min-effect': '2.5' }, "--min-effect: got '2.5', want a percentage from 0.1% to 50%, as in 2.5%"],
    [{ 'min-effect': '80%' }, '--min-effect'],
    [{ alpha: '0%' }, '--alpha'],
    [{ looks: '4' }, '--looks'],
    [{ counters: 'maybe' }, '--counters'],
    [{ inconclusive: '' }, '--inconclusive'],
    [{ instructions: 'some' }, '--instructions'],
    [{ 'self-test': 'bb' }, '--self-test'],
    [{ 'self-test': 'inject=5' }, '--self-test'],
    [{ 'self-test': 'aa', base: 'main' }, '--self-test: --base is given too'],
    [{ cpus: '4095' }, '--cpus'],
    [{ cpus: '0,0' }, '--cpus'],
    [{ seed: '-1' }, '--seed'],
    [{ 'base-dir': '.' }, '--head-dir is missing'],
    [{ 'head-dir': '.' }, '--base-dir is missing'],
    [{ 'base-dir': 'nowhere', 'head-dir': '.' }, "--base-dir: got 'nowhere', which is no folder"],
    [{ 'base-dir': '.', 'head-dir': '.', base: 'main' }, '--base or --head is given too'],
  ])('refuse %j', (words, message) => {
    expect(() => parse(words)).toThrow(message);
  });

  it('refuse a file outside of the package, more than one, and none at all', () => {
    expect(() => parse({}, ['../x.mjs'])).toThrow('want a file inside of');
    expect(() => parse({}, ['a.mjs', 'b.mjs'])).toThrow('want one file');
    expect(() => parse({ 'base-dir': tmpdir(), 'head-dir': tmpdir() })).toThrow('there is no consort.check.mjs');
  });
});

describe('the plan of a check', () => {
  const both = [
    { name: 'a', quick: true },
    { name: 'ab', quick: false },
    { name: 'c', quick: false },
  ];

  it('has what both sides have, and tells what only one has', () => {
    const plan = planCheck(
      [...both, { name: 'old', quick: false }],
      [...both, { name: 'new', quick: false }],
      parse({}),
    );
    expect(plan).toMatchObject({ benchmarks: ['a', 'ab', 'c'], onlyInBase: ['old'], onlyInHead: ['new'] });
  });

  it('takes what the filter lets through, and quick ones only if there are any', () => {
    expect(planCheck(both, both, parse({ filter: 'b,c' })).benchmarks).toEqual(['ab', 'c']);
    expect(planCheck(both, both, parse({ quick: true })).benchmarks).toEqual(['a']);
    expect(planCheck(both, both, parse({ quick: true, filter: 'c' })).benchmarks).toEqual(['c']);
    const slow = both.slice(1);
    expect(planCheck(slow, slow, parse({ quick: true })).benchmarks).toEqual(['ab', 'c']);
  });

  it('is none where nothing is left', () => {
    expect(() => planCheck(both, both, parse({ filter: 'zzz' }))).toThrow('whose name contains zzz');
    expect(() => planCheck([], both, parse({}))).toThrow('that both sides have; the head has a, ab, c');
  });
});

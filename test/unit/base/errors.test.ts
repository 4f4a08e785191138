import { describe, expect, it, vi } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import {
  ConsortAbortError,
  ConsortArgumentError,
  ConsortError,
  ERROR_CODES,
  isConsortError,
} from '../../../ts/base/errors.js';
import { didYouMean, editDistance, nearest } from '../../../ts/base/nearest.js';
import { formatBytes, listOf, show } from '../../../ts/base/show.js';
import { VERSION } from '../../../ts/base/version.js';

describe('a ConsortError', () => {
  it('is an Error with code, message, details and cause', () => {
    const cause = new Error('deep');
    const error = new ConsortError('ERR_BIND', 'no way', { cause, details: { port: 1 } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'ConsortError',
      code: 'ERR_BIND',
      message: 'no way',
      cause,
      details: { port: 1 },
    });
    expect(String(error)).toBe('ConsortError: no way');
    expect(error.stack).toContain('ConsortError: no way');
  });

  it('has no cause when none is given, and always has details', () => {
    const error = new ConsortError('ERR_BIND', '');
    expect('cause' in error).toBe(false);
    expect(error.details).toEqual({});
  });

  it('tells its kinds apart by instanceof', () => {
    const plain = new ConsortError('ERR_BIND', '');
    const argument = new ConsortArgumentError('ERR_INVALID_OPTION', '');
    const abort = new ConsortAbortError(1);
    expect([plain, argument, abort].map((each) => each instanceof ConsortError)).toEqual([true, true, true]);
    expect([plain, argument, abort].map((each) => each instanceof ConsortArgumentError)).toEqual([false, true, false]);
    expect([plain, argument, abort].map((each) => each instanceof ConsortAbortError)).toEqual([false, false, true]);
    expect([argument.name, abort.name, abort.code]).toEqual(['ConsortArgumentError', 'AbortError', 'ABORT_ERR']);
    expect([plain, new Error(), null, undefined, 'x'].map((each) => isConsortError(each))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('is known to another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('../../../ts/base/errors.js');
    expect(copy.ConsortError).not.toBe(ConsortError);
    expect(new copy.ConsortArgumentError('ERR_BIND', '')).toBeInstanceOf(ConsortArgumentError);
    expect(new copy.ConsortArgumentError('ERR_BIND', '')).toBeInstanceOf(ConsortError);
    expect(new copy.ConsortError('ERR_BIND', '')).not.toBeInstanceOf(ConsortArgumentError);
  });

  it('may be extended, and the extension is a class of its own', () => {
    class Own extends ConsortError {}
    expect(new Own('ERR_BIND', '')).toBeInstanceOf(Own);
    expect(new Own('ERR_BIND', '')).toBeInstanceOf(ConsortError);
    expect(new ConsortError('ERR_BIND', '')).not.toBeInstanceOf(Own);
  });
});

describe('the table of codes', () => {
  it('is in alphabetical order, and each has whole sentences', () => {
    const codes = Object.keys(ERROR_CODES);
    expect(codes).toEqual([...codes].sort());
    for (const { when, remedy } of Object.values(ERROR_CODES)) {
      expect(when).toMatch(/[.]$/);
      expect(remedy).toMatch(/[.]$/);
    }
  });
});

describe('messages', () => {
  it('show values with their types, shortly', () => {
    const values = [
      -1,
      'a',
      'x'.repeat(100),
      undefined,
      null,
      [1, 2],
      {},
      () => {},
      true,
      5n,
      Symbol('s'),
      new Uint8Array(2),
    ];
    expect(values.map(show)).toEqual([
      '-1 (number)',
      "'a' (string)",
      `'${'x'.repeat(60)}...' (string)`,
      'undefined',
      'null',
      'an array of 2',
      'an object',
      'a function',
      'true (boolean)',
      '5 (bigint)',
      'Symbol(s) (symbol)',
      'Uint8Array of 2 bytes',
    ]);
  });

  it('show sizes in the largest unit without a fraction', () => {
    expect([0, 1, 1500, 1024, 3 * 2 ** 20, 2 ** 36].map(formatBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '1500 bytes',
      '1 KiB',
      '3 MiB',
      '64 GiB',
    ]);
  });

  it('join lists as people do', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listOf)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });

  it('find the name that was meant, and none where nothing is near', () => {
    const names = ['memory', 'maxMessageSize', 'mtu', 'mode'];
    expect(['memmory', 'mxaMessageSize', 'MTU', 'mdoe', 'xyz', ''].map((name) => nearest(name, names))).toEqual([
      'memory',
      'maxMessageSize',
      'mtu',
      'mode',
      undefined,
      undefined,
    ]);
    expect(nearest('m'.repeat(100_000), names)).toBeUndefined();
    expect(didYouMean('memroy', names)).toBe("; did you mean 'memory'?");
  });

  it('count insertions, removals, replacements and swaps', () => {
    const pairs = [
      ['', ''],
      ['a', ''],
      ['', 'ab'],
      ['abc', 'abd'],
      ['abcd', 'acbd'],
      ['kitten', 'sitting'],
    ] as const;
    expect(pairs.map(([a, b]) => editDistance(a, b))).toEqual([0, 1, 2, 1, 1, 3]);
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    expect(VERSION).toBe(manifest.version);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as limits from '../../../../ts/data-plane/typescript/limits.js';

const header = readFileSync(join(import.meta.dirname, '../../../../native/core/limits.h'), 'utf8');

/** kMaxNakRanges -> MAX_NAK_RANGES */
function nameInTypeScript(name: string): string {
  return name
    .slice(1)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase();
}

/** The constants of limits.h; each is a number, a product, a name, or one of two special forms. */
function constantsOf(text: string): Map<string, number> {
  const constants = new Map<string, number>();
  for (const [, name = '', value = ''] of text.matchAll(/inline constexpr \w+ k(\w+) = ([^;]+);/g)) {
    const plain = value.replaceAll("'", '');
    let number: number;
    if (plain === 'UINT64_MAX') number = Number.POSITIVE_INFINITY;
    else if (plain === '(1ull << 53) - 1') number = 2 ** 53 - 1;
    else if (plain.startsWith('k')) number = constants.get(nameInTypeScript(plain)) ?? Number.NaN;
    else number = plain.split('*').reduce((product, factor) => product * Number(factor), 1);
    constants.set(nameInTypeScript(`k${name}`), number);
  }
  return constants;
}

describe('the limits', () => {
  it('are those of native/core/limits.h, by name and value', () => {
    expect(Object.fromEntries(constantsOf(header))).toEqual({ ...limits });
  });

  it('leave room in a control frame for each control part', () => {
    expect(16 + 16 + 16 * limits.MAX_NAK_RANGES + 8).toBeLessThanOrEqual(limits.CONTROL_FRAME_BYTES);
  });
});

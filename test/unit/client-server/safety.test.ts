import { describe, expect, it } from 'vitest';
import { gateOf, SAFETIES, strictest, TRANSFER_TYPES } from '../../../ts/client-server/safety.js';

describe('the gate of a view', () => {
  it.each([
    ['none', ['generic', 'safe', 'transfer']],
    ['free', ['generic', 'safe', 'transfer']],
    ['protected', ['safe', 'transfer']],
    ['atomic', ['transfer']],
  ] as const)('lets pass during a transfer of type %s: %s', (type, passes) => {
    expect(SAFETIES.filter((_, level) => level >= gateOf(type))).toEqual(passes);
  });

  it('never keeps back what belongs to the transfer', () => {
    for (const type of TRANSFER_TYPES) expect(gateOf(type)).toBeLessThanOrEqual(SAFETIES.indexOf('transfer'));
  });
});

describe('the strictest transfer', () => {
  it('is that of all which keeps most back, in whatever order they come', () => {
    expect(strictest(['free', 'atomic', 'protected'])).toBe('atomic');
    expect(strictest(['protected', 'free', 'none'])).toBe('protected');
    expect(strictest(['free'])).toBe('free');
  });

  it('is none of none', () => {
    expect(strictest([])).toBe('none');
  });
});

import { describe, expect, it } from 'vitest';
import { newIncarnation } from '../../../ts/api/incarnation.js';

const NOW = Date.UTC(2026, 0, 1);

describe('an incarnation', () => {
  it('is larger than those of members that began before', () => {
    for (let i = 0; i < 1000; i++) expect(newIncarnation(NOW + 1)).toBeGreaterThan(newIncarnation(NOW));
  });

  it('differs between members that begin together', () => {
    const many = new Set(Array.from({ length: 100 }, () => newIncarnation(NOW)));
    expect(many.size).toBeGreaterThan(80);
  });

  it('is a number that records can hold, for two centuries', () => {
    expect(newIncarnation(NOW)).toBeGreaterThan(0);
    expect(Number.isSafeInteger(newIncarnation(Date.UTC(2247, 0, 1)))).toBe(true);
  });
});

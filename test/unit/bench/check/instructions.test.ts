// How much runs under callgrind, which is some 50 times slower than the machine.
import { describe, expect, it } from 'vitest';
import { batchesUnderCallgrind } from '../../../../bench/check/launcher/instructions.js';

describe('batches under callgrind', () => {
  it('are many where they are short', () => {
    expect(batchesUnderCallgrind(200)).toEqual({ warmUp: 400, counted: 10 });
  });

  it('take no longer together where each takes long', () => {
    expect(batchesUnderCallgrind(10_000)).toEqual({ warmUp: 8, counted: 1 });
  });

  it('are one at least', () => {
    expect(batchesUnderCallgrind(1e6)).toEqual({ warmUp: 1, counted: 1 });
  });
});

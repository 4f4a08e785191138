import { describe, expect, it } from 'vitest';
import { callOf, kindOf, safetyOf } from '../../../ts/api/message-kind.js';
import { SAFETIES } from '../../../ts/client-server/safety.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';

describe('the kind of a record', () => {
  it('says by which call it was sent, and how safe it is, in one byte', () => {
    for (const call of Object.values(CastKind)) {
      for (const safety of SAFETIES.keys()) {
        const kind = kindOf(call, safety);
        expect([callOf(kind), safetyOf(kind)]).toEqual([call, safety]);
        expect(kind).toBeLessThan(256);
      }
    }
  });

  it('is 0 for a cast that is not safe, which takes the fastest way', () => {
    expect(kindOf(CastKind.message, SAFETIES.indexOf('generic'))).toBe(0);
  });

  it('of a safety that there is not is told apart', () => {
    for (let kind = 3 << 4; kind < 256; kind++) expect(safetyOf(kind)).toBeGreaterThanOrEqual(SAFETIES.length);
  });
});

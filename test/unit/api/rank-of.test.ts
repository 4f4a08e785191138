import { describe, expect, it } from 'vitest';
import { rankOf } from '../../../ts/api/rank-of.js';
import { fixedViewData } from '../../../ts/api/view.js';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { member, members } from '../stack/views.js';

const view = fixedViewData('test', 0, members(0, 1, 2), 1, 'Top_appl:Bottom');

describe('rankOf', () => {
  it('takes members of the view, equal endpoints, and ranks', () => {
    expect(rankOf(view.members[2], view)).toBe(2);
    expect(rankOf(new Endpoint('10.0.0.1', 4002), view)).toBe(2);
    expect(rankOf(0, view)).toBe(0);
  });

  it.each([3, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('knows no member of rank %d', (rank) => {
    expect(() => rankOf(rank, view)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER', details: { destination: `rank ${rank}`, members: 3 } }),
    );
  });

  it.each([member(7), member(2, 5)])('knows no member %s: one that has come again is another', (endpoint) => {
    expect(() => rankOf(endpoint, view)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER' }));
  });

  it.each([1, view.members[1]])('refuses this member itself, as %s', (destination) => {
    expect(() => rankOf(destination, view)).toThrow(expect.objectContaining({ code: 'ERR_SEND_TO_SELF' }));
  });

  it.each([undefined, null, '10.0.0.1:4002', '2', {}, [2], 2n, Symbol('rank')])(
    'refuses what is neither a member nor a rank',
    (destination) => {
      expect(() => rankOf(destination, view)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringMatching(/^destination: got /) }),
      );
    },
  );
});

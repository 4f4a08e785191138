import { describe, expect, it } from 'vitest';
import { ranksOf } from '../../../ts/api/rank-of.js';
import { fixedViewData } from '../../../ts/api/view.js';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { EndpointList } from '../../../ts/base/endpoint-list.js';
import { member, members } from '../stack/views.js';

const view = fixedViewData('test', 0, members(0, 1, 2), 1, 'Top_appl:Bottom');

describe('ranksOf', () => {
  it('takes members of the view, equal endpoints, and ranks', () => {
    expect(ranksOf(view.members[2], view)).toEqual([2]);
    expect(ranksOf(new Endpoint('10.0.0.1', 4002), view)).toEqual([2]);
    expect(ranksOf(0, view)).toEqual([0]);
  });

  it('takes lists of them, each member once', () => {
    expect(ranksOf([2, view.members[0], view.members[2]], view)).toEqual([2, 0]);
    expect(ranksOf([], view)).toEqual([]);
    expect(ranksOf(new EndpointList([member(2), member(0)]), view)).toEqual([2, 0]);
    expect(ranksOf(new EndpointList(), view)).toEqual([]);
    expect(() => ranksOf(new EndpointList([member(7)]), view)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER' }),
    );
    expect(() => ranksOf([0, 1], view)).toThrow(expect.objectContaining({ code: 'ERR_SEND_TO_SELF' }));
    expect(() => ranksOf([0, 7], view)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER' }));
  });

  it.each([3, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('knows no member of rank %d', (rank) => {
    expect(() => ranksOf(rank, view)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER', details: { destination: `rank ${rank}`, members: 3 } }),
    );
  });

  it.each([member(7), member(2, 5)])('knows no member %s: one that has come again is another', (endpoint) => {
    expect(() => ranksOf(endpoint, view)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER' }));
  });

  it.each([1, view.members[1]])('refuses this member itself, as %s', (destination) => {
    expect(() => ranksOf(destination, view)).toThrow(expect.objectContaining({ code: 'ERR_SEND_TO_SELF' }));
  });

  it.each([undefined, null, '10.0.0.1:4002', '2', {}, ['2'], [[2]], 2n, Symbol('rank')])(
    'refuses what is neither a member nor a rank',
    (destination) => {
      expect(() => ranksOf(destination, view)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringMatching(/^destination: got /) }),
      );
    },
  );
});

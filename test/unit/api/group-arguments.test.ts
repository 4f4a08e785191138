import { describe, expect, it } from 'vitest';
import { checkSuspects } from '../../../ts/api/group-arguments.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { EndpointList } from '../../../ts/base/endpoint-list.js';
import { member } from '../stack/views.js';

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringMatching(message) });

describe('the suspects', () => {
  it('are endpoints in an array or an EndpointList', () => {
    const suspects = [member(2), member(0)];
    expect(checkSuspects(suspects, member(1))).toEqual(suspects);
    expect(checkSuspects(new EndpointList(suspects), member(1))).toEqual(suspects);
    expect(checkSuspects([], undefined)).toEqual([]);
  });

  it('are others', () => {
    expect(() => checkSuspects([member(0), member(1)], member(1))).toThrow(refusal(/^members\[1\]: .*leave\(\)/));
    expect(() => checkSuspects(new EndpointList([member(1)]), member(1))).toThrow(refusal(/^members\[0\]/));
  });

  it.each([undefined, 1, '10.0.0.1:4000', member(2)])('are no single %s', (suspects: unknown) => {
    expect(() => checkSuspects(suspects as Endpoint[], member(1))).toThrow(refusal(/^members: got/));
  });

  it('are no ranks', () => {
    expect(() => checkSuspects([2], member(1))).toThrow(refusal(/^members\[0\]: got 2/));
  });
});

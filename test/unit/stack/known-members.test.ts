import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { KnownMembers } from '../../../ts/stack/known-members.js';

const endpoint = (port: number) => new Endpoint('127.0.0.1', port);

describe('the members that are known', () => {
  it('are the same objects in each view, also who was away for one, and this member itself', () => {
    const me = endpoint(1);
    const known = new KnownMembers(me);
    const first = known.sameObjects([endpoint(1), endpoint(2), endpoint(3)], []);
    expect(first[0]).toBe(me);
    const without = known.sameObjects([endpoint(3), endpoint(1)], first);
    expect(without[0]).toBe(first[2]);
    const again = known.sameObjects([endpoint(2), endpoint(3), endpoint(1)], without);
    expect(again[0]).toBe(first[1]);
  });

  it('are forgotten when they are too many, but for those of the last view', () => {
    const known = new KnownMembers(endpoint(1));
    const [kept, gone] = known.sameObjects([endpoint(2), endpoint(3)], []);
    for (let port = 10; port < 9000; port++) known.sameObjects([endpoint(port)], [kept as Endpoint]);
    const [two, three] = known.sameObjects([endpoint(2), endpoint(3)], [kept as Endpoint]);
    expect(two).toBe(kept);
    expect(three).not.toBe(gone);
    expect(three?.equals(gone as Endpoint)).toBe(true);
  });
});

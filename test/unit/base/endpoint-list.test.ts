import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { EndpointList } from '../../../ts/base/endpoint-list.js';

const [a, b, c, d] = [1, 2, 3, 4].map((port) => new Endpoint('10.0.0.1', port)) as [
  Endpoint,
  Endpoint,
  Endpoint,
  Endpoint,
];
const twin = ({ host, port, incarnation }: Endpoint) => new Endpoint(host, port, incarnation);
const refusal = (path: string) =>
  expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', details: expect.objectContaining({ path }) });

describe('an EndpointList', () => {
  it('has each endpoint once, at the place where it came first', () => {
    const list = new EndpointList([c, a, twin(c)]).add(b, twin(a)).add();
    expect([...list]).toEqual([c, a, b]);
    expect(list.at(0)).toBe(c);
    expect(list.size).toBe(3);
    expect(new EndpointList().size).toBe(0);
  });

  it('compares by value: another incarnation is another endpoint', () => {
    const list = new EndpointList([a]);
    expect(list.has(twin(a))).toBe(true);
    expect(list.has(new Endpoint(a.host, a.port, 7))).toBe(false);
    expect(list.indexOf(twin(a))).toBe(0);
  });

  it('gives places and endpoints at places', () => {
    const list = new EndpointList([c, a, b]);
    expect([a, b, c, d].map((endpoint) => list.indexOf(endpoint))).toEqual([1, 2, 0, -1]);
    expect([0, 2, 3, -1, -4].map((index) => list.at(index))).toEqual([c, b, undefined, b, undefined]);
  });

  it('loses what is deleted, and forgets its place', () => {
    const list = new EndpointList([a, b, c]);
    expect(list.delete(twin(a))).toBe(true);
    expect(list.delete(a)).toBe(false);
    expect([...list.add(a)]).toEqual([b, c, a]);
    list.clear();
    expect([list.size, list.has(a), `${list}`]).toEqual([0, false, '']);
  });

  it('makes others by union, difference and intersection, in its own order, and stays as it is', () => {
    const list = new EndpointList([c, a, b]);
    expect([...list.union([d, twin(a)])]).toEqual([c, a, b, d]);
    expect([...list.difference(new EndpointList([a, d]))]).toEqual([c, b]);
    expect([...list.intersection(new Set([b, c]))]).toEqual([c, b]);
    expect([...list]).toEqual([c, a, b]);
    expect(list.intersection([twin(a)]).at(0)).toBe(a);
  });

  it('equals what has the same endpoints in the same order', () => {
    const list = new EndpointList([a, b]);
    expect(list.equals([twin(a), twin(b)])).toBe(true);
    expect(list.equals(new EndpointList([b, a]))).toBe(false);
    expect(list.equals([a])).toBe(false);
    expect(list.equals([a, b, c])).toBe(false);
  });

  it('reads as names', () => {
    const list = new EndpointList([a, new Endpoint('::1', 5, 36)]);
    expect(`${list}`).toBe('10.0.0.1:1 [::1]:5/10');
    expect(JSON.stringify({ list })).toBe('{"list":["10.0.0.1:1","[::1]:5/10"]}');
  });

  it('takes more endpoints than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => new Endpoint('10.0.0.1', 1, index));
    expect(new EndpointList(many).union(many).size).toBe(many.length);
  });

  it('refuses what is no endpoint, and keeps what it had', () => {
    const list = new EndpointList([a]);
    const nobody = '10.0.0.1:1' as unknown as Endpoint;
    expect(() => list.add(b, nobody)).toThrow(refusal('endpoints[1]'));
    expect(() => list.union([nobody])).toThrow(refusal('endpoints[0]'));
    expect(() => list.has(nobody)).toThrow(refusal('endpoint'));
    expect(() => list.delete(nobody)).toThrow(refusal('endpoint'));
    for (const what of [undefined, null, 7, {}]) {
      expect(() => list.difference(what as unknown as Endpoint[])).toThrow(refusal('endpoints'));
    }
    expect([...list]).toEqual([a]);
  });
});

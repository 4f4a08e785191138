import { describe, expect, it } from 'vitest';
import { connectionId, type ViewIdentity } from '../../../ts/data-plane/connection-id.js';
import { StreamKind } from '../../../ts/data-plane/data-plane.js';
import { ringSizes } from '../../../ts/data-plane/ring-sizes.js';
import { member, members } from '../stack/views.js';

const identity: ViewIdentity = {
  groupName: 'chat',
  viewTime: 7,
  addresses: members(0, 1, 2),
  ringSizes: ringSizes(64 * 1024 * 1024, 3),
  key: '',
};

describe('a connection id', () => {
  it('is 64 bits, the same wherever it is made', () => {
    const id = connectionId(identity);
    expect(connectionId({ ...identity, addresses: members(0, 1, 2) })).toEqual(id);
    // A change of these is a change of the wire: members of two versions would not hear each other.
    expect(id).toEqual({ low: expect.any(Number), high: expect.any(Number) });
    for (const half of [id.low, id.high]) expect(half >>> 0).toBe(half);
    expect([id.low, id.high].map((half) => half.toString(16))).toMatchInlineSnapshot(`
      [
        "5e08a9a2",
        "994b5d34",
      ]
    `);
  });

  const others: Record<string, Partial<ViewIdentity>> = {
    'another group': { groupName: 'chat2' },
    'another time': { viewTime: 8 },
    'another key': { key: 'k' },
    'other members': { addresses: members(0, 1, 3) },
    'fewer members': { addresses: members(0, 1) },
    'another order': { addresses: members(1, 0, 2) },
    'another incarnation': { addresses: [member(0), member(1, 5), member(2)] },
    'other rings': { ringSizes: { ...identity.ringSizes, [StreamKind.cast]: 8192 } },
    'other control rings': { ringSizes: { ...identity.ringSizes, [StreamKind.controlPt2pt]: 8192 } },
    'names that look alike': { groupName: 'chat",7,"' },
  };

  it.each(Object.entries(others))('differs for %s', (_, other) => {
    expect(connectionId({ ...identity, ...other })).not.toEqual(connectionId(identity));
  });

  it('takes an address without an incarnation for one of incarnation 0', () => {
    const addresses = [0, 1, 2].map((number) => ({ host: '10.0.0.1', port: 4000 + number }));
    expect(connectionId({ ...identity, addresses })).toEqual(connectionId(identity));
  });

  it('leaves out what names an interface of one machine only', () => {
    const on = (host: string) => connectionId({ ...identity, addresses: [{ host, port: 4000 }] });
    expect(on('fe80::1%eth0')).toEqual(on('fe80::1%en5'));
    expect(on('fe80::1')).toEqual(on('fe80::1%en5'));
    expect(on('fe80::2')).not.toEqual(on('fe80::1'));
  });
});

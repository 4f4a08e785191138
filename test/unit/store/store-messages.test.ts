/** Messages between replicas: what is written is read, and bytes from anywhere do no harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage, type StoreMessage, writeMessage } from '../../../ts/store/store-messages.js';
import { bytes, put } from './replicas.js';

const MESSAGES: readonly StoreMessage[] = [
  {
    type: 'hello',
    view: '17 of a',
    name: 'a',
    incarnation: 2 ** 40,
    members: 0xffffffff,
    storeId: 'f00',
    standing: 'half',
    promised: 3,
    lastEpoch: 2,
    lastVersion: 2 ** 50,
  },
  { type: 'promised', epoch: 4 },
  { type: 'record', epoch: 4, committed: 9, previousEpoch: 3, record: bytes('record') },
  { type: 'replay', epoch: 4, committed: 0, previousEpoch: 0, record: bytes('record') },
  { type: 'replayed', epoch: 4 },
  { type: 'accepted', epoch: 4, version: 300, counts: true },
  { type: 'accepted', epoch: 4, version: 300, counts: false },
  { type: 'committed', epoch: 4, committed: 300, trim: 20, first: 9, storeId: 'f00' },
  { type: 'catch-up', epoch: 4, runs: [{ epoch: 3, first: 1, last: 9 }] },
  { type: 'must-sync', epoch: 4 },
  {
    type: 'submit',
    epoch: 4,
    number: 9,
    transaction: {
      compares: [
        { type: 'value', key: bytes('k'), value: bytes('v') },
        { type: 'value', key: bytes('k'), value: undefined },
        { type: 'version', key: bytes('k'), version: 12 },
      ],
      effects: [put('k', 'v'), { type: 'delete', key: bytes('k') }],
    },
  },
  { type: 'refused', epoch: 4, number: 9, version: 8 },
  { type: 'read-index', epoch: 4, number: 9 },
  { type: 'read-at', epoch: 4, number: 9, version: 8 },
  { type: 'confirm', epoch: 4, round: 1 },
  { type: 'confirmed', epoch: 4, round: 1 },
];

describe('messages of a store', () => {
  it.each(MESSAGES)('$type', (message) => {
    expect(readMessage(writeMessage(message))).toEqual(message);
  });

  it('that are cut or garbled are malformed, and nothing else', () => {
    const written = MESSAGES.map(writeMessage);
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.nat(500), fc.nat(255), fc.boolean(), (which, place, byte, cut) => {
        const message = written[which] as Uint8Array;
        const at = place % message.length;
        try {
          readMessage(cut ? message.slice(0, at) : message.with(at, byte));
        } catch (error) {
          expect((error as Error).name).toBe('MalformedError');
        }
      }),
    );
  });
});

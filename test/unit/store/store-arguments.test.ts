import { describe, expect, it } from 'vitest';
import { checkReadOptions, checkTransaction, keyBytes, valueBytes } from '../../../ts/store/store-arguments.js';
import { StoreTransaction } from '../../../ts/store/store-transaction.js';
import type { Transaction } from '../../../ts/store/transaction.js';

const code = (code: string) => expect.objectContaining({ code });

describe('a key', () => {
  it.each([
    ['text', 'ä', [0xc3, 0xa4]],
    ['bytes', Uint8Array.of(1, 0, 255), [1, 0, 255]],
    ['a Buffer', Buffer.from('x'), [0x78]],
  ])('is %s', (_, key, bytes) => {
    expect([...keyBytes(key)]).toEqual(bytes);
  });

  it('is a copy', () => {
    const given = Buffer.from('before');
    const key = keyBytes(given);
    given.write('after!');
    expect(Buffer.from(key).toString()).toBe('before');
  });

  it('has 1 to 1024 bytes', () => {
    expect(keyBytes('k'.repeat(1024))).toHaveLength(1024);
    expect(() => keyBytes('')).toThrow("key: got '' (string), want 1 to 1024 bytes");
    expect(() => keyBytes('')).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => keyBytes('k'.repeat(1025))).toThrow('a key of 1025 bytes is longer than one may be: 1 KiB');
    expect(() => keyBytes('k'.repeat(1025))).toThrow(code('ERR_STORE_TOO_LARGE'));
  });

  it.each([[undefined], [5], [['a']], [new Uint16Array(2)], [null]])('is not %o', (key) => {
    expect(() => keyBytes(key)).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => keyBytes(key)).toThrow('want a Uint8Array, a Buffer or a string');
  });

  it('is not half a character, which would be the key of another half', () => {
    expect(() => keyBytes('\ud800')).toThrow('lone surrogates');
    expect(keyBytes('😀')).toHaveLength(4);
  });
});

describe('a value', () => {
  it('has 1 MiB at most, and may be empty', () => {
    expect(valueBytes('')).toHaveLength(0);
    expect(valueBytes(Buffer.alloc(1 << 20))).toHaveLength(1 << 20);
    expect(() => valueBytes(Buffer.alloc((1 << 20) + 1))).toThrow(
      'a value of 1048577 bytes is longer than one may be: 1 MiB',
    );
  });
});

describe('the options of a read', () => {
  it('are checked', () => {
    const signal = new AbortController().signal;
    expect(checkReadOptions({ read: 'stale', encoding: 'utf8', signal })).toEqual({
      read: 'stale',
      encoding: 'utf8',
      signal,
    });
    expect(() => checkReadOptions({ read: 'fresh' })).toThrow("want 'local', 'linearizable' or 'stale'");
    expect(() => checkReadOptions({ encoding: 'latin1' })).toThrow("want 'utf8'");
    expect(() => checkReadOptions({ signal: {} })).toThrow('want an AbortSignal');
    expect(() => checkReadOptions({ raed: 'local' })).toThrow("unknown option 'raed'; did you mean 'read'?");
    expect(() => checkReadOptions('local')).toThrow('options: got');
  });
});

describe('a transaction', () => {
  const made = (committed: Transaction[] = []) =>
    new StoreTransaction(async (transaction) => {
      committed.push(transaction);
      return { committed: true, version: committed.length };
    });

  it('has what was put into it, in order', async () => {
    const committed: Transaction[] = [];
    const builder = made(committed).compare('a', '1').compare('b', undefined).compareVersion('c', 7);
    expect(await builder.put('x', 'y').delete('z').commit()).toEqual({ committed: true, version: 1 });
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    expect(committed).toEqual([
      {
        compares: [
          { type: 'value', key: bytes('a'), value: bytes('1') },
          { type: 'value', key: bytes('b'), value: undefined },
          { type: 'version', key: bytes('c'), version: 7 },
        ],
        effects: [
          { type: 'put', key: bytes('x'), value: bytes('y') },
          { type: 'delete', key: bytes('z') },
        ],
      },
    ]);
  });

  it('refuses at once what is wrong with an operation', () => {
    expect(() => made().put('', 'x')).toThrow('key');
    expect(() => made().put('x', 5 as never)).toThrow('value: got 5 (number)');
    expect(() => made().compareVersion('x', -1)).toThrow('version: got -1 (number), want an integer from 0 on');
  });

  it('may not be empty, too long, or of too many operations', async () => {
    await expect(made().commit()).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
    const many = made();
    for (let i = 0; i <= 10_000; i++) many.put('k', '');
    await expect(many.commit()).rejects.toThrow('a transaction of 10001 operations is larger than one may be: 10000');
    const long = made();
    for (let i = 0; i < 9; i++) long.put(`k${i}`, Buffer.alloc(1 << 20));
    await expect(long.commit()).rejects.toThrow(code('ERR_STORE_TOO_LARGE'));
  });

  it('counts what is compared, too', () => {
    const value = new Uint8Array(1 << 20);
    const compare = { type: 'value', key: Uint8Array.of(1), value } as const;
    expect(() => checkTransaction({ compares: Array(7).fill(compare), effects: [] })).not.toThrow();
    expect(() => checkTransaction({ compares: Array(9).fill(compare), effects: [] })).toThrow(
      code('ERR_STORE_TOO_LARGE'),
    );
  });

  it('is committed once', async () => {
    const once = made().put('a', 'b');
    await once.commit();
    expect(() => once.put('c', 'd')).toThrow('was committed already');
    await expect(once.commit()).rejects.toThrow('was committed already');
  });
});

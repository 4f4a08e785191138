import { describe, expect, it } from 'vitest';
import { GroupMember } from '../../../ts/api/group-member.js';
import { defaultText, OPTIONS, type OptionDeclaration } from '../../../ts/api/option-table.js';
import { STORE_LIMITS } from '../../../ts/store/limits.js';
import { ReplicatedStore } from '../../../ts/store/replicated-store.js';
import { checkStoreOptions, STORE_GROUP_OPTIONS, STORE_OPTIONS } from '../../../ts/store/store-options.js';

const LEAST = { groupName: 'g', name: 'a', members: ['a', 'b', 'c'], directory: '/nowhere' };
const code = (code: string) => expect.objectContaining({ code });

describe('the options of a store', () => {
  it('have defaults', () => {
    expect(checkStoreOptions(LEAST)).toEqual({
      name: 'a',
      members: ['a', 'b', 'c'],
      directory: '/nowhere',
      durability: 'disk',
      database: undefined,
      logEntries: 100_000,
      logBytes: 64 << 20,
      limits: {
        maxPendingTransactions: STORE_LIMITS.maxPendingTransactions,
        maxPendingBytes: STORE_LIMITS.maxPendingBytes,
        writeTimeoutMs: STORE_LIMITS.writeTimeoutMs,
        outcomeTimeoutMs: STORE_LIMITS.outcomeTimeoutMs,
      },
      group: expect.objectContaining({ groupName: 'g', heartbeatRate: 0 }),
      errorHandler: undefined,
    });
  });

  it('are handed on to the member of the group, which takes them', () => {
    const { group } = checkStoreOptions({ ...LEAST, mode: 'ts', memory: 1 << 20, key: 'k' });
    expect(group).toMatchObject({ mode: 'ts', memory: 1 << 20, key: 'consort store k' });
    expect(() => new GroupMember(group)).not.toThrow();
  });

  it.each([
    [{ groupName: undefined }, 'options.groupName: got undefined'],
    [{ name: undefined }, 'options.name: got undefined, want a string of 1 to 255 bytes'],
    [{ name: 'd' }, "options.members: 'd', the name of this replica, is not in it"],
    [{ members: undefined }, 'options.members: got undefined'],
    [{ members: [] }, 'options.members: got an array of 0, want an array of 1 to 31 different names'],
    [{ members: ['a', 'b', 'a'] }, "options.members: 'a' is in it twice"],
    [{ members: ['a', 7] }, 'options.members.1: got 7 (number)'],
    [{ members: Array.from({ length: 32 }, (_, n) => `m${n}`) }, 'options.members: got an array of 32'],
    [{ directory: undefined }, 'options.directory: got undefined'],
    [{ directory: '' }, "options.directory: got '' (string)"],
    [{ durability: 'ssd' }, "options.durability: got 'ssd' (string), want one of 'disk', 'memory'"],
    [{ database: {} }, 'options.database: got an object, want a function (directory: string) => Promise<Database>'],
    [{ logEntries: 0 }, 'options.logEntries: got 0 (number), want an integer from 1'],
    [{ logByte: 5 }, "options: unknown option 'logByte'; did you mean 'logBytes'?"],
    [{ properties: 'Gmp' }, "options: unknown option 'properties'"],
    [{ member: ['a'] }, "unknown option 'member'; did you mean 'members'?"],
    [{ mode: 'fast' }, "options.mode: got 'fast' (string)"],
    [{ key: 5 }, 'options.key: got 5 (number)'],
    [{ errorHandler: 'x' }, "options.errorHandler: got 'x' (string)"],
  ])('are refused as %o', (options, message) => {
    const make = () => new ReplicatedStore({ ...LEAST, ...(options as object) });
    expect(make).toThrow(code('ERR_INVALID_OPTION'));
    expect(make).toThrow(message);
  });

  it('are refused when they are no object', () => {
    expect(() => new ReplicatedStore(undefined as never)).toThrow('options: got undefined, want an object');
  });

  it('each have a sentence and a default that can be shown, and none is both its own and of the group', () => {
    for (const [name, declaration] of Object.entries<OptionDeclaration>({ ...STORE_OPTIONS, ...STORE_GROUP_OPTIONS })) {
      expect(declaration.sentence, name).toMatch(/\.$/);
      expect(defaultText(declaration), name).not.toBe('undefined');
    }
    expect(Object.keys(STORE_OPTIONS).filter((name) => name in STORE_GROUP_OPTIONS)).toEqual([]);
    expect(Object.keys(STORE_GROUP_OPTIONS).filter((name) => !(name in OPTIONS))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  CLIENT_SERVER_OPTIONS,
  checkMessageOptions,
  takeClientServerOptions,
  takeJoinOptions,
  wantsOf,
} from '../../../ts/api/client-server-options.js';
import { STATE_TRANSFER_OPTIONS } from '../../../ts/api/state-transfer-options.js';
import { SAFETIES } from '../../../ts/client-server/safety.js';

const code = (code: string) => expect.objectContaining({ code });
const take = (options: object, more = {}) => takeClientServerOptions({ groupName: 'g', ...options }, more);

describe('the options of clients and servers', () => {
  it('are taken out of those that are for all members', () => {
    expect(take({ membership: 'server', transfer: 'free', memory: 5 })).toEqual({
      own: { membership: 'server', transfer: 'free' },
      rest: { groupName: 'g', memory: 5 },
    });
  });

  it('have defaults', () => {
    expect(take({}).own).toEqual({ membership: 'client', transfer: 'none' });
    expect(take({ membership: undefined }, STATE_TRANSFER_OPTIONS).own).toEqual({
      membership: 'client',
      transfer: 'none',
      stateTimeout: 10_000,
      maxStateSize: 2 ** 30,
    });
  });

  it.each([
    [{ membership: 'master' }, 'membership'],
    [{ transfer: 1 }, 'transfer'],
    [{ stateTimeout: 5 }, "unknown option 'stateTimeout'"],
    [{ tranfer: 'free' }, "unknown option 'tranfer'"],
  ])('are refused as %o', (options, message) => {
    expect(() => take(options)).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => take(options)).toThrow(message);
  });

  it('are refused where there are none', () => {
    for (const none of [undefined, null, 'x', []])
      expect(() => takeClientServerOptions(none, {})).toThrow(code('ERR_INVALID_OPTION'));
  });

  it('say each what it is for', () => {
    for (const { sentence } of Object.values({ ...CLIENT_SERVER_OPTIONS, ...STATE_TRANSFER_OPTIONS }))
      expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it('make a wish: the transfer of who is to be a server', () => {
    expect(wantsOf({ membership: 'server', transfer: 'protected' })).toBe('protected');
    expect(wantsOf({ membership: 'client', transfer: 'protected' })).toBeUndefined();
  });
});

describe('the options of a join', () => {
  const usual = { membership: 'server', transfer: 'free' } as const;

  it('stand for those of the constructor, each for itself', () => {
    expect(takeJoinOptions({ message: 'hi', transfer: 'atomic' }, usual)).toEqual({
      wish: { membership: 'server', transfer: 'atomic' },
      rest: { message: 'hi' },
    });
    expect(takeJoinOptions({ membership: 'client' }, usual).wish).toEqual({ membership: 'client', transfer: 'free' });
    expect(takeJoinOptions({}, usual).wish).toEqual(usual);
  });

  it('name no members, and nothing that there is not', () => {
    expect(() => takeJoinOptions({ members: [] }, usual)).toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(() => takeJoinOptions({ viewTime: 1 }, usual)).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => takeJoinOptions({ membership: 'boss' }, usual)).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => takeJoinOptions(null, usual)).toThrow(code('ERR_INVALID_OPTION'));
  });
});

describe('the options of a message', () => {
  it('say how safe it is, as an index, and whom it is for', () => {
    expect(checkMessageOptions(undefined, 'cast()', false)).toEqual({ safety: 0, destinations: undefined });
    for (const [index, safety] of SAFETIES.entries())
      expect(checkMessageOptions({ safety }, 'cast()', false).safety).toBe(index);
    expect(checkMessageOptions({ destinations: [1] }, 'scast()', true)).toEqual({ safety: 0, destinations: [1] });
  });

  it('are refused where they mean nothing', () => {
    for (const options of [{ safety: 'sure' }, { safety: 0 }, { to: 1 }, null, 5, []])
      expect(() => checkMessageOptions(options, 'lsend()', true)).toThrow(code('ERR_INVALID_OPTION'));
    expect(() => checkMessageOptions({ destinations: [1] }, 'cast()', false)).toThrow(code('ERR_INVALID_OPTION'));
  });
});

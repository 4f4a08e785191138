import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsortArgumentError } from '../../../ts/base/errors.js';
import { parseDiscovery } from '../../../ts/discovery/choose.js';
import { BroadcastDirectory, decodeMessage, encodeMessage } from '../../../ts/discovery/directory.js';
import {
  DIRECTORY_RETRY_MS,
  DIRECTORY_TIMEOUT_MS,
  MAX_DIRECTORY_LOOKUPS,
  MAX_DIRECTORY_NAMES,
} from '../../../ts/discovery/limits.js';
import { FakeEnvironment, makeContext, settled } from './fake-environment.js';

const open = (environment: FakeEnvironment, key = '') =>
  BroadcastDirectory.open(parseDiscovery('multicast'), makeContext({ key }).context, environment);

describe('a directory', () => {
  it('finds what another has registered, or itself', async () => {
    const environment = new FakeEnvironment();
    const [a, b, elsewhere] = [await open(environment), await open(environment), await open(environment, 'k')];
    a.register('demo', '127.0.0.1:4000');
    const idle = environment.timers.size;
    expect(await Promise.all([a.lookup('demo'), b.lookup('demo'), b.lookup('demo')])).toEqual(
      Array(3).fill('127.0.0.1:4000'),
    );
    expect(environment.timers.size).toBe(idle);
    const nothing = elsewhere.lookup('demo');
    await environment.pass(DIRECTORY_TIMEOUT_MS);
    expect(await nothing).toBeUndefined();
  });

  it('asks again when an answer is lost, and hears of who registers meanwhile', async () => {
    const environment = new FakeEnvironment();
    const [a, b] = [await open(environment), await open(environment)];
    const found = b.lookup('demo');
    a.register('demo', 'first');
    a.register('demo', 'second');
    await environment.pass(DIRECTORY_RETRY_MS);
    expect(await found).toBe('second');
    a.unregister('demo');
    const gone = b.lookup('demo');
    await environment.pass(DIRECTORY_TIMEOUT_MS);
    expect(await gone).toBeUndefined();
  });

  it('answers what is under way when it is closed, and refuses what comes later', async () => {
    const environment = new FakeEnvironment();
    const directory = await open(environment);
    const found = directory.lookup('demo');
    await directory.close();
    expect(await found).toBeUndefined();
    expect(environment.timers.size).toBe(0);
    expect(() => directory.register('demo', 'a')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await expect(directory.lookup('demo')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('has bounds', async () => {
    const environment = new FakeEnvironment();
    const directory = await open(environment);
    for (let i = 0; i < MAX_DIRECTORY_NAMES; i++) directory.register(`${i}`, 'a');
    directory.register('0', 'b');
    expect(() => directory.register('one more', 'a')).toThrow(expect.objectContaining({ code: 'ERR_DISCOVERY' }));
    const lookups = Array.from({ length: MAX_DIRECTORY_LOOKUPS }, (_, i) => directory.lookup(`not ${i}`));
    await expect(directory.lookup('one more')).rejects.toMatchObject({ code: 'ERR_DISCOVERY' });
    await environment.pass(DIRECTORY_TIMEOUT_MS);
    expect(new Set(await Promise.all(lookups))).toEqual(new Set([undefined]));
  });

  it.each(['', 'x'.repeat(256), '\ud800', 7, undefined])('refuses the name or address %j', async (text) => {
    const directory = await open(new FakeEnvironment());
    expect(() => directory.register(text as string, 'a')).toThrow(ConsortArgumentError);
    expect(() => directory.register('a', text as string)).toThrow(ConsortArgumentError);
    await expect(directory.lookup(text as string)).rejects.toBeInstanceOf(ConsortArgumentError);
  });

  it('reads what it writes, and survives everything else', async () => {
    const directory = await open(new FakeEnvironment());
    const text = fc
      .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
      .filter((each) => Buffer.byteLength(each) <= 255);
    fc.assert(
      fc.property(
        text,
        fc.option(text, { nil: undefined }),
        fc.uint8Array({ maxLength: 300 }),
        (name, address, noise) => {
          const bytes = encodeMessage({ name, address });
          expect(decodeMessage(bytes)).toEqual({ name, address });
          expect(decodeMessage(bytes.subarray(0, -1))).toBeUndefined();
          expect(decodeMessage(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
          directory.receive(noise);
        },
      ),
    );
    await settled();
  });
});

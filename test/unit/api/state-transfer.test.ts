import { describe, expect, it } from 'vitest';
import { CollectingSink, type StateAnswer, StreamingSink, sourceOf } from '../../../ts/api/state-transfer.js';
import { Message } from '../../../ts/base/message.js';
import type { Pulled, StateSource } from '../../../ts/client-server/state-provider.js';
import type { StateRequest } from '../../../ts/client-server/state-requester.js';
import { bytesOf } from '../stack/views.js';

const code = (code: string) => expect.objectContaining({ code });

function pull(source: StateSource): Promise<Pulled> {
  return new Promise((resolve) => source.pull(resolve));
}

/** All that a source gives, as text, and how it ends. */
async function drain(source: StateSource): Promise<string[]> {
  const given: string[] = [];
  for (;;) {
    const pulled = await pull(source);
    if (pulled.type !== 'part') return [...given, pulled.type === 'end' ? 'end' : pulled.reason];
    given.push(Buffer.from(pulled.part).toString());
  }
}

/** A request that keeps what it is told. */
function fakeRequest() {
  const calls: (number | 'cancel')[] = [];
  const request = { taken: (bytes: number) => calls.push(bytes), cancel: () => calls.push('cancel') };
  return { calls, request: request as unknown as StateRequest };
}

describe('what a server answers with', () => {
  it.each<[string, StateAnswer, string[], number | undefined]>([
    ['text', 'hi', ['hi', 'end'], 2],
    ['bytes', bytesOf('hi'), ['hi', 'end'], 2],
    ['a message', Message.of(bytesOf('hi')), ['hi', 'end'], 2],
    ['parts', ['a', bytesOf('b')], ['a', 'b', 'end'], undefined],
    ['parts of a known length', { total: 2, parts: ['a', 'b'] }, ['a', 'b', 'end'], 2],
  ])('is %s', async (_, answer, given, total) => {
    const source = sourceOf(answer);
    expect([source.total, await drain(source)]).toEqual([total, given]);
  });

  it('is copied, where it is there as a whole: a Buffer may be used again at once', async () => {
    const state = Buffer.from('hi');
    const source = sourceOf(state);
    state.fill(0);
    expect(await drain(source)).toEqual(['hi', 'end']);
  });

  it.each([
    [5],
    [null],
    [{}],
    [{ total: 1, parts: 5 }],
    [{ parts: ['a'] }],
    [{ total: -1, parts: [] }],
    [{ total: 1.5, parts: [] }],
    [{ total: Number.NaN, parts: [] }],
    [{ total: Number.POSITIVE_INFINITY, parts: [] }],
    [{ total: Number.MAX_SAFE_INTEGER, parts: [] }],
  ])('is not %o', (answer) => {
    expect(() => sourceOf(answer as never)).toThrow(code('ERR_INVALID_ARGUMENT'));
  });

  it('may fail on the way: whoever asked is told, and whoever answers', async () => {
    const failures: unknown[] = [];
    const failing = (function* () {
      yield 'a';
      throw new Error('disk');
    })();
    expect(await drain(sourceOf(failing, (error) => failures.push(error)))).toEqual(['a', 'disk']);
    expect(failures).toEqual([new Error('disk')]);
    expect(await drain(sourceOf([5] as never, (error) => failures.push(error)))).toEqual([
      expect.stringContaining('payload: got 5'),
    ]);
  });

  it('is left when nobody pulls any more, whatever it does then', async () => {
    let left = 0;
    const leaving = (function* () {
      try {
        yield 'a';
      } finally {
        left++;
        // biome-ignore lint/correctness/noUnsafeFinally: it is what is tried here.
        throw new Error('on purpose');
      }
    })();
    const source = sourceOf(leaving);
    await pull(source);
    source.cancel();
    expect(left).toBe(1);
    sourceOf(['a']).cancel();
  });
});

describe('a state that is collected', () => {
  const collecting = (max = 10) => {
    const progress: unknown[] = [];
    let sink: CollectingSink | undefined;
    const whole = new Promise<Message>((resolve, reject) => {
      sink = new CollectingSink(max, (...told) => progress.push(told), { resolve, reject });
    });
    const { calls, request } = fakeRequest();
    const made = sink as unknown as CollectingSink;
    made.request = request;
    return { sink: made, whole, calls, progress };
  };

  it('is one message in the end, of which each part was taken in at once', async () => {
    const { sink, whole, calls, progress } = collecting();
    sink.part(bytesOf('one'), 6);
    sink.part(bytesOf('two'), 6);
    sink.end();
    expect((await whole).text()).toBe('onetwo');
    expect([calls, progress]).toEqual([
      [3, 3],
      [
        [3, 6],
        [6, 6],
      ],
    ]);
  });

  it('may be empty', async () => {
    const { sink, whole } = collecting();
    sink.end();
    expect((await whole).length).toBe(0);
  });

  it('begins again with another server', async () => {
    const { sink, whole } = collecting();
    sink.part(bytesOf('one'), undefined);
    expect(sink.restart()).toBe(0);
    sink.part(bytesOf('two'), undefined);
    sink.end();
    expect((await whole).text()).toBe('two');
  });

  it.each([
    ['has come', 'a'.repeat(11), undefined],
    ['is announced', 'a', 11],
  ])('is refused as soon as more than it may have %s', async (_, part, total) => {
    const { sink, whole, calls } = collecting();
    sink.part(bytesOf(part), total);
    await expect(whole).rejects.toEqual(code('ERR_STATE_TOO_LARGE'));
    expect(calls).toEqual(['cancel']);
  });

  it('fails as its request does', async () => {
    const { sink, whole } = collecting();
    sink.fail(new Error('on purpose'));
    await expect(whole).rejects.toThrow('on purpose');
  });
});

describe('a state that is streamed', () => {
  const streaming = (resumes = false, reuses = false) => {
    const progress: unknown[] = [];
    const sink = new StreamingSink(resumes, reuses, (...told) => progress.push(told));
    const { calls, request } = fakeRequest();
    sink.request = request;
    const next = async () => {
      const { done, value } = await sink.next();
      return done === true ? 'done' : Buffer.from(value).toString();
    };
    const part = (text: string) => sink.part(bytesOf(text), undefined);
    return { sink, calls, progress, next, part };
  };

  it('is taken part by part, before or after they come, and only then taken in', async () => {
    const { sink, calls, next, part } = streaming();
    part('one');
    part('three');
    expect(calls).toEqual([]);
    expect([await next(), calls]).toEqual(['one', [3]]);
    expect(await next()).toBe('three');
    const waiting = [next(), next(), next()];
    part('later');
    sink.end();
    expect(await Promise.all(waiting)).toEqual(['later', 'done', 'done']);
    expect([await next(), calls]).toEqual(['done', [3, 5, 5]]);
  });

  it('hands any number of parts over in order, and keeps none that it has handed over', async () => {
    const { sink, next, part } = streaming();
    const want: string[] = [];
    const got: string[] = [];
    for (let number = 0; number < 5000; number++) {
      part(String(number));
      want.push(String(number));
      if (number % 3 !== 0) got.push(await next());
    }
    const kept = Reflect.get(sink, 'parts') as unknown[];
    expect(kept.length).toBeLessThan(5000 / 3 + 1100);
    sink.end();
    for (let text = await next(); text !== 'done'; text = await next()) got.push(text);
    expect(got).toEqual(want);
  });

  it('may begin again while nothing was handed over', async () => {
    const { sink, next, part, progress } = streaming();
    part('one');
    expect(sink.restart()).toBe(0);
    part('two');
    expect(await next()).toBe('two');
    expect(sink.restart()).toBeUndefined();
    expect(progress).toEqual([
      [3, undefined],
      [3, undefined],
    ]);
  });

  it('that resumes goes on behind what was handed over, without what was not', async () => {
    const { sink, next, part, progress } = streaming(true);
    part('one');
    part('two');
    expect([await next(), sink.restart()]).toEqual(['one', 3]);
    part('TWO');
    expect(await next()).toBe('TWO');
    expect(progress.at(-1)).toEqual([6, undefined]);
  });

  it('throws once what its request fails with, and hands over nothing more', async () => {
    const { sink, next, part } = streaming();
    part('one');
    sink.fail(new Error('on purpose'));
    await expect(next()).rejects.toThrow('on purpose');
    expect(await next()).toBe('done');
    const other = streaming();
    const waiting = [other.next(), other.next()];
    other.sink.fail(new Error('on purpose'));
    await expect(waiting[0]).rejects.toThrow('on purpose');
    expect(await waiting[1]).toBe('done');
  });

  it('uses the memory of a part again once the next one is asked for, and not before', async () => {
    const { sink, part } = streaming(false, true);
    const take = async () => (await sink.next()).value as Uint8Array;
    part('one');
    const one = await take();
    part('two');
    part('three');
    expect(Buffer.from(one).toString()).toBe('one');
    const waiting = await Promise.all([take(), take()]);
    expect(waiting.map((each) => Buffer.from(each).toString())).toEqual(['two', 'three']);
    const later = take();
    part('four');
    expect([(await later).buffer === one.buffer, Buffer.from(one).toString()]).toEqual([true, 'fou']);
  });

  it('has memory of its own in each part otherwise', async () => {
    const { sink, part } = streaming();
    part('one');
    const one = (await sink.next()).value as Uint8Array;
    const later = sink.next();
    part('four');
    expect([(await later).value?.buffer === one.buffer, Buffer.from(one).toString()]).toEqual([false, 'one']);
  });

  it('leaves the part that the loop has alone where it begins again behind it', async () => {
    const { sink, next, part } = streaming(true, true);
    part('one');
    part('two');
    const one = (await sink.next()).value as Uint8Array;
    expect(sink.restart()).toBe(3);
    part('TWO');
    expect(Buffer.from(one).toString()).toBe('one');
    part('three');
    expect([await next(), await next()]).toEqual(['TWO', 'three']);
  });

  it('is cancelled when the loop is left, and whoever waits is told', async () => {
    const { sink, calls, next, part } = streaming();
    const waiting = next();
    part('one');
    expect(await waiting).toBe('one');
    const last = next();
    await sink.return();
    expect([await last, await next(), calls]).toEqual(['done', 'done', [3, 'cancel']]);
    expect(sink[Symbol.asyncIterator]()).toBe(sink);
  });
});

import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { ReplicatedStore } from '../../../ts/store/replicated-store.js';
import type { ReplicatedStoreOptions } from '../../../ts/store/store-options.js';
import { StoreServer } from '../../../ts/store/store-server.js';
import { fromJson, percentDecode, percentEncode, toJson } from '../../../ts/store/store-server-words.js';
import { loneOptions, openLone } from './lone-store.js';

async function serve(context: TestContext, store: ReplicatedStore) {
  const server = await StoreServer.open(store);
  context.onTestFinished(() => server.close());
  const at = `http://127.0.0.1:${server.address.port}`;
  return { server, at, call: (path: string, init?: RequestInit) => fetch(at + path, init) };
}

async function served(context: TestContext, options: Partial<ReplicatedStoreOptions> = {}) {
  const store = await openLone(context, options);
  return { store, ...(await serve(context, store)) };
}

const put = (body: NonNullable<RequestInit['body']>) => ({ method: 'PUT', body });
const post = (body: unknown) => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
const problem = async (response: Response) => ((await response.json()) as { error: { code: string } }).error;

/** The lines of a response as they come. */
async function* linesOf(response: Response): AsyncGenerator<unknown, void> {
  let text = '';
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString();
    const lines = text.split('\n');
    text = lines.pop() as string;
    for (const line of lines) yield JSON.parse(line);
  }
}

describe('the server of a store', () => {
  it('puts, gets and deletes keys', async (context) => {
    const { call } = await served(context);
    const missing = await call('/keys/a');
    expect(missing.status).toBe(404);
    expect(await problem(missing)).toMatchObject({ code: 'ERR_NO_SUCH_KEY' });
    const written = await call('/keys/a', put('one'));
    const { version } = (await written.json()) as { version: number };
    expect(written.headers.get('consort-version')).toBe(String(version));
    const got = await call('/keys/a?read=linearizable');
    expect([got.status, await got.text(), got.headers.get('consort-version')]).toEqual([200, 'one', String(version)]);
    expect(got.headers.get('consort-stale')).toBeNull();
    const deleted = await call('/keys/a', { method: 'DELETE' });
    expect(await deleted.json()).toEqual({ version: version + 1 });
    expect((await call('/keys/a')).status).toBe(404);
  });

  it('takes keys of any bytes', async (context) => {
    const { store, call } = await served(context);
    for (const key of [Buffer.from('a/b c%?#ä'), Buffer.from([0, 255, 1])]) {
      const path = `/keys/${percentEncode(key)}`;
      await call(path, put(key));
      expect(await store.get(key)).toEqual(new Uint8Array(key));
      expect(Buffer.from(await (await call(path)).arrayBuffer())).toEqual(key);
    }
    expect((await call('/keys/a/b', put('slashes'))).status).toBe(200);
    expect(await store.get('a/b', { encoding: 'utf8' })).toBe('slashes');
  });

  it('commits transactions, and says 409 when a compare does not hold', async (context) => {
    const { store, call } = await served(context);
    const version = await store.put('a', '1');
    const first = await call(
      '/transaction',
      post({
        compares: [
          { key: 'a', value: '1' },
          { key: 'b', value: null },
          { key: 'a', version },
        ],
        operations: [
          { type: 'put', key: 'b', value: { base64: '/w==' } },
          { type: 'delete', key: 'a' },
        ],
      }),
    );
    expect([first.status, await first.json()]).toEqual([200, { committed: true, version: version + 1 }]);
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, Uint8Array.of(255)]);
    const second = await call('/transaction', post({ compares: [{ key: 'b', version: 1 }], operations: [] }));
    expect([second.status, await second.json()]).toEqual([409, { committed: false, version: version + 1 }]);
  });

  it.for([
    ['no JSON', '{', 'is no JSON'],
    ['an array', [], 'transaction: got an array'],
    ['a name that means nothing', { operation: [] }, "did you mean 'operations'?"],
    ['an operation of no type', { operations: [{ type: 'move', key: 'a' }] }, 'operations[0]: got an object'],
    ['a compare with nothing', { compares: [{ key: 'a' }] }, 'compares[0]'],
    ['a compare with both', { compares: [{ key: 'a', value: 'x', version: 1 }] }, 'compares[0]'],
    ['a value of no kind', { operations: [{ type: 'put', key: 'a', value: 5 }] }, 'operations[0].value: got 5'],
    ['bad base64', { operations: [{ type: 'put', key: 'a', value: { base64: '?' } }] }, 'standard base64'],
    ['nothing', {}, 'one operation or more'],
  ] as const)('refuses a transaction that is %s', async ([, body, message], context) => {
    const { call } = await served(context);
    const response = await call('/transaction', post(body));
    expect(response.status).toBe(400);
    expect(await problem(response)).toMatchObject({ message: expect.stringContaining(message) });
  });

  it('takes a transaction only as what a foreign page may not send', async (context) => {
    const { call } = await served(context);
    const response = await call('/transaction', { ...post({}), headers: { 'content-type': 'text/plain' } });
    expect(response.status).toBe(415);
  });

  it('lists entries, a line each', async (context) => {
    const { store, call } = await served(context);
    const version = (await store.transaction().put('p1', '1').put('p2', Uint8Array.of(255)).put('q', '3').commit())
      .version;
    const response = await call('/keys?prefix=p&limit=10');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('consort-version')).toBe(String(version));
    expect(
      (await response.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { key: 'p1', value: '1', version },
      { key: 'p2', value: { base64: '/w==' }, version },
    ]);
    const reverse = await call('/keys?reverse=true&limit=1&from=p1&to=z&read=linearizable');
    expect(JSON.parse(await reverse.text())).toEqual({ key: 'q', value: '3', version });
    expect(await (await call('/keys?prefix=none')).text()).toBe('');
  });

  it('tells watchers what is committed, until they go', async (context) => {
    const { store, call } = await served(context);
    const version = await store.put('w/a', '1');
    const abort = new AbortController();
    const response = await call(`/watch?prefix=w%2F&from=${version}`, { signal: abort.signal });
    const lines = linesOf(response);
    expect((await lines.next()).value).toEqual({ type: 'put', key: 'w/a', value: '1', version });
    await store.delete('w/a');
    expect((await lines.next()).value).toEqual({ type: 'delete', key: 'w/a', version: version + 1 });
    abort.abort();
    await expect(lines.next()).rejects.toThrow();
  });

  it('says 410 to who wants to watch what was trimmed', async (context) => {
    const { store, call } = await served(context, { logEntries: 10 });
    for (let i = 0; i < 60; i++) await store.put('k', `${i}`);
    await expect.poll(() => store.firstCommitted).toBeGreaterThan(1);
    const response = await call('/watch?from=1');
    expect(response.status).toBe(410);
    expect(await problem(response)).toMatchObject({ code: 'ERR_STORE_TRIMMED' });
  });

  it('tells how the store stands, once or at each change', async (context) => {
    const { store, server, call } = await served(context);
    expect(await (await call('/status')).json()).toMatchObject({ name: 'a', state: 'leader' });
    const lines = linesOf(await call('/status?follow=true'));
    expect((await lines.next()).value).toMatchObject({ state: 'leader' });
    const next = lines.next();
    await store.close();
    expect((await next).value).toMatchObject({ state: 'closed' });
    await server.close();
  });

  it.for([
    ['/keys/a?read=fresh', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/keys/a?raed=local', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/keys/a?read=local&read=stale', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/keys/%zz', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/keys/', {}, 400, 'ERR_INVALID_ARGUMENT'],
    [`/keys/${'k'.repeat(1025)}`, {}, 413, 'ERR_STORE_TOO_LARGE'],
    ['/keys/a', put('v'.repeat((1 << 20) + 1)), 413, 'ERR_STORE_TOO_LARGE'],
    ['/keys?limit=-1', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/watch?from=0', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/keys', { method: 'POST' }, 405, 'ERR_METHOD'],
    ['/keys/a', { method: 'PATCH' }, 405, 'ERR_METHOD'],
    ['/status?follow=yes', {}, 400, 'ERR_INVALID_ARGUMENT'],
    ['/', {}, 404, 'ERR_NO_SUCH_PATH'],
    ['/constructor', {}, 404, 'ERR_NO_SUCH_PATH'],
  ] as const)('answers %s %o with %i', async ([path, init, status, code], context) => {
    const { call } = await served(context);
    const response = await call(path, init);
    expect(response.status).toBe(status);
    expect(await problem(response)).toMatchObject({ code });
  });

  it('says 503 where there is no quorum, and marks what is stale', async (context) => {
    const store = new ReplicatedStore(loneOptions({ members: ['a', 'b'] }));
    context.onTestFinished(() => store.close());
    await store.open();
    await expect.poll(() => store.status.state).toBe('no-quorum');
    const { call } = await serve(context, store);
    for (const init of [{}, put('x'), { method: 'DELETE' }]) {
      const response = await call('/keys/a', init);
      expect(response.status).toBe(503);
      expect(await problem(response)).toMatchObject({ code: 'ERR_STORE_NO_QUORUM' });
    }
    const stale = await call('/keys?read=stale');
    expect([stale.status, stale.headers.get('consort-stale')]).toEqual([200, 'true']);
  });

  it('closes while it is asked', async (context) => {
    const { server, at, call } = await served(context);
    const lines = linesOf(await call('/watch'));
    const next = lines.next();
    next.catch(() => {});
    const socket = connect(server.address.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await Promise.all([server.close(), server.close()]);
    await ended;
    await expect(next.then(({ done }) => done))
      .resolves.toBe(true)
      .catch(() => {});
    await expect(fetch(`${at}/status`)).rejects.toThrow();
    expect(() => server.address).toThrow('closed');
  });

  it('does not begin where somebody else listens', async (context) => {
    const { store } = await served(context);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    context.onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    await expect(StoreServer.open(store, { port })).rejects.toMatchObject({ code: 'ERR_BIND' });
  });
});

describe('bytes in JSON and in URLs', () => {
  it('come back as they were', () => {
    for (const bytes of [
      Buffer.from('text ä 😀'),
      Buffer.from([0xff, 0xfe]),
      Buffer.alloc(0),
      Buffer.from('\ufeffbom'),
    ]) {
      expect(Buffer.from(fromJson(toJson(bytes), 'x') as Uint8Array)).toEqual(bytes);
      expect(percentDecode(percentEncode(bytes), 'x')).toEqual(bytes);
    }
    expect(percentEncode('a/b c')).toBe('a%2Fb%20c');
  });
});

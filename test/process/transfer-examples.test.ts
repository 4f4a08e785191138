// The files of examples/ that transfer a state, each run as its first line says, in processes of their own.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { Example, group } from '../helpers/example.js';

const MIB = 1024 * 1024;

describe('the example', () => {
  it('state-transfer.mjs: ten servers have the state of the first, and what is added', async (context) => {
    const example = Example.start(context, 'state-transfer.mjs', group());
    await example.ends();
    const got = example.lines.filter((line) => line.endsWith('got state: 42')).map((line) => line.split(':')[0]);
    expect(new Set(got)).toEqual(new Set(Array.from({ length: 9 }, (_, number) => `server ${number + 1}`)));
    expect(example.lines.slice(-2)).toEqual(['10 servers', 'all have 87']);
  });

  it('message-safety.mjs: what is not safe waits for the end of the transfer', async (context) => {
    const example = Example.start(context, 'message-safety.mjs', group());
    await example.ends();
    const { lines } = example;
    expect(lines.filter((line) => line.startsWith('Clara'))).toEqual([
      'Clara casts 1 GENERIC, for the next view',
      'Clara casts 2 GENERIC by default, for the next view',
      'Clara casts 3 SAFE, for the current view',
      'Clara casts 4 XFER, for the current view',
    ]);
    expect(lines).toContain('Boris: got the state (all that there is)');
    const arrived = lines.filter((line) => line.includes('arrived'));
    // Casts and sends are two streams.
    expect(arrived.slice(0, 3).sort()).toEqual([
      'cast 3 SAFE: arrived during the transfer',
      'cast 4 XFER: arrived during the transfer',
      'send 6 SAFE: arrived during the transfer',
    ]);
    expect(arrived.slice(3).sort()).toEqual([
      'cast 1 GENERIC: arrived after the transfer',
      'cast 2 GENERIC by default: arrived after the transfer',
      'send 5 GENERIC: arrived after the transfer',
    ]);
    const done = lines.indexOf('Boris says that he is done');
    expect(lines.findIndex((line) => line.includes('after the transfer'))).toBeGreaterThan(done);
  });

  it('two-step-transfer.mjs: who joins gets both lists, and votes count everywhere', async (context) => {
    const name = group();
    const start = () => Example.start(context, 'two-step-transfer.mjs', name);
    const [first, second] = [start(), start()];
    await Promise.all([first, second].map((each) => each.line(/^2 of 2 are servers, I am server-normal$/)));
    first.type('yes');
    await Promise.all([first, second].map((each) => each.line(/^now yes: 1 /)));
    second.type('no');
    await Promise.all([first, second].map((each) => each.line(/^now yes: 1 .*, no: 1 /)));
    const third = start();
    const got = await third.line(/^got yes: 1 /);
    expect(got.slice(4)).toBe(first.lines.findLast((line) => line.startsWith('now'))?.slice(4));
    await third.line(/^3 of 3 are servers, I am server-normal$/);
    third.type('perhaps');
    third.type('no');
    await Promise.all([first, second, third].map((each) => each.line(/^now yes: 1 .*, no: 2 /)));
    expect(third.lines).toContain('yes or no');
    first.kill();
    await Promise.all([second, third].map((each) => each.line(/^2 of 2 are/, each.after(/^now/))));
    second.type('yes');
    await Promise.all([second, third].map((each) => each.line(/^now yes: 2 .*, no: 1 /)));
    await Promise.all([second.end(), third.end()]);
  });
});

/** One process of the cache. */
class Cache {
  private constructor(
    private readonly context: TestContext,
    readonly port: number,
    readonly groupName: string,
    public example: Example,
  ) {}

  static async start(context: TestContext, groupName: string): Promise<Cache> {
    const port = await freePort();
    return new Cache(context, port, groupName, Cache.run(context, port, groupName));
  }

  private static run(context: TestContext, port: number, groupName: string): Example {
    return Example.start(context, 'key-value-cache.mjs', `${port}`, groupName);
  }

  again(): void {
    this.example = Cache.run(this.context, this.port, this.groupName);
  }

  /** Waits until it has the state, and so many processes are there. */
  async together(processes: number): Promise<void> {
    await this.example.line(
      new RegExp(`${processes} of ${processes} .* server-normal$`),
      this.example.after(/ of /) - 1,
    );
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  async status(path: string, method = 'GET', body?: string | Uint8Array<ArrayBuffer>): Promise<number> {
    const response = await this.fetch(path, body === undefined ? { method } : { method, body });
    await response.arrayBuffer();
    return response.status;
  }

  put(key: string, value: string | Uint8Array<ArrayBuffer>): Promise<number> {
    return this.status(`/${key}`, 'PUT', value);
  }

  async get(key: string): Promise<string> {
    return (await this.fetch(`/${key}`)).text();
  }
}

/** A port that was free a moment ago: the system does not give it out again at once. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function three(context: TestContext): Promise<[Cache, Cache, Cache]> {
  const name = group();
  const start = () => Cache.start(context, name);
  const caches: [Cache, Cache, Cache] = [await start(), await start(), await start()];
  await Promise.all(caches.map((cache) => cache.together(3)));
  return caches;
}

describe('the example key-value-cache.mjs', () => {
  it('is written to and read from anywhere, loses nothing when processes are killed, and gives them the state back', async (context) => {
    const caches = await three(context);
    const big = randomBytes(5 * MIB);
    const [first, second] = caches;
    expect(await first.put('big', big)).toBe(201);
    expect(await second.put('small', 'one')).toBe(201);
    // Each is killed once, the one that gives the state and the one that orders among them; what was answered stays.
    for (const [index, killed] of caches.entries()) {
      const others = caches.filter((cache) => cache !== killed) as [Cache, Cache];
      killed.example.kill();
      expect(await others[0].put(`after ${index}`, `value ${index}`)).toBe(201);
      expect(await others[1].put('small', `two ${index}`)).toBe(204);
      await Promise.all(others.map((cache) => cache.together(2)));
      killed.again();
      await Promise.all(caches.map((cache) => cache.together(3)));
      expect(Buffer.from(await (await killed.fetch('/big')).arrayBuffer()).equals(big)).toBe(true);
      expect(await killed.get(`after ${index}`)).toBe(`value ${index}`);
      expect(await killed.get('small')).toBe(`two ${index}`);
    }
    for (const cache of caches) {
      for (const [index] of caches.entries()) expect(await cache.get(`after ${index}`)).toBe(`value ${index}`);
    }
    await shutDown(caches);
  });

  it('goes on with the last of its processes, whose state the others get when they are back', async (context) => {
    const caches = await three(context);
    const [first, second, third] = caches;
    expect(await third.put('key', 'value')).toBe(201);
    first.example.kill();
    second.example.kill();
    await third.together(1);
    expect(await third.put('key', 'of the last')).toBe(204);
    first.again();
    second.again();
    await Promise.all(caches.map((cache) => cache.together(3)));
    for (const cache of caches) expect(await cache.get('key')).toBe('of the last');
    await shutDown(caches);
  });

  it('answers what users ask it, and refuses what makes no sense', async (context) => {
    const cache = await Cache.start(context, group());
    await cache.together(1);
    const answer = await cache.fetch('/');
    expect([answer.status, await answer.json()]).toEqual([200, { state: 'server-normal', processes: 1, keys: 0 }]);
    const stored = await cache.fetch('/a/key with spaces?', {
      method: 'PUT',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(stored.status).toBe(201);
    const got = await cache.fetch('/a%2Fkey%20with%20spaces');
    expect([got.status, got.headers.get('content-type'), await got.text()]).toEqual([200, 'application/json', '{}']);
    expect(await cache.put('empty', '')).toBe(201);
    expect([await cache.status('/empty', 'HEAD'), await cache.get('empty')]).toEqual([200, '']);
    expect([await cache.status('/empty', 'DELETE'), await cache.status('/empty', 'DELETE')]).toEqual([204, 404]);
    expect(await cache.status('/empty')).toBe(404);
    expect(await cache.status('/%zz')).toBe(400);
    expect(await cache.status('/', 'PUT', 'x')).toBe(405);
    const refused = await cache.fetch('/key', { method: 'POST', body: 'x' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
    expect(await cache.put('huge', new Uint8Array(8 * MIB + 1))).toBe(413);
    expect(await cache.put('huge', new Uint8Array(8 * MIB))).toBe(201);
    await shutDown([cache]);
  });

  it('says how it is used', async (context) => {
    const example = Example.start(context, 'key-value-cache.mjs', 'one');
    expect(await example.ended).toBe(2);
  });
});

async function shutDown(caches: readonly Cache[]): Promise<void> {
  for (const { example } of caches) example.kill('SIGTERM');
  await Promise.all(caches.map(({ example }) => example.ends()));
}

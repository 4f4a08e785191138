// The service and its client on TCP, on this machine.
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, type TestContext, vi } from 'vitest';
import { GroupdClient } from '../../../ts/groupd/client.js';
import { frame, preamble } from '../../../ts/groupd/frames.js';
import { encodeToService, type ServiceEvent } from '../../../ts/groupd/messages.js';
import { GroupdServer } from '../../../ts/groupd/server.js';
import { bytesOf } from '../stack/views.js';
import { join, view } from './desk.js';

const HERE = '127.0.0.1';
const PATIENCE = { timeout: 10_000, interval: 5 };

async function serve(context: TestContext, port = 0) {
  const lines: string[] = [];
  const server = await GroupdServer.open(
    { host: HERE, port },
    (line) => lines.push(line),
    () => {},
  );
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  context.onTestFinished(close);
  return { server, lines, close, port: server.address.port };
}

function client(context: TestContext, ...ports: number[]) {
  const events: ServiceEvent[] = [];
  const errors: Error[] = [];
  const hosts = ports.map((port) => ({ host: HERE, port }));
  const made = new GroupdClient('a group', hosts, {
    onEvent: (event) => events.push(event),
    report: (error) => errors.push(error),
  });
  context.onTestFinished(() => made.close());
  made.start();
  const kinds = () => events.map(({ kind }) => kind);
  return {
    client: made,
    events,
    errors,
    kinds,
    until: (kind: ServiceEvent['kind']) => vi.waitUntil(() => kinds().includes(kind), PATIENCE),
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, HERE);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends this, and waits until the service has closed the connection. */
async function sendAndEnd(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ host: HERE, port });
  socket.on('error', () => {});
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

describe('a client', () => {
  it('carries messages there and back', async (context) => {
    const { port } = await serve(context);
    const member = client(context, port);
    await member.until('connected');
    member.client.send(join(0, view(1, 0)));
    await member.until('sync');
    expect(member.kinds()).toEqual(['connected', 'sync']);
    expect(member.events[1]).toMatchObject({ view: view(1, 0).id, attempt: 1, failed: [] });
  });

  it('tells once that there is no service, goes on trying, and finds it', async (context) => {
    const port = await freePort();
    const member = client(context, port);
    await vi.waitUntil(() => member.errors.length > 0, PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(member.errors).toMatchObject([
      {
        code: 'ERR_GROUPD',
        message: expect.stringContaining(`no membership service at 127.0.0.1:${port}: connect ECONNREFUSED`),
      },
    ]);
    await serve(context, port);
    await member.until('connected');
    expect(member.client.isConnected).toBe(true);
  });

  it('hears that its service is gone, and connects to the next one at its place', async (context) => {
    const first = await serve(context);
    const member = client(context, first.port);
    await member.until('connected');
    await first.close();
    await member.until('disconnected');
    expect(member.client.isConnected).toBe(false);
    member.client.send(join(0, view(1, 0)));
    await serve(context, first.port);
    await vi.waitUntil(() => member.kinds().length === 3, PATIENCE);
    expect(member.kinds()).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('takes the first service of its list that there is, and goes back to an earlier one', {
    timeout: 30_000,
  }, async (context) => {
    const [port, second] = [await freePort(), await serve(context)];
    const member = client(context, port, second.port);
    await member.until('connected');
    expect([second.server.counts().connections, member.errors]).toEqual([1, []]);
    const first = await serve(context, port);
    await vi.waitUntil(() => member.kinds().length === 3, { timeout: 20_000, interval: 20 });
    expect(member.kinds()).toEqual(['connected', 'disconnected', 'connected']);
    await vi.waitUntil(() => second.server.counts().connections === 0, PATIENCE);
    expect(first.server.counts().connections).toBe(1);
  });

  it.each([
    ['somebody else', bytesOf('SSH-2.0-OpenSSH_9.6\r\n'), 'no groupd is at the other end'],
    ['a service of another version', preamble().with(4, 9), 'it speaks version 9 of the protocol, this one 1'],
  ])('tells that %s listens there', async (_, greeting, reason) => {
    const other: Server = createServer((socket) => socket.on('error', () => {}).write(greeting)).listen(0, HERE);
    await once(other, 'listening');
    const errors: Error[] = [];
    const { port } = other.address() as { port: number };
    const made = new GroupdClient('a group', [{ host: HERE, port }], {
      onEvent: () => {},
      report: (error) => errors.push(error),
    });
    made.start();
    await vi.waitUntil(() => errors.length > 0, PATIENCE);
    made.close();
    other.close();
    expect(errors).toMatchObject([{ code: 'ERR_GROUPD', message: expect.stringContaining(reason) }]);
  });

  it('tells nothing any more when it is closed', async (context) => {
    const { port, close } = await serve(context);
    const member = client(context, port);
    await member.until('connected');
    member.client.close();
    await close();
    expect([member.kinds(), member.errors]).toEqual([['connected'], []]);
  });
});

describe('a server', () => {
  const long = new Uint8Array(4);
  new DataView(long.buffer).setUint32(0, 2 ** 31, true);

  it.each([
    ['who speaks something else', bytesOf('GET / HTTP/1.1\r\n\r\n'), 'no groupd is at the other end'],
    ['another version', preamble().with(4, 2), 'it speaks version 2'],
    ['a message without an end', Buffer.concat([preamble(), long]), 'a message of 2147483648 bytes'],
    [
      'a message of no kind',
      Buffer.concat([preamble(), frame(Uint8Array.of(99))]),
      'no message of the membership service',
    ],
    [
      'a member that is not in its view',
      Buffer.concat([preamble(), frame(encodeToService(join(3, { id: view(1, 0).id, numbers: [0] })))]),
      'a member that is not in its view',
    ],
  ])('closes the connection of %s, and serves others', async (_, bytes, reason) => {
    const lines: string[] = [];
    const server = await GroupdServer.open(
      { host: HERE, port: 0 },
      (line) => lines.push(line),
      () => {},
    );
    await sendAndEnd(server.address.port, bytes);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^closes the connection of 127.0.0.1:\\d+: ${reason}`))]);
    expect(server.counts()).toEqual({ connections: 0, groups: 0, connected: 1, refused: 1 });
    await server.close();
  });

  it('survives whatever bytes come', async (context) => {
    const { server, port } = await serve(context);
    const some = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(some, async ([greets, bytes]) => {
        await sendAndEnd(port, greets ? Buffer.concat([preamble(), bytes]) : bytes);
      }),
      { numRuns: 60 },
    );
    await vi.waitUntil(() => server.counts().connections === 0, PATIENCE);
    const member = client(context, port);
    await member.until('connected');
    expect(server.counts().groups).toBe(0);
  });

  it('says that its address is taken', async (context) => {
    const { port } = await serve(context);
    await expect(
      GroupdServer.open(
        { host: HERE, port },
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ code: 'ERR_BIND' });
  });
});

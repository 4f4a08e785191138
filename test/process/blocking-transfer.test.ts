// A server in a worker that blocks while it gets the state, and servers in other processes that have it.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { Child } from '../helpers/child.js';
import { type Mode, skipWithoutAddon } from '../helpers/crew.js';

const POLL_MS = 10;
const DEADLINE_MS = 60_000;
const STATE_BYTES = 20_000_000;

let groups = 0;

class Group {
  private readonly groupName = `blocking ${process.pid} ${Date.now()} ${++groups}`;

  constructor(
    private readonly context: TestContext,
    private readonly mode: Mode,
  ) {}

  /** One who has the state. */
  server(): Promise<Child> {
    return this.start('main', {});
  }

  /** One who joins and blocks. */
  async blocked(options: { threadMode?: 'single' } = {}): Promise<Child> {
    return this.start('worker', options);
  }

  private async start(where: 'main' | 'worker', more: object): Promise<Child> {
    const child = await Child.start(this.context, 'blocking-program.mjs');
    const { mode, groupName } = this;
    const stack = { params: 'suspect_sweep=0.1', properties: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow' };
    await child.call('open', where, {
      mode,
      groupName,
      threadMode: 'multi',
      stateBytes: STATE_BYTES,
      ...stack,
      ...more,
    });
    return child;
  }
}

/** Waits until a server has noted something. */
async function noted(child: Child, wanted: string): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(POLL_MS)) {
    const notes = await child.call<string[]>('notes');
    if (notes.includes(wanted) || Date.now() > deadline) return expect(notes).toContain(wanted);
  }
}

describe.each<Mode>(['native', 'ts'])('a server that blocks until it has the state, in mode %s', (mode) => {
  const begin = (context: TestContext) => {
    skipWithoutAddon(context, mode);
    return new Group(context, mode);
  };

  it('gets it, and hears meanwhile what is cast, but can not block again within that', async (context) => {
    const group = begin(context);
    const server = await group.server();
    const blocked = await group.blocked();
    await noted(server, 'asked 1');
    await server.call('cast', 'hello');
    await noted(blocked, 'cast hello while blocked');
    await server.call('cast', 'ask again');
    await noted(blocked, 'threw ERR_BLOCKING_IN_CALLBACK');
    await server.call('answer');
    await noted(blocked, `got ${STATE_BYTES} bytes`);
    await Promise.all([server, blocked].map((each) => noted(each, '2 servers')));
    await Promise.all([server, blocked].map((each) => each.call('close')));
  });

  it('gets it from another server when the one that was asked is killed', async (context) => {
    const group = begin(context);
    const first = await group.server();
    const second = await group.server();
    await noted(first, 'asked 1');
    await first.call('answer');
    await noted(second, '2 servers');
    const blocked = await group.blocked();
    // The first has answered the second before.
    const asked = [
      { server: first, note: 'asked 2' },
      { server: second, note: 'asked 1' },
    ];
    const hit = await Promise.race(asked.map((each) => noted(each.server, each.note).then(() => each)));
    const other = asked.find((each) => each !== hit) ?? hit;
    await hit.server.kill();
    await noted(other.server, other.note);
    await other.server.call('answer');
    await noted(blocked, `got ${STATE_BYTES} bytes`);
    await Promise.all([other.server, blocked].map((each) => each.call('close')));
  });

  it('hears that the transfer is over when it becomes a client after all', async (context) => {
    const group = begin(context);
    const server = await group.server();
    const blocked = await group.blocked();
    await noted(server, 'asked 1');
    await server.call('cast', 'be a client');
    await noted(blocked, 'threw ERR_TRANSFER_TERMINATED');
    await Promise.all([server, blocked].map((each) => each.call('close')));
  });

  it('is refused in single-threaded mode', async (context) => {
    const group = begin(context);
    const server = await group.server();
    const blocked = await group.blocked({ threadMode: 'single' });
    await noted(blocked, 'threw ERR_BLOCKING_IN_SINGLE_THREADED_MODE');
    await Promise.all([server, blocked].map((each) => each.call('close')));
  });
});

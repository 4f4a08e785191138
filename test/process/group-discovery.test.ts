// Members find each other without multicast: by a list of addresses, and by a gossip server, which may go and come back.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { root } from '../helpers/child.js';
import { type Combination, GroupCrew } from '../helpers/group-crew.js';

const COMBINATIONS: readonly Combination[] = [
  ['native', 'multi'],
  ['ts', 'single'],
  ['mixed', 'mixed'],
];
/** Long enough for members to find each other that must not. */
const NOTHING_HAPPENS_MS = 1_500;

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports = [];
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ports.push(socket.address().port);
  }
  for (const socket of sockets) socket.close();
  return ports;
}

/** `consort gossip` in a process of its own, as users run it. */
async function startGossip(context: TestContext, port: number) {
  const main = join(root, 'dist/ts/cli/main.js');
  const child = spawn(process.execPath, [main, 'gossip', '--address', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  context.onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [, address] = /listening on (\S+)/.exec(line) ?? [];
  const end = () => {
    child.kill('SIGTERM');
    return exited;
  };
  return { address: address as string, end };
}

describe.each(COMBINATIONS)('members in mode %s, %s', (...combination) => {
  it("find each other by a list of addresses ('static'), of which some are nobody's", async (context) => {
    const ports = await freePorts(4);
    const discovery = `static:${ports.map((port) => `127.0.0.1:${port}`).join()}`;
    const crew = new GroupCrew(context, combination);
    const at = (index: number) => ({ options: { discovery, address: `127.0.0.1:${ports[index]}` } });
    await crew.add(1, at(0));
    await crew.add(1, at(1));
    await crew.areTogether();
    await crew.add(1, at(2));
    await crew.areTogether();
    await crew.talk();
    await crew.close();
    crew.check();
  });

  it("find each other by a gossip server, and do without it once they have ('gossip')", async (context) => {
    const server = await startGossip(context, 0);
    const crew = new GroupCrew(context, combination, { options: { discovery: `gossip:${server.address}` } });
    await crew.add(3);
    const view = await crew.areTogether();
    expect(await server.end()).toEqual([0, null]);
    await crew.load(true);
    await crew.hear(100);
    await crew.load(false);
    const again = await startGossip(context, Number(server.address.split(':')[1]));
    expect(again.address).toBe(server.address);
    const [late] = await crew.add(1);
    const four = await crew.areTogether();
    expect(four.members).toEqual([...view.members, late?.name]);
    await crew.talk();
    await crew.close();
    crew.check();
  });
});

// Discovery is the same code in all modes: to wait for nothing is done once.
it("members stay alone without discovery ('none')", async (context) => {
  const crew = new GroupCrew(context, ['mixed', 'mixed'], { options: { discovery: 'none' } });
  await crew.add(2);
  await sleep(NOTHING_HAPPENS_MS);
  for (const member of crew.members) expect((await member.view()).members).toEqual([member.name]);
  await crew.close();
  crew.check();
});

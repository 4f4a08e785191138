// IP multicast on the loopback interface, for tests.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { TestContext } from 'vitest';

const PROBE_MS = 2_000;

/** A group that no other test uses. */
export function randomGroup(): { host: string; port: number } {
  return { host: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`, port: randomInt(20_000, 32_000) };
}

/** Whether a datagram to a multicast group comes back on the loopback interface of this machine. */
export async function hasMulticast(context: TestContext): Promise<boolean> {
  const group = randomGroup();
  const [receiver, sender] = [createSocket({ type: 'udp4', reuseAddr: true }), createSocket('udp4')];
  context.onTestFinished(() => {
    receiver.close();
    sender.close();
  });
  try {
    await new Promise<void>((resolve) => receiver.bind(group.port, group.host, resolve));
    receiver.addMembership(group.host, '127.0.0.1');
    await new Promise<void>((resolve) => sender.bind(0, '127.0.0.1', resolve));
    sender.setMulticastInterface('127.0.0.1');
  } catch {
    return false;
  }
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PROBE_MS);
    receiver.on('message', () => {
      clearTimeout(timer);
      resolve(true);
    });
    sender.send('?', group.port, group.host);
  });
}

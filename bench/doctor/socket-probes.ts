/** What sockets on this machine can do, found out with sockets. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { nativeStatus } from '../../ts/api/native-status.js';
import { SOCKET_BUFFER_BYTES } from '../../ts/api/open-plane.js';
import { openLimitSocket } from '../../ts/data-plane/limit-socket.js';
import { closeSocket, UdpSocket } from '../../ts/transport/udp.js';
import type { Native, SocketBuffers } from './probes.js';

const LOOPBACK = '127.0.0.1';
const PATIENCE_MS = 1000;
/** Below it nobody gives less. */
const MIN_BUFFER_BYTES = 1024;

export function probeNative(): Native {
  const { loaded, reason } = nativeStatus();
  // After the colon come the files that were tried, which are nobody's business but the machine's.
  if (!loaded) return { loaded, ...(reason === undefined ? {} : { reason: reason.split(':')[0] as string }) };
  try {
    const { segments, coalesces } = openLimitSocket(LOOPBACK, true);
    return { loaded, segments, coalesces };
  } catch {
    return { loaded };
  }
}

export async function probeBuffers(): Promise<SocketBuffers | undefined> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, LOOPBACK, resolve);
    });
    return {
      wantedBytes: SOCKET_BUFFER_BYTES,
      receiveBytes: granted(socket, 'Recv'),
      sendBytes: granted(socket, 'Send'),
    };
  } catch {
    return undefined;
  } finally {
    await closeSocket(socket);
  }
}

/** Linux gives as much as it may, and tells twice that, for its own needs; other systems refuse what is too much. */
function granted(socket: Socket, direction: 'Recv' | 'Send'): number {
  for (let wanted = SOCKET_BUFFER_BYTES; wanted >= MIN_BUFFER_BYTES; wanted = Math.floor(wanted / 2)) {
    try {
      socket[`set${direction}BufferSize`](wanted);
      break;
    } catch {
      // Half as much, then.
    }
  }
  const bytes = socket[`get${direction}BufferSize`]();
  return process.platform === 'linux' ? bytes / 2 : bytes;
}

/** Sends a datagram to a group that hardly anybody else uses, as members do that look for each other. */
export async function probeMulticast(): Promise<boolean> {
  const group = { host: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`, port: randomInt(20_000, 32_000) };
  const opened: UdpSocket[] = [];
  let arrived: (came: boolean) => void = () => {};
  const answer = new Promise<boolean>((resolve) => {
    arrived = resolve;
  });
  const timer = setTimeout(() => arrived(false), PATIENCE_MS);
  const open = async (host: string, port: number, shared: boolean) => {
    const options = { address: { host, port }, bufferBytes: SOCKET_BUFFER_BYTES, shared };
    const socket = await UdpSocket.open(options, {
      onDatagram: () => arrived(true),
      onFailure: () => arrived(false),
    });
    opened.push(socket);
    return socket;
  };
  try {
    // Windows can not bind to a group.
    const receiver = await open(process.platform === 'win32' ? '0.0.0.0' : group.host, group.port, true);
    receiver.joinGroup(group.host, LOOPBACK);
    const sender = await open(LOOPBACK, 0, false);
    sender.sendGroupsThrough(LOOPBACK);
    sender.setGroupTtl(0);
    sender.send(sender.gather([new Uint8Array(1)], 0, 1), group.host, group.port);
    return await answer;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    await Promise.all(opened.map((socket) => socket.close()));
  }
}

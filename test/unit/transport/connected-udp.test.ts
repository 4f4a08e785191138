import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectedUdpSocket } from '../../../ts/transport/connected-udp.js';

const WAIT = { timeout: 10_000, interval: 2 };
const HOST = '127.0.0.1';
const open: ConnectedUdpSocket[] = [];

function connect(port: number, onRefused: () => void = () => {}, host = HOST): ConnectedUdpSocket {
  const socket = new ConnectedUdpSocket({ host, port }, onRefused);
  open.push(socket);
  return socket;
}

async function bind(port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, HOST);
  await once(socket, 'listening');
  return socket;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

describe('ConnectedUdpSocket', () => {
  it('sends, from the first datagram on, to whom it is told', async () => {
    const peer = await bind();
    const got: number[] = [];
    peer.on('message', (bytes) => got.push(bytes[0] as number));
    const socket = connect(peer.address().port);
    socket.send(Uint8Array.of(1));
    await vi.waitUntil(() => got.length === 1, WAIT);
    socket.send(Uint8Array.of(2));
    await vi.waitUntil(() => got.length === 2, WAIT);
    expect(got).toEqual([1, 2]);
    peer.close();
  });

  it('tells when nothing is bound there, and no more once something is', async () => {
    const peer = await bind();
    const { port } = peer.address();
    let refused = 0;
    const socket = connect(port, () => refused++);
    peer.close();
    await once(peer, 'close');
    await vi.waitUntil(() => {
      socket.send(new Uint8Array(24));
      return refused >= 2;
    }, WAIT);
    const again = await bind(port);
    let got = 0;
    again.on('message', () => got++);
    const until = async (count: number) =>
      vi.waitUntil(() => {
        socket.send(new Uint8Array(24));
        return got >= count;
      }, WAIT);
    await until(2);
    const before = refused;
    await until(20);
    expect(refused).toBe(before);
    again.close();
  });

  it('takes what cannot be sent for lost', async () => {
    let refused = 0;
    const socket = connect(9, () => refused++, '255.255.255.255');
    for (let i = 0; i < 5; i++) {
      socket.send(new Uint8Array(24));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(refused).toBe(0);
  });

  it('can be closed at any time, twice, and sends nothing more', async () => {
    let refused = 0;
    const socket = connect(1, () => refused++);
    socket.send(new Uint8Array(24));
    await Promise.all([socket.close(), socket.close()]);
    socket.send(new Uint8Array(24));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(refused).toBe(0);
  });
});

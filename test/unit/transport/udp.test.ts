import { afterEach, describe, expect, it, vi } from 'vitest';
import { UdpSocket } from '../../../ts/transport/udp.js';

const open: UdpSocket[] = [];

async function openSocket(port = 0, onDatagram: (bytes: Uint8Array, port: number) => void = () => {}) {
  const socket = await UdpSocket.open(
    { address: { host: '127.0.0.1', port }, bufferBytes: 1024 * 1024, shared: false },
    {
      onDatagram: (bytes, from) => onDatagram(bytes, from.port),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  open.push(socket);
  return socket;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

describe('UdpSocket', () => {
  it('carries datagrams that were put together from pieces', async () => {
    const got: { bytes: Uint8Array; port: number }[] = [];
    const receiver = await openSocket(0, (bytes, port) => got.push({ bytes, port }));
    const sender = await openSocket();
    const pieces = [[9], [1, 2], [3], [4, 5, 6]].map((bytes) => Uint8Array.from(bytes));
    sender.send(sender.gather(pieces, 1, 4), '127.0.0.1', receiver.address.port);
    sender.send(sender.gather(pieces, 0, 1), '127.0.0.1', receiver.address.port);
    await vi.waitUntil(() => got.length === 2);
    expect(got.map((each) => [...each.bytes])).toEqual([[1, 2, 3, 4, 5, 6], [9]]);
    expect(got[0]?.port).toBe(sender.address.port);
  });

  it('has sent when send() returns: what it sent may be overwritten', async () => {
    const got: number[] = [];
    const receiver = await openSocket(0, (bytes) => got.push(bytes[0] as number));
    const sender = await openSocket();
    const piece = new Uint8Array(60_000);
    for (let i = 0; i < 8; i++) sender.send(sender.gather([piece.fill(i)], 0, 1), '127.0.0.1', receiver.address.port);
    await vi.waitUntil(() => got.length === 8);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(sender.isFull).toBe(false);
  });

  it('takes what cannot be sent for lost', async () => {
    const sender = await openSocket();
    const closed = await openSocket();
    await closed.close();
    const datagram = sender.gather([new Uint8Array(100)], 0, 1);
    sender.send(datagram, '127.0.0.1', closed.address.port);
    sender.send(datagram, '127.0.0.1', 0);
    sender.send(datagram, 'no address', 9);
    sender.send(sender.gather([new Uint8Array(65_536)], 0, 1), '127.0.0.1', 9);
    await sender.close();
    sender.send(datagram, '127.0.0.1', 9);
    expect(sender.isFull).toBe(false);
  });

  it('rejects with the code of the system when it cannot be bound', async () => {
    const taken = await openSocket();
    await expect(openSocket(taken.address.port)).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
  });

  it('can be closed twice', async () => {
    const socket = await openSocket();
    await socket.close();
    await expect(socket.close()).resolves.toBeUndefined();
  });
});

// What a kernel with full buffers, or a broken one, does to a socket: loopback never gets there, so dgram is played here.
import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { UdpSocket } from '../../../ts/transport/udp.js';

class PlayedSocket extends EventEmitter {
  readonly sent: Uint8Array[] = [];
  queue: Uint8Array[] = [];
  kernelIsFull = false;
  mostBuffer = Number.POSITIVE_INFINITY;
  buffers: number[] = [];

  bind(_options: object, bound: () => void): void {
    bound();
  }
  address() {
    return { address: '127.0.0.1', family: 'IPv4', port: 1000 };
  }
  send(datagram: Uint8Array): void {
    (this.kernelIsFull ? this.queue : this.sent).push(datagram);
  }
  getSendQueueCount(): number {
    return this.queue.length;
  }
  getSendQueueSize(): number {
    return this.queue.reduce((sum, each) => sum + each.length, 0);
  }
  setRecvBufferSize(bytes: number): void {
    if (bytes > this.mostBuffer) throw new Error('ENOBUFS');
    this.buffers.push(bytes);
  }
  setSendBufferSize(bytes: number): void {
    this.setRecvBufferSize(bytes);
  }
  close(closed: () => void): void {
    closed();
  }
}

let played = new PlayedSocket();
vi.mock('node:dgram', () => ({ createSocket: () => played }));

const failures: Error[] = [];

function openSocket(): Promise<UdpSocket> {
  return UdpSocket.open(
    { address: { host: '127.0.0.1', port: 0 }, bufferBytes: 1024 * 1024, shared: false },
    { onDatagram() {}, onFailure: (error) => failures.push(error) },
  );
}

beforeEach(() => {
  played = new PlayedSocket();
  failures.length = 0;
});

describe('a UdpSocket whose kernel has no room', () => {
  it('is full until the queue is empty, and leaves the memory of what waits alone', async () => {
    const socket = await openSocket();
    const piece = new Uint8Array(1000);
    played.kernelIsFull = true;
    expect(socket.isFull).toBe(false);
    for (let i = 0; i < 3; i++) socket.send(socket.gather([piece.fill(i)], 0, 1), '127.0.0.1', 9);
    expect(socket.isFull).toBe(true);
    expect(played.queue.map((each) => each[999])).toEqual([0, 1, 2]);
    played.queue = [];
    expect(socket.isFull).toBe(false);
  });

  it('lets what is beyond its bound be lost', async () => {
    const socket = await openSocket();
    played.kernelIsFull = true;
    const datagram = socket.gather([new Uint8Array(60_000)], 0, 1);
    for (let i = 0; i < 100; i++) socket.send(datagram, '127.0.0.1', 9);
    expect(played.getSendQueueSize()).toBeLessThanOrEqual(1024 * 1024);
    expect(played.getSendQueueSize()).toBeGreaterThan(900_000);
  });

  it('asks for less where the system refuses so large a buffer', async () => {
    played.mostBuffer = 300_000;
    await openSocket();
    expect(played.buffers).toEqual([262_144, 262_144]);
  });
});

describe('a UdpSocket that reports an error', () => {
  it('goes on after those of a network that comes and goes', async () => {
    await openSocket();
    for (const code of ['ECONNREFUSED', 'ENETUNREACH', 'EMSGSIZE'])
      played.emit('error', Object.assign(new Error(), { code }));
    expect(failures).toEqual([]);
  });

  it('tells of those that end it', async () => {
    await openSocket();
    const error = Object.assign(new Error('bad'), { code: 'EBADF' });
    played.emit('error', error);
    expect(failures).toEqual([error]);
  });
});

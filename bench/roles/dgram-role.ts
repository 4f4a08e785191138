/**
 * The dgram baseline: what a user would write with node:dgram alone. One message a datagram, nothing resent: what the receiver's socket has no room for is
 * lost. As fast as it goes: connected sockets, large buffers, sends in flight.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../ts/index.js';
import type { Place } from '../pool/place.js';
import { mix } from '../verify/pattern.js';
import { type CpuTime, cpuTime } from './cpu-time.js';

const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Sends whose callbacks are awaited at a time; more bring nothing. */
const IN_FLIGHT = 64;

export interface BaselineReport {
  readonly messages: number;
  /** From the first message of the phase to the last. */
  readonly seconds: number;
  /** Of first and last bytes: they were read. */
  readonly hash: number;
  readonly cpu: CpuTime;
}

export class DgramRole {
  private socket: Socket | undefined;
  private messages = 0;
  private hash = 0;
  private firstMs = 0;
  private lastMs = 0;
  private cpu = cpuTime();

  constructor(private readonly place: Place) {}

  /** Receives from now on; returns the address. */
  readonly receive = async (_: undefined): Promise<Address> => {
    const socket = await this.open();
    socket.on('message', (message) => {
      this.lastMs = performance.now();
      if (this.messages++ === 0) this.firstMs = this.lastMs;
      this.hash = mix(this.hash, message[0] as number, message[message.length - 1] as number);
    });
    return { host: this.place.host, port: socket.address().port };
  };

  /** Sends for some time; resolves with how many messages. */
  readonly send = async (options: { to: Address; sizeBytes: number; milliseconds: number }): Promise<number> => {
    const { to, sizeBytes, milliseconds } = options;
    const socket = await this.open();
    socket.connect(to.port, to.host);
    await once(socket, 'connect');
    return pump(socket, sizeBytes, performance.now() + milliseconds);
  };

  /** What came since the last report. */
  readonly report = async (_: undefined): Promise<BaselineReport> => {
    const { messages, hash, firstMs, lastMs, cpu } = this;
    this.messages = 0;
    this.hash = 0;
    this.cpu = cpuTime();
    return { messages, seconds: (lastMs - firstMs) / 1000, hash, cpu: cpuTime(cpu) };
  };

  readonly close = async (_: undefined): Promise<void> => {
    this.socket?.close();
    this.socket = undefined;
  };

  private async open(): Promise<Socket> {
    if (this.socket !== undefined) this.socket.close();
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.bind(0, this.place.host);
    await once(socket, 'listening');
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
    return socket;
  }
}

/** Keeps so many sends in flight until the time is over. */
function pump(socket: Socket, sizeBytes: number, endMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // A payload belongs to the socket until the callback.
    const free = Array.from({ length: IN_FLIGHT }, () => Buffer.alloc(sizeBytes, 0x5a));
    let messages = 0;
    const sendNext = (payload: Buffer<ArrayBuffer>) => {
      payload[sizeBytes - 1] = messages >>> 8;
      payload[0] = messages++;
      socket.send(payload, (error) => sent(error, payload));
    };
    const sent = (error: Error | null, payload: Buffer<ArrayBuffer>) => {
      if (error !== null) reject(error);
      else if (performance.now() < endMs) sendNext(payload);
      else if (free.push(payload) === IN_FLIGHT) resolve(messages);
    };
    for (let payload = free.pop(); payload !== undefined; payload = free.pop()) sendNext(payload);
  });
}

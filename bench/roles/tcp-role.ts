/**
 * The TCP baseline: what a careful user would write with node:net alone. Messages with a length before them, put together into batches of
 * 64 KiB, so that a write costs little; the receiver finds the messages in what 'data' events bring, and copies only where one is cut off
 * at the end. What is sent, and what the handler does with it, is the same as in a group.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../ts/index.js';
import type { Place } from '../pool/place.js';
import { Pattern } from '../verify/pattern.js';
import { Tally, type TallyReport } from '../verify/tally.js';
import type { Amount, Sent } from './cast-pump.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import { LengthPrefixReader } from './length-prefix-reader.js';
import { BatchWriter } from './length-prefix-writer.js';

export interface TcpArm {
  readonly phase: number;
  readonly sizeBytes: number;
  readonly seed: number;
}

interface Phase {
  readonly pattern: Pattern;
  readonly number: number;
  readonly tally: Tally;
  readonly ended: Promise<void>;
  readonly cpu: CpuTime;
}

export class TcpRole {
  private server: Server | undefined;
  private socket: Socket | undefined;
  /** The connection is made: the server may hear of it later than the client. */
  private connected: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;
  private phase: Phase | undefined;

  constructor(private readonly place: Place) {}

  /** The sender's side; returns its address. */
  readonly listen = async (_: undefined): Promise<Address> => {
    const { host } = this.place;
    const server = createServer({ noDelay: true }, (socket) => this.keep(socket));
    this.server = server;
    this.connected = once(server, 'connection');
    // send() hears of it.
    this.connected.catch(() => {});
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    return { host, port: address.port };
  };

  /** The receiver's side. */
  readonly connect = async ({ host, port }: Address): Promise<void> => {
    const reader = new LengthPrefixReader((message) => this.armed().tally.take(message));
    const socket = connect({ host, port, noDelay: true });
    socket.on('data', (chunk) => reader.take(chunk));
    this.keep(socket);
    await once(socket, 'connect');
  };

  readonly arm = async ({ phase, sizeBytes, seed }: TcpArm): Promise<void> => {
    const pattern = new Pattern(sizeBytes, seed);
    let onEnd = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const tally = new Tally(
      pattern,
      phase,
      () => performance.now(),
      () => onEnd(),
    );
    this.phase = { pattern, number: phase, tally, ended, cpu: cpuTime() };
  };

  /** Resolves with how many messages it were, when all is written. */
  readonly send = async (amount: Amount): Promise<Sent> => {
    await this.connected;
    const { socket } = this;
    if (socket === undefined) throw new Error('nobody has connected');
    const { pattern, number } = this.armed();
    return new BatchWriter(socket, pattern, number).run(amount);
  };

  /** Resolves when everything of the phase has come. */
  readonly receive = async (_: undefined): Promise<TallyReport> => {
    const { ended, tally } = this.armed();
    await ended;
    if (this.failure !== undefined) throw this.failure;
    return tally.report();
  };

  /** CPU time of the phase. */
  readonly cpu = async (_: undefined): Promise<CpuTime> => cpuTime(this.armed().cpu);

  readonly close = async (_: undefined): Promise<void> => {
    this.socket?.destroy();
    this.server?.close();
    this.socket = undefined;
    this.server = undefined;
    this.phase = undefined;
  };

  private armed(): Phase {
    if (this.phase === undefined) throw new Error('there is no phase');
    return this.phase;
  }

  private keep(socket: Socket): void {
    this.socket = socket;
    socket.on('error', (error) => {
      this.failure = error;
    });
  }
}

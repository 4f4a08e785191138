/** The membership service on TCP: sockets and frames around `Service`. */
import { createServer, type Server, type Socket } from 'node:net';
import { ConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { MalformedError } from '../stack/codec.js';
import { FrameReader, frame, preamble } from './frames.js';
import { KEEP_ALIVE_MS, MAX_FIRST_FRAME_BYTES, MAX_FRAME_BYTES, MAX_UNTAKEN_BYTES } from './limits.js';
import { decodeToService, encodeFromService, type FromService } from './messages.js';
import { Service, type ServiceCounts } from './service.js';

export interface GroupdCounts extends ServiceCounts {
  /** Connections since it began. */
  readonly connected: number;
  /** Those that were closed for what no member sends, or because they did not answer. */
  readonly refused: number;
}

export class GroupdServer {
  private readonly sockets = new Map<number, Socket>();
  private readonly service: Service;
  private connected = 0;
  private refused = 0;

  private constructor(
    private readonly server: Server,
    private readonly log: (line: string) => void,
  ) {
    this.service = new Service(
      {
        setTimer: (milliseconds, callback) => {
          const timer = setTimeout(callback, milliseconds);
          return { cancel: () => clearTimeout(timer) };
        },
      },
      {
        send: (id, message) => this.send(id, message),
        close: (id, reason) => this.refuse(id, reason),
      },
    );
    server.on('connection', (socket) => this.accept(socket));
  }

  /**
   * @param log gets a line for people now and then
   * @param onFailure gets what the listening socket fails with later
   * @throws ConsortError `ERR_BIND`
   */
  static async open(
    { host, port }: Address,
    log: (line: string) => void,
    onFailure: (error: Error) => void,
  ): Promise<GroupdServer> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    const groupd = new GroupdServer(server, log);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new ConsortError('ERR_BIND', `the membership service's socket can't be bound: ${cause.message}`, {
            cause,
            details: { address: { host, port } },
          }),
        ),
      );
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners('error').on('error', onFailure);
    return groupd;
  }

  /** Where it listens. */
  get address(): Address {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new ConsortError('ERR_CLOSED', 'the service is closed');
    return { host: address.address, port: address.port };
  }

  counts(): GroupdCounts {
    return { ...this.service.counts(), connected: this.connected, refused: this.refused };
  }

  /** All connections end: their members go on in the views that they have. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // Not told to the service: nobody is to hear that others are gone.
    for (const socket of this.sockets.values()) socket.removeAllListeners('close').destroy();
    this.sockets.clear();
    await closed;
  }

  private accept(socket: Socket): void {
    this.connected++;
    const id = this.connected;
    this.sockets.set(id, socket);
    const reader = new FrameReader(MAX_FIRST_FRAME_BYTES);
    // Whatever it was, 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.sockets.delete(id)) this.service.disconnected(id);
    });
    socket.on('data', (bytes) => this.receive(id, reader, bytes));
    socket.write(preamble());
    this.service.connected(id);
  }

  private receive(id: number, reader: FrameReader, bytes: Uint8Array): void {
    try {
      for (const message of reader.push(bytes)) {
        if (!this.sockets.has(id)) return;
        this.service.receive(id, decodeToService(message));
        reader.maxBytes = MAX_FRAME_BYTES;
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.service.hangUp(id, error.message);
    }
  }

  private send(id: number, message: FromService): void {
    const socket = this.sockets.get(id);
    if (socket === undefined) return;
    socket.write(frame(encodeFromService(message)));
    // Its end is told when the service is done with what it does now.
    if (socket.writableLength > MAX_UNTAKEN_BYTES) socket.destroy();
  }

  private refuse(id: number, reason: string): void {
    const socket = this.sockets.get(id);
    if (socket === undefined) return;
    this.refused++;
    this.log(`closes the connection of ${socket.remoteAddress}:${socket.remotePort}: ${reason}`);
    this.sockets.delete(id);
    // What was sent to it, the version above all, may still arrive.
    socket.destroySoon();
  }
}

/**
 * A member's connection to a membership service. It is tried again and again, by the list of services, with a pause that grows; one trouble is
 * told once, until there is a service again. Who is connected to a later service of the list looks now and then whether an earlier one is
 * back: members of one group meet only where they use the same service.
 */
import { connect, type Socket } from 'node:net';
import { ConsortError } from '../base/errors.js';
import { MalformedError } from '../stack/codec.js';
import type { HostAndPort } from '../transport/address.js';
import { FrameReader, frame, preamble } from './frames.js';
import {
  CONNECT_TIMEOUT_MS,
  FIRST_RETRY_MS,
  KEEP_ALIVE_MS,
  MAX_FRAME_BYTES,
  MAX_RETRY_MS,
  MAX_UNTAKEN_BYTES,
  PREFER_MS,
} from './limits.js';
import { decodeFromService, encodeToService, type ServiceEvent, type ServicePort, type ToService } from './messages.js';

export interface ClientEvents {
  onEvent(event: ServiceEvent): void;
  /** Told once, until there is a service again. */
  report(error: Error): void;
}

export class GroupdClient implements ServicePort {
  isConnected = false;
  /** The connection, and the one that is tried. */
  private current: Socket | undefined;
  private trying: Socket | undefined;
  /** Of `current`, in the list. */
  private index = 0;
  private retryMs = FIRST_RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private reported = false;
  private closed = false;

  constructor(
    readonly group: string,
    private readonly hosts: readonly HostAndPort[],
    private readonly events: ClientEvents,
  ) {}

  start(): void {
    this.tryHost(0, this.hosts.length);
  }

  send(message: ToService): void {
    const { current } = this;
    if (current === undefined || !this.isConnected) return;
    current.write(frame(encodeToService(message)));
    if (current.writableLength > MAX_UNTAKEN_BYTES) current.destroy(new Error('it takes nothing any more'));
  }

  /** Nothing is told any more. What was sent still goes out, unless the service takes nothing. */
  close(): void {
    this.closed = true;
    this.isConnected = false;
    clearTimeout(this.timer);
    this.trying?.destroy();
    this.current?.destroySoon();
  }

  /** Those of the list from `index` to before `end`, one after the other. */
  private tryHost(index: number, end: number): void {
    const host = this.hosts[index];
    if (this.closed || host === undefined || index >= end) return this.later();
    const socket = connect({ host: host.host, port: host.port, noDelay: true, timeout: CONNECT_TIMEOUT_MS });
    this.trying = socket;
    const reader = new FrameReader(MAX_FRAME_BYTES);
    let problem: Error | undefined;
    // The member's own socket keeps the process; a service that is away should not.
    socket.unref();
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.write(preamble());
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', (error) => {
      problem = error;
    });
    socket.on('data', (bytes) => {
      try {
        this.receive(socket, index, reader, bytes);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        socket.destroy(error);
      }
    });
    socket.on('close', () => {
      if (this.current === socket) return this.lost();
      if (this.trying !== socket) return;
      this.trying = undefined;
      this.failed(host, problem, index, end);
    });
  }

  private receive(socket: Socket, index: number, reader: FrameReader, bytes: Uint8Array): void {
    for (const message of reader.push(bytes)) {
      this.met(socket, index);
      if (!this.closed && this.current === socket) this.events.onEvent(decodeFromService(message));
    }
    if (reader.isOpen) this.met(socket, index);
  }

  /** It is a service: from now on the one that counts. */
  private met(socket: Socket, index: number): void {
    if (this.closed || this.current === socket || this.trying !== socket) return;
    const before = this.current;
    this.trying = undefined;
    this.current = socket;
    this.index = index;
    this.retryMs = FIRST_RETRY_MS;
    this.reported = false;
    socket.setTimeout(0);
    if (before !== undefined) {
      before.destroy();
      this.events.onEvent({ kind: 'disconnected' });
    }
    this.isConnected = true;
    this.events.onEvent({ kind: 'connected' });
    this.later();
  }

  private lost(): void {
    this.current = undefined;
    if (this.closed) return;
    this.isConnected = false;
    this.events.onEvent({ kind: 'disconnected' });
    this.trying?.destroy();
    this.trying = undefined;
    this.later();
  }

  private failed(host: HostAndPort, cause: Error | undefined, index: number, end: number): void {
    if (this.closed) return;
    if (index + 1 < end) return this.tryHost(index + 1, end);
    if (this.current === undefined && !this.reported) {
      this.reported = true;
      this.events.report(noService(host, this.hosts.length, cause));
    }
    this.later();
  }

  /** Without a service: again, soon. With one: whether there is a better one. */
  private later(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    if (this.current !== undefined) {
      if (this.index > 0) this.timer = setTimeout(() => this.tryHost(0, this.index), PREFER_MS);
    } else {
      this.timer = setTimeout(() => this.tryHost(0, this.hosts.length), this.retryMs);
      this.retryMs = Math.min(2 * this.retryMs, MAX_RETRY_MS);
    }
    this.timer?.unref();
  }
}

function noService({ host, port }: HostAndPort, hosts: number, cause: Error | undefined): ConsortError {
  const where = hosts === 1 ? `at ${host}:${port}` : `at any of ${hosts} addresses, the last of them ${host}:${port}`;
  const reason = cause?.message ?? 'the connection was closed';
  return new ConsortError(
    'ERR_GROUPD',
    `no membership service ${where}: ${reason}; run \`consort groupd\` there. Views stay as they are until one is found`,
    { cause, details: { host, port } },
  );
}

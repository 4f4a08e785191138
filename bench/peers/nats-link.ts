/** NATS by its text protocol over node:net: each side publishes on a subject of its own and subscribes to the other's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { NatsReader } from './nats-protocol.js';
import type { PeerPlace } from './peer-end.js';
import type { PeerLink } from './peer-link.js';
import { StreamBatch } from './stream-batch.js';

const OPTIONS = JSON.stringify({
  verbose: false,
  pedantic: false,
  echo: false,
  headers: false,
  lang: 'node',
  name: 'consort bench',
});

export async function openNatsLink({ host, port, channel }: PeerPlace, side: number): Promise<PeerLink> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  const link = new NatsLink(socket, `${channel}.${side}`);
  await link.subscribe(`${channel}.${1 - side}`);
  return link;
}

class NatsLink implements PeerLink {
  onMessage: (bytes: Uint8Array) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  private readonly batch: StreamBatch;
  private readonly heads = new Map<number, string>();
  private whenAnswered: () => void = () => {};

  constructor(
    private readonly socket: Socket,
    private readonly subject: string,
  ) {
    this.batch = new StreamBatch(socket);
    const reader = new NatsReader({
      onMessage: (payload) => this.onMessage(payload),
      onPing: () => socket.write('PONG\r\n'),
      onError: (what) => this.onFailure(new Error(`the NATS server says ${what}`)),
    });
    socket.on('data', (chunk) => {
      this.whenAnswered();
      reader.take(chunk);
    });
    socket.on('error', (error) => this.onFailure(error));
    socket.on('close', () => this.onFailure(new Error('the NATS server has closed the connection')));
  }

  /** Resolves when the server has it: what others publish from now on comes. */
  async subscribe(subject: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.whenAnswered = resolve;
    });
    this.socket.write(`CONNECT ${OPTIONS}\r\nSUB ${subject} 1\r\nPING\r\n`);
    await answered;
  }

  send(payload: Uint8Array): void {
    const { length } = payload;
    let head = this.heads.get(length);
    if (head === undefined) {
      head = `PUB ${this.subject} ${length}\r\n`;
      this.heads.set(length, head);
    }
    this.batch.add(head, payload, '\r\n');
  }

  flush(): void {
    this.batch.flush();
  }

  async close(): Promise<void> {
    this.onFailure = () => {};
    this.socket.destroy();
  }
}

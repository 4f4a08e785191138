/** Redis pub/sub by RESP over node:net. Who has subscribed may not publish, so each side has two connections. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { PeerPlace } from './peer-end.js';
import type { PeerLink } from './peer-link.js';
import { RespReader } from './resp-protocol.js';
import { StreamBatch } from './stream-batch.js';

export async function openRedisLink({ host, port, channel }: PeerPlace, side: number): Promise<PeerLink> {
  const [publishing, subscribed] = [0, 1].map(() => connect({ host, port, noDelay: true })) as [Socket, Socket];
  await Promise.all([once(publishing, 'connect'), once(subscribed, 'connect')]);
  const link = new RedisLink(publishing, subscribed, `${channel}.${side}`);
  await link.subscribe(`${channel}.${1 - side}`);
  return link;
}

class RedisLink implements PeerLink {
  onMessage: (bytes: Uint8Array) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  private readonly batch: StreamBatch;
  private readonly heads = new Map<number, string>();
  private whenSubscribed: () => void = () => {};

  constructor(
    private readonly publishing: Socket,
    private readonly subscribed: Socket,
    private readonly channel: string,
  ) {
    this.batch = new StreamBatch(publishing);
    for (const socket of [publishing, subscribed]) {
      const reader = new RespReader({
        onMessage: (payload) => this.onMessage(payload),
        onSubscribed: () => this.whenSubscribed(),
        onError: (what) => this.onFailure(new Error(`the Redis server says ${what}`)),
      });
      socket.on('data', (chunk) => reader.take(chunk));
      socket.on('error', (error) => this.onFailure(error));
      socket.on('close', () => this.onFailure(new Error('the Redis server has closed the connection')));
    }
  }

  async subscribe(channel: string): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.whenSubscribed = resolve;
    });
    this.subscribed.write(`*2\r\n$9\r\nSUBSCRIBE\r\n$${channel.length}\r\n${channel}\r\n`);
    await done;
  }

  send(payload: Uint8Array): void {
    const { length } = payload;
    let head = this.heads.get(length);
    if (head === undefined) {
      head = `*3\r\n$7\r\nPUBLISH\r\n$${this.channel.length}\r\n${this.channel}\r\n$${length}\r\n`;
      this.heads.set(length, head);
    }
    this.batch.add(head, payload, '\r\n');
  }

  flush(): void {
    this.batch.flush();
  }

  async close(): Promise<void> {
    this.onFailure = () => {};
    this.publishing.destroy();
    this.subscribed.destroy();
  }
}

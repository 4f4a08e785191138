/** ZeroMQ by the package `zeromq` of the project that runs the bench: each side has a publisher, and a subscriber to the other's. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { PeerPlace } from './peer-end.js';
import type { PeerLink } from './peer-link.js';

/** As much of the package as is used here. */
interface Socket extends AsyncIterable<readonly Uint8Array[]> {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  subscribe(...prefixes: string[]): void;
  send(message: Uint8Array): Promise<void>;
  close(): void;
  readonly lastEndpoint: string | null;
}

interface Package {
  readonly version: string;
  readonly Publisher: new (options: { sendHighWaterMark: number; linger: number }) => Socket;
  readonly Subscriber: new (options: { receiveHighWaterMark: number; linger: number }) => Socket;
}

/** @throws Error when there is no such package in the folder that the bench is run in, and none beside us */
export function loadZeromq(): Package {
  try {
    return createRequire(path.join(process.cwd(), 'package.json'))('zeromq') as Package;
  } catch {
    return createRequire(import.meta.url)('zeromq') as Package;
  }
}

/** The ports are next to each other. */
export async function openZeromqLink({ host, port, channel }: PeerPlace, side: number): Promise<PeerLink> {
  const { Publisher, Subscriber } = loadZeromq();
  const publisher = new Publisher({ sendHighWaterMark: 0, linger: 0 });
  const subscriber = new Subscriber({ receiveHighWaterMark: 0, linger: 0 });
  await publisher.bind(`tcp://${host}:${port + side}`);
  subscriber.connect(`tcp://${host}:${port + 1 - side}`);
  subscriber.subscribe('');
  const link = new ZeromqLink(publisher, subscriber, channel);
  await link.meet();
  return link;
}

const HELLO_MS = 20;

class ZeromqLink implements PeerLink {
  onMessage: (bytes: Uint8Array) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  /** What is to be sent; what was is taken off in one go. */
  private queue: Uint8Array[] = [];
  private isSending = false;
  private met: (() => void) | undefined;
  private closed = false;
  /** I am here; and: I have heard that you are. */
  private readonly hello: Uint8Array;
  private readonly heard: Uint8Array;

  constructor(
    private readonly publisher: Socket,
    private readonly subscriber: Socket,
    channel: string,
  ) {
    this.hello = new TextEncoder().encode(`${channel} hello`);
    this.heard = new TextEncoder().encode(`${channel} heard`);
    this.receive().catch((error: Error) => {
      if (!this.closed) this.onFailure(error);
    });
  }

  /** Publishers drop what they have no subscriber for: both say hello until the other says that it has heard it. */
  async meet(): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.met = resolve;
    });
    const timer = setInterval(() => this.say(this.hello), HELLO_MS);
    await heard;
    clearInterval(timer);
  }

  /** It sends one at a time, and keeps what it is given until then. */
  send(payload: Uint8Array): void {
    this.queue.push(payload.slice());
  }

  flush(): void {
    if (this.isSending) return;
    this.isSending = true;
    this.sendAll().catch((error: Error) => this.onFailure(error));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.publisher.close();
    this.subscriber.close();
  }

  private async sendAll(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      for (const payload of batch) await this.publisher.send(payload);
    }
    this.isSending = false;
  }

  private say(greeting: Uint8Array): void {
    this.queue.push(greeting);
    this.flush();
  }

  private async receive(): Promise<void> {
    for await (const [bytes] of this.subscriber) {
      if (bytes === undefined) continue;
      if (isSame(bytes, this.hello)) this.say(this.heard);
      else if (isSame(bytes, this.heard)) this.met?.();
      else this.onMessage(bytes);
    }
  }
}

function isSame(bytes: Uint8Array, greeting: Uint8Array): boolean {
  return bytes.length === greeting.length && Buffer.compare(bytes, greeting) === 0;
}

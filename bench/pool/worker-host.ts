/** A piscina pool with one worker thread for each member, and a message port to each. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';

export class WorkerHost {
  readonly ports: readonly MessagePort[];
  /** Rejects when a worker has died. */
  readonly failed: Promise<never>;
  private readonly pool: Piscina<MessagePort, never>;

  constructor(count: number) {
    this.pool = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      name: 'serve',
      minThreads: count,
      maxThreads: count,
      // A worker has one task for life: it must not sleep on anything but its event loop.
      atomics: 'disabled',
    });
    const channels = Array.from({ length: count }, () => new MessageChannel());
    this.ports = channels.map((channel) => channel.port1);
    this.failed = Promise.race(channels.map(({ port2 }) => this.pool.run(port2, { transferList: [port2] })));
    // Whoever waits for it hears of it; a pool that is destroyed has nobody left to tell.
    this.failed.catch(() => {});
  }

  async destroy(): Promise<void> {
    for (const port of this.ports) port.close();
    await this.pool.destroy();
  }
}

// The worker of thread mode `multi`: owns an endpoint's sockets, so that a busy event loop delays neither acknowledgements nor resends.
// Twin: native/io/io_thread.cc
//
// Sleep and wake. At the end of a turn the worker sets `asleep`, then looks once more for work; JavaScript publishes, then looks at
// `asleep` and posts WAKE if it is set. One of the two sees the other.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Slot, WORD_ASLEEP, WORD_LISTENING, WORD_PROGRESS } from './counters.js';
import { Endpoint } from './io-endpoint.js';
import { EndpointLoop } from './io-loop.js';
import { type Command, packError, READY, type Report, WAKE, type WorkerData } from './io-worker-messages.js';

/** Wanted streams, unattached datagrams and refusals posted that the event loop has not taken; more wait here, or are dropped. */
const MAX_UNTAKEN = 256;

class IoWorker {
  private readonly loop: EndpointLoop;
  private readonly slot: Slot;

  private constructor(
    private readonly port: MessagePort,
    private readonly endpoint: Endpoint,
    private readonly data: WorkerData,
    private readonly posted: { count: number },
  ) {
    this.loop = new EndpointLoop(endpoint, () => this.afterTurn());
    this.slot = new Slot(data.options.awake, 0);
  }

  static async open(port: MessagePort, data: WorkerData): Promise<void> {
    const posted = { count: 0 };
    let worker: IoWorker | undefined;
    const post = (report: Report) => data.reports.postMessage(report);
    try {
      const endpoint = await Endpoint.open(data.options, {
        onArrival: (bytes) => worker?.arrived(bytes),
        countUntaken: () => untaken(posted, data),
        onFailure: (error) => post({ type: 'failed', failure: packError(error) }),
      });
      worker = new IoWorker(port, endpoint, data, posted);
      port.on('message', (command: Command) => worker?.handle(command));
      post({ type: 'opened', address: endpoint.address, frameBytes: endpoint.frameBytes });
      worker.loop.turnSoon();
    } catch (error) {
      post({ type: 'refused', failure: packError(error as Error) });
    }
  }

  private arrived(bytes: number): void {
    this.slot.exchange(WORD_ASLEEP, 0);
    this.loop.arrived(bytes);
  }

  private handle(command: Command): void {
    if (command === WAKE) return this.loop.turn();
    this.apply(command);
    this.loop.turnSoon();
  }

  private apply(command: Exclude<Command, typeof WAKE>): void {
    const { endpoint } = this;
    switch (command.type) {
      case 'install':
        return endpoint.install(command.view, command.config, command.counters);
      case 'open': {
        const { outgoing, view, kind, rank, ring, slot } = command;
        return outgoing
          ? endpoint.openSend(view, kind, rank, ring, slot)
          : endpoint.openReceive(view, kind, rank, ring, slot);
      }
      case 'watch':
        return endpoint.watch(command.view, command.ranks, command.intervalMs);
      case 'exclude':
        return endpoint.exclude(command.view, command.rank);
      case 'holder':
        return endpoint.setHolder(command.view, command.origin, command.holder, command.upTo);
      case 'stop':
        return endpoint.stopAt(command.view, command.origin, command.cut);
      case 'retire':
        endpoint.retire(command.view);
        return this.post({ type: 'released', view: command.view });
      case 'unattached':
        return endpoint.sendUnattached(command.to, command.bytes);
      case 'close':
        this.close();
    }
  }

  /** With port and sockets closed nothing keeps the worker alive. */
  private close(): void {
    this.loop.stop();
    this.endpoint.readStats(this.data.stats);
    this.port.close();
    this.data.reports.close();
    this.endpoint.close().catch((error: unknown) => {
      throw error;
    });
  }

  private afterTurn(): void {
    this.report();
    if (this.loop.isTurnDue) return;
    this.slot.exchange(WORD_ASLEEP, 1);
    // What JavaScript published before it could see the flag.
    this.loop.step();
    this.report();
    if (this.loop.isTurnDue) this.slot.exchange(WORD_ASLEEP, 0);
  }

  private report(): void {
    this.endpoint.readStats(this.data.stats);
    if (this.endpoint.hasCalls) this.postCalls();
    if (!this.endpoint.takeNews()) return;
    this.slot.increment(WORD_PROGRESS);
    if (this.slot.exchange(WORD_LISTENING, 0) !== 0) this.post(READY);
  }

  private postCalls(): void {
    while (untaken(this.posted, this.data) < MAX_UNTAKEN) {
      const call = this.takeCall();
      if (call === undefined) return;
      this.post(call);
      this.posted.count++;
    }
  }

  private takeCall(): Report | undefined {
    const stream = this.endpoint.takeWanted();
    if (stream !== undefined) return { type: 'wanted', stream };
    const datagram = this.endpoint.takeUnattached();
    if (datagram !== undefined) return { type: 'unattached', datagram };
    const address = this.endpoint.takeRefused();
    return address === undefined ? undefined : { type: 'nobody', address };
  }

  private post(report: Report): void {
    this.data.reports.postMessage(report);
  }
}

function untaken(posted: { count: number }, data: WorkerData): number {
  return (posted.count - Atomics.load(data.taken, 0)) | 0;
}

await IoWorker.open(parentPort as MessagePort, workerData as WorkerData);

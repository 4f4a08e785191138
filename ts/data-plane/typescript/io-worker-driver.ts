// Thread mode `multi` as the event loop sees it: commands go to the worker by message, everything else through shared memory.
import { isIP } from 'node:net';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Address, DriverEvents, DriverOptions, PlaneDriver, StreamKind, ViewConfig } from '../data-plane.js';
import { SLOT_WORDS, Slot, WORD_ASLEEP, WORD_FROM_PLANE } from './counters.js';
import { STATS_LENGTH, statsOf } from './io-endpoint.js';
import { ViewBook } from './io-views.js';
import { type Command, type Report, unpackError, WAKE, type WorkerData } from './io-worker-messages.js';
import type { PlaneStats } from './stats.js';

/** A worker that does not end by itself within this many milliseconds is ended. */
const CLOSE_TIMEOUT_MS = 2_000;

export class WorkerDriver implements PlaneDriver {
  readonly mode = 'ts';
  readonly needsSharedRings = true;
  readonly address: Address;
  readonly frameBytes: number;
  private readonly book: ViewBook;
  private readonly slot: Slot;
  private readonly ended: Promise<void>;
  private readonly fail: (error: Error) => void;
  /** Retired views of which the worker has not said yet that it touches their rings no more: whom to tell. */
  private readonly releases = new Map<number, () => void>();
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly reports: MessagePort,
    private readonly data: Omit<WorkerData, 'reports'>,
    private readonly events: DriverEvents,
    opened: { readonly address: Address; readonly frameBytes: number },
  ) {
    this.address = opened.address;
    this.frameBytes = opened.frameBytes;
    this.book = new ViewBook(isIP(opened.address.host));
    this.slot = new Slot(data.options.awake, 0);
    let failed = false;
    this.fail = (error) => {
      if (this.closing === undefined && !failed) events.onFailure(error);
      failed = true;
    };
    reports.on('message', (report: Report) => this.handle(report));
    worker.on('error', this.fail);
    this.ended = new Promise((resolve) => {
      worker.on('exit', (code) => {
        // Why it has ended comes by another port.
        this.takeCalls();
        this.fail(new Error(`the I/O worker has ended, with code ${code}`));
        reports.close();
        resolve();
      });
    });
  }

  static async open(options: DriverOptions, events: DriverEvents): Promise<WorkerDriver> {
    const data = {
      options,
      stats: new Float64Array(new SharedArrayBuffer(STATS_LENGTH * Float64Array.BYTES_PER_ELEMENT)),
      taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    };
    const { port1: reports, port2 } = new MessageChannel();
    const worker = new Worker(new URL('./io-worker.js', import.meta.url), {
      workerData: { ...data, reports: port2 } satisfies WorkerData,
      transferList: [port2],
      name: 'consort-io',
    });
    const report = await firstReport(worker, reports);
    if (typeof report === 'object' && report.type === 'opened')
      return new WorkerDriver(worker, reports, data, events, report);
    reports.close();
    await worker.terminate();
    throw typeof report === 'object' && report.type === 'refused'
      ? unpackError(report.failure)
      : new Error('the I/O worker failed');
  }

  install(view: number, config: ViewConfig, counters: Int32Array): void {
    this.assertOpen();
    this.book.install(view, config, counters);
    this.post({ type: 'install', view, config, counters });
  }

  openSend(view: number, kind: StreamKind, to: number, ring: Uint8Array, slot: number): void {
    this.open(view, kind, to, true, ring, slot);
    // What SendStream will say: a writer need not wait for the worker to say it.
    new Slot(this.book.countersOf(view), slot * SLOT_WORDS).store(WORD_FROM_PLANE, ring.length);
  }

  openReceive(view: number, kind: StreamKind, origin: number, ring: Uint8Array, slot: number): void {
    this.open(view, kind, origin, false, ring, slot);
  }

  watch(view: number, ranks: readonly number[], intervalMs: number): void {
    this.assertOpen();
    this.post({ type: 'watch', view, ranks: [...ranks], intervalMs });
  }

  exclude(view: number, rank: number): void {
    this.assertOpen();
    this.post({ type: 'exclude', view, rank });
  }

  setHolder(view: number, origin: number, holder: number, upTo: number): void {
    this.assertOpen();
    this.post({ type: 'holder', view, origin, holder, upTo });
  }

  stopAt(view: number, origin: number, cut: number): void {
    this.assertOpen();
    this.post({ type: 'stop', view, origin, cut });
  }

  retire(view: number, onReleased: () => void): void {
    this.assertOpen();
    this.book.retire(view);
    this.releases.set(view, onReleased);
    this.post({ type: 'retire', view });
  }

  flush(): void {
    if (this.closing === undefined && this.slot.exchange(WORD_ASLEEP, 0) !== 0) this.post(WAKE);
  }

  sendUnattached(to: Address, bytes: Uint8Array): void {
    if (this.closing !== undefined || !this.book.canReach(to)) return;
    // A view would take the whole of its buffer along.
    this.post({ type: 'unattached', to, bytes: new Uint8Array(bytes) });
  }

  /** What the event loop would bring. */
  takeCalls(): void {
    for (let next = receiveMessageOnPort(this.reports); next !== undefined; next = receiveMessageOnPort(this.reports)) {
      this.handle(next.message as Report);
    }
  }

  /** As of the worker's last turn. */
  stats(): PlaneStats {
    return statsOf(this.data.stats);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.post({ type: 'close' });
    const timer = setTimeout(() => this.worker.terminate(), CLOSE_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private open(view: number, kind: StreamKind, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): void {
    this.assertOpen();
    if (!(ring.buffer instanceof SharedArrayBuffer)) throw new TypeError('rings must be shared memory');
    this.book.open(view, kind, rank, outgoing, ring, slot);
    this.post({ type: 'open', outgoing, view, kind, rank, ring, slot });
  }

  private handle(report: Report): void {
    if (this.closing !== undefined) return;
    if (typeof report === 'number') return this.events.onReady();
    if (report.type === 'failed') return this.fail(unpackError(report.failure));
    if (report.type === 'released') return this.release(report.view);
    Atomics.add(this.data.taken, 0, 1);
    if (report.type === 'wanted') this.events.onWanted(report.stream.view, report.stream.origin, report.stream.kind);
    if (report.type === 'nobody') this.events.onRefused(report.address);
    if (report.type === 'unattached') this.events.onUnattached(report.datagram.from, report.datagram.bytes);
  }

  private release(view: number): void {
    const onReleased = this.releases.get(view);
    this.releases.delete(view);
    onReleased?.();
  }

  private post(command: Command): void {
    this.worker.postMessage(command);
  }

  private assertOpen(): void {
    if (this.closing !== undefined) throw new TypeError('the plane is closed');
  }
}

function firstReport(worker: Worker, reports: MessagePort): Promise<Report> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      reports.off('message', onMessage);
      worker.off('error', onError);
    };
    const onMessage = (report: Report) => {
      settle();
      resolve(report);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    reports.on('message', onMessage);
    worker.on('error', onError);
  });
}

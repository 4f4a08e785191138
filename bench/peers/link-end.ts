/**
 * An end whose messages go through a link in JavaScript. Brokers and publishers drop what a slow receiver does not take, so the receiver tells how
 * far it has come, and no more than a window is under way: what anyone would have to add who must not lose anything.
 */
import { Message } from '../../ts/base/message.js';
import { ArrivalLog } from '../roles/arrival-log.js';
import { type Amount, type Caster, CastPump, type Sent } from '../roles/cast-pump.js';
import { cpuTime } from '../roles/cpu-time.js';
import type { LatencyMeasure, LatencyReport } from '../roles/latency-role.js';
import { machineOffsetMs } from '../roles/machine-clock.js';
import { Pinger } from '../roles/pinger.js';
import { Pattern } from '../verify/pattern.js';
import { Tally, type TallyReport } from '../verify/tally.js';
import type { PeerArm, PeerEnd } from './peer-end.js';
import type { PeerLink } from './peer-link.js';

/** Under way at most; and messages at least and at most. */
const WINDOW_BYTES = 4 * 2 ** 20;
const MIN_WINDOW = 16;
const MAX_WINDOW = 16_384;
/** The receiver tells after each such part of a window. */
const PARTS = 8;
const TOLD_BYTES = 8;

interface Phase {
  readonly pattern: Pattern;
  readonly number: number;
  readonly window: number;
  readonly tally: Tally;
  readonly ended: Promise<void>;
  /** Sender: messages sent, and those of which the receiver has told. Receiver: messages received. */
  count: number;
  told: number;
}

export class LinkEnd implements PeerEnd {
  private phase: Phase | undefined;
  private failure: Error | undefined;
  private fail: (error: Error) => void = () => {};
  private readonly message = new Message();
  private readonly arrivals = new ArrivalLog();

  constructor(
    private readonly link: PeerLink,
    private readonly side: number,
  ) {
    link.onMessage = side === 0 ? () => {} : (bytes) => this.takeMessage(bytes);
    link.onFailure = (error) => {
      this.failure ??= error;
      this.fail(error);
    };
  }

  async arm({ phase, sizeBytes, seed }: PeerArm): Promise<void> {
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
    const window = Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, Math.floor(WINDOW_BYTES / sizeBytes)));
    this.phase = { pattern, number: phase, window, tally, ended, count: 0, told: 0 };
  }

  send(amount: Amount): Promise<Sent> {
    const { link } = this;
    const phase = this.armed();
    let scheduled = false;
    const flush = () => {
      scheduled = false;
      link.flush();
    };
    const caster: Caster = {
      cast: (payload) => {
        link.send(payload);
        phase.count++;
        if (scheduled) return;
        scheduled = true;
        queueMicrotask(flush);
      },
      get writableNeedDrain() {
        return phase.count - phase.told >= phase.window;
      },
    };
    const pump = new CastPump(caster, phase.pattern, phase.number);
    link.onMessage = (bytes) => {
      phase.told = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true);
      pump.resume();
    };
    return this.orFailure(pump.run(amount));
  }

  async receive(): Promise<TallyReport> {
    const { ended, tally } = this.armed();
    await this.orFailure(ended);
    return tally.report();
  }

  async echo(): Promise<void> {
    this.link.onMessage = (bytes) => {
      this.arrivals.note();
      this.link.send(bytes);
      this.link.flush();
    };
  }

  async ping({ ratePerSecond, milliseconds }: LatencyMeasure, sizeBytes: number): Promise<LatencyReport> {
    const { link } = this;
    const pinger = new Pinger(sizeBytes, (payload) => {
      link.send(payload);
      link.flush();
    });
    link.onMessage = (bytes) => pinger.take(bytes);
    const before = cpuTime();
    const offsetMs = machineOffsetMs();
    const measured =
      ratePerSecond === undefined ? pinger.pingPong(milliseconds) : pinger.atRate(milliseconds, ratePerSecond);
    const roundTripsNanos = await this.orFailure(measured);
    return { roundTripsNanos, intendedMs: pinger.intendedMs.map((ms) => ms + offsetMs), cpu: cpuTime(before) };
  }

  async takeArrivals(): Promise<Float64Array> {
    return this.arrivals.take();
  }

  async extraCpuSeconds(): Promise<number> {
    return 0;
  }

  close(): Promise<void> {
    return this.link.close();
  }

  /** Runs for each message. */
  private takeMessage(bytes: Uint8Array): void {
    const phase = this.armed();
    const { message, link } = this;
    message.buffer = bytes;
    message.offset = 0;
    message.length = bytes.length;
    phase.tally.take(message);
    if (++phase.count % (phase.window / PARTS) >= 1) return;
    const told = new Uint8Array(TOLD_BYTES);
    new DataView(told.buffer).setFloat64(0, phase.count, true);
    link.send(told);
    link.flush();
  }

  private armed(): Phase {
    if (this.phase === undefined) throw new Error(`side ${this.side} has no phase`);
    return this.phase;
  }

  private orFailure<T>(promise: Promise<T>): Promise<T> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.fail = reject;
      promise.then(resolve, reject);
    });
  }
}

/**
 * Writes of one replica, in order and one at a time: what is asked for while one is under way goes together into the next. So one fsync of the disk is
 * for all transactions that came during the one before (group commit).
 *
 * What nobody waits for is written later: with the next write that somebody does wait for, or when enough of it has come together. A write of its own
 * would wake another thread and come back from there, which costs more than all that one commit has to write.
 */
import type { Environment, Timer } from '../stack/environment.js';
import type { Database, Operation } from './database.js';
import type { StoreLimits } from './limits.js';

export type PipelineLimits = Pick<StoreLimits, 'applyBytes' | 'gatherBytes' | 'gatherMs' | 'writeTimeoutMs'>;

export interface PipelineEvents {
  /** A write is done, whatever it was: there is room for more. */
  onWritten(): void;
  onFailed(error: Error): void;
}

/** What is made only when it is written, where nobody waits for it. */
export type Operations = readonly Operation[] | (() => readonly Operation[]);

export class WritePipeline {
  private operations: Operations[] = [];
  private callbacks: (() => void)[] = [];
  private durable = false;
  /** Somebody waits for something of what waits to be written. */
  private urgent = false;
  private bytes = 0;
  private busy = false;
  private scheduled = false;
  /** When the one that is under way began. */
  private beganMs = 0;
  /** Looks now and then whether that was too long ago; there is one at most, since to set one for each write costs more than a small write does. */
  private timer: Timer | undefined;
  private gathering: Timer | undefined;
  private idle: (() => void)[] = [];
  private failed = false;

  constructor(
    private readonly database: Database,
    private readonly environment: Environment,
    private readonly limits: PipelineLimits,
    private readonly events: PipelineEvents,
  ) {}

  /** `done` when it is written, and for a durable one also on the disk; never when the database fails. */
  write(operations: readonly Operation[], durable: boolean, done: () => void): void {
    this.add(operations, bytesOf(operations), done);
    this.durable ||= durable;
    this.urgent = true;
    this.schedule();
  }

  /** As `write`, and it has time. `bytes`: of the operations, about. */
  writeLater(operations: Operations, bytes: number, done: () => void): void {
    this.add(operations, bytes, done);
    if (this.hasGathered) this.schedule();
    else this.gather();
  }

  /** Writes what waits, as soon as it can, whether somebody had waited for it or not. */
  hurry(): void {
    this.urgent = true;
    if (!this.busy) this.next();
  }

  /** What waits to be written. Bytes. */
  get waitingBytes(): number {
    return this.bytes;
  }

  get isBusy(): boolean {
    return this.busy || this.callbacks.length > 0;
  }

  /** When all that was asked for is done. */
  whenIdle(callback: () => void): void {
    if (!this.isBusy || this.failed) return callback();
    this.idle.push(callback);
    this.schedule();
  }

  /** Nothing is called any more. */
  stop(): void {
    this.failed = true;
    this.timer?.cancel();
    this.gathering?.cancel();
    for (const callback of this.idle.splice(0)) callback();
  }

  private add(operations: Operations, bytes: number, done: () => void): void {
    if (this.failed) return;
    this.operations.push(operations);
    this.callbacks.push(done);
    this.bytes += bytes;
  }

  private get hasGathered(): boolean {
    // Who waits for room waits for this.
    return this.bytes >= Math.min(this.limits.gatherBytes, this.limits.applyBytes);
  }

  private gather(): void {
    if (this.failed) return;
    this.gathering ??= this.environment.setTimer(this.limits.gatherMs, () => {
      this.gathering = undefined;
      this.hurry();
    });
  }

  /** Soon, not now: what else comes at this moment goes into the same write. */
  private schedule(): void {
    if (this.busy || this.scheduled) return;
    this.scheduled = true;
    this.environment.defer(() => {
      this.scheduled = false;
      if (!this.busy) this.next();
    });
  }

  private next(): void {
    if (this.failed || this.callbacks.length === 0) return;
    const { operations, callbacks, durable } = this;
    this.operations = [];
    this.callbacks = [];
    this.durable = this.urgent = false;
    this.bytes = 0;
    this.busy = true;
    this.beganMs = this.environment.now();
    this.timer ??= this.environment.setTimer(this.limits.writeTimeoutMs, this.look);
    const all = operations.flatMap((part) => (typeof part === 'function' ? part() : part));
    this.database.write(all, durable, (error) => {
      if (this.failed) return;
      if (error !== undefined) return this.fail(error);
      this.busy = false;
      for (const callback of callbacks) callback();
      this.events.onWritten();
      if (!this.isBusy) for (const callback of this.idle.splice(0)) callback();
      // What was asked for meanwhile goes into one write with what the callbacks have asked for.
      const isDue = this.urgent || this.idle.length > 0 || this.hasGathered;
      if (isDue && !this.busy) this.next();
    });
  }

  private readonly look = (): void => {
    this.timer = undefined;
    if (!this.busy) return;
    const { beganMs } = this;
    const { writeTimeoutMs } = this.limits;
    const leftMs = beganMs + writeTimeoutMs - this.environment.now();
    if (leftMs > 0) {
      this.timer = this.environment.setTimer(leftMs, this.look);
      return;
    }
    // Where this process was held up itself, it may be done long since.
    this.environment.defer(() => {
      if (!this.failed && this.busy && this.beganMs === beganMs)
        this.fail(new Error(`a write was not done after ${writeTimeoutMs} ms`));
    });
  };

  private fail(error: Error): void {
    this.stop();
    this.events.onFailed(error);
  }
}

function bytesOf(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.type === 'put') bytes += operation.key.length + operation.value.length;
  }
  return bytes;
}

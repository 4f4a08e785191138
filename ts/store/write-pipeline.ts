/**
 * Writes of one replica, in order and one at a time: what is asked for while one is under way goes together into the next. So one fsync of the disk is
 * for all transactions that came during the one before (group commit).
 */
import type { Environment, Timer } from '../stack/environment.js';
import type { Database, Operation } from './database.js';

export interface PipelineEvents {
  /** A write is done, whatever it was: there is room for more. */
  onWritten(): void;
  onFailed(error: Error): void;
}

export class WritePipeline {
  private operations: Operation[] = [];
  private callbacks: (() => void)[] = [];
  private durable = false;
  private bytes = 0;
  private busy = false;
  private scheduled = false;
  private timer: Timer | undefined;
  private idle: (() => void)[] = [];
  private failed = false;

  constructor(
    private readonly database: Database,
    private readonly environment: Environment,
    private readonly timeoutMs: number,
    private readonly events: PipelineEvents,
  ) {}

  /** `done` when it is written, and for a durable one also on the disk; never when the database fails. */
  write(operations: readonly Operation[], durable: boolean, done: () => void): void {
    if (this.failed) return;
    for (const operation of operations) {
      this.operations.push(operation);
      if (operation.type === 'put') this.bytes += operation.key.length + operation.value.length;
    }
    this.callbacks.push(done);
    this.durable ||= durable;
    this.schedule();
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
    if (this.isBusy && !this.failed) this.idle.push(callback);
    else callback();
  }

  /** Nothing is called any more. */
  stop(): void {
    this.failed = true;
    this.timer?.cancel();
    for (const callback of this.idle.splice(0)) callback();
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
    this.durable = false;
    this.bytes = 0;
    this.busy = true;
    this.timer = this.environment.setTimer(this.timeoutMs, () =>
      this.fail(new Error(`a write was not done after ${this.timeoutMs} ms`)),
    );
    this.database.write(operations, durable, (error) => {
      if (this.failed) return;
      this.timer?.cancel();
      if (error !== undefined) return this.fail(error);
      this.busy = false;
      // What the callbacks ask for goes into one write together with what waits.
      this.schedule();
      for (const callback of callbacks) callback();
      this.events.onWritten();
      if (!this.isBusy) for (const callback of this.idle.splice(0)) callback();
    });
  }

  private fail(error: Error): void {
    this.stop();
    this.events.onFailed(error);
  }
}

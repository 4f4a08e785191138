/** Control records on their way out: those that flow control has no room for wait, in order, for each stream. */
import type { RecordWriter } from '../data-plane/record-writer.js';

interface Waiting {
  readonly record: Uint8Array;
  readonly kind: number;
  /** Bytes that were written as parts. */
  done: number;
}

export class ControlOutbox {
  private readonly queues = new Map<RecordWriter, Waiting[]>();
  /** How many wait: nearly always none, and each batch asks. */
  private waiting = 0;

  post(writer: RecordWriter, kind: number, record: Uint8Array): void {
    let queue = this.queues.get(writer);
    if (queue === undefined) {
      queue = [];
      this.queues.set(writer, queue);
    }
    queue.push({ record, kind, done: 0 });
    this.waiting++;
    this.drainQueue(writer, queue);
  }

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** Writes what there is room for now. Returns whether it wrote anything. */
  drain(): boolean {
    if (this.waiting === 0) return false;
    let any = false;
    for (const [writer, queue] of this.queues) any = this.drainQueue(writer, queue) || any;
    return any;
  }

  private drainQueue(writer: RecordWriter, queue: Waiting[]): boolean {
    let any = false;
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const before = first.done;
      const whole = this.write(writer, first);
      any ||= whole || first.done > before;
      if (!whole) break;
      queue.shift();
      this.waiting--;
    }
    return any;
  }

  private write(writer: RecordWriter, waiting: Waiting): boolean {
    const { record, kind } = waiting;
    if (record.length <= writer.maxPart) return writer.write(record, kind);
    waiting.done = writer.writeParts(record, waiting.done, kind);
    return waiting.done === record.length;
  }
}

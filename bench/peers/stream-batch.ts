/** Puts small writes to a socket together, 64 KiB at a time: what each client of a text protocol has to do to be fast. */
import type { Socket } from 'node:net';

const BATCH_BYTES = 64 * 1024;

export class StreamBatch {
  private batch = Buffer.allocUnsafe(BATCH_BYTES);
  private filled = 0;

  constructor(private readonly socket: Socket) {}

  /** Head and tail are ASCII. */
  add(head: string, payload: Uint8Array, tail: string): void {
    const bytes = head.length + payload.length + tail.length;
    if (this.filled + bytes > this.batch.length) this.flush();
    if (bytes > this.batch.length) this.batch = Buffer.allocUnsafe(bytes);
    let at = this.filled;
    at += this.batch.write(head, at, 'latin1');
    this.batch.set(payload, at);
    at += payload.length;
    at += this.batch.write(tail, at, 'latin1');
    this.filled = at;
  }

  flush(): void {
    if (this.filled === 0) return;
    // The socket has it until it is written: the next batch has memory of its own.
    this.socket.write(this.batch.subarray(0, this.filled));
    this.batch = Buffer.allocUnsafe(BATCH_BYTES);
    this.filled = 0;
  }
}

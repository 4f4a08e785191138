/** Writes messages with a length before them into a socket, 64 KiB at a time, as fast as it takes them. */
import type { Socket } from 'node:net';
import { encodeMarker } from '../verify/end-marker.js';
import { CHECK_INTERVAL, mixSent, type Pattern } from '../verify/pattern.js';
import type { Amount, Sent } from './cast-pump.js';

const PREFIX_BYTES = 4;
const BATCH_BYTES = 64 * 1024;
/** Up to here copying byte by byte beats TypedArray.set. */
const SMALL_BYTES = 32;

export class BatchWriter {
  private messages = 0;
  private hash = 0;
  private readonly payload: Uint8Array;
  private readonly batchBytes: number;
  /** Batches that the socket is done with. */
  private readonly free: Uint8Array[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly pattern: Pattern,
    private readonly phase: number,
  ) {
    this.payload = new Uint8Array(pattern.sizeBytes);
    this.batchBytes = Math.max(BATCH_BYTES, pattern.sizeBytes + PREFIX_BYTES);
  }

  /** Resolves when the time is over, or so many are sent, and everything is written, the end marker too. */
  run({ milliseconds = Number.POSITIVE_INFINITY, messages: most = Number.POSITIVE_INFINITY }: Amount): Promise<Sent> {
    const { socket } = this;
    const endMs = performance.now() + milliseconds;
    return new Promise((resolve, reject) => {
      const pump = () => {
        while (this.messages < most && (performance.now() < endMs || this.messages < 2)) {
          const batch = this.free.pop() ?? new Uint8Array(this.batchBytes);
          const filled = this.fill(batch, most);
          if (socket.write(batch.subarray(0, filled), () => this.free.push(batch))) continue;
          socket.once('drain', pump);
          return;
        }
        socket.off('error', reject);
        this.writeMarker();
        resolve({ messages: this.messages, hash: this.hash });
      };
      socket.on('error', reject);
      pump();
    });
  }

  private fill(batch: Uint8Array, most: number): number {
    const { payload } = this;
    const { length } = payload;
    let { messages, hash } = this;
    let at = 0;
    while (at + PREFIX_BYTES + length <= batch.length && messages < most) {
      if ((messages & (CHECK_INTERVAL - 1)) === 0) this.pattern.fill(payload, messages);
      payload[length - 1] = messages >>> 8;
      payload[0] = messages;
      hash = mixSent(hash, messages, length);
      messages++;
      at = putLength(batch, at, length);
      if (length <= SMALL_BYTES) for (let i = 0; i < length; i++) batch[at + i] = payload[i] as number;
      else batch.set(payload, at);
      at += length;
    }
    this.messages = messages;
    this.hash = hash;
    return at;
  }

  private writeMarker(): void {
    const { messages, hash, phase } = this;
    const marker = encodeMarker({ phase, count: messages, hash }, this.pattern.sizeBytes);
    const bytes = new Uint8Array(PREFIX_BYTES + marker.length);
    bytes.set(marker, putLength(bytes, 0, marker.length));
    this.socket.write(bytes);
  }
}

function putLength(bytes: Uint8Array, at: number, length: number): number {
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
  return at + PREFIX_BYTES;
}

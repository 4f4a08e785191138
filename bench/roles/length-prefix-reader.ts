/** Finds messages in a TCP stream: `length 4 | payload | length 4 | ...`, little-endian. */
import { Message } from '../../ts/index.js';

const PREFIX_BYTES = 4;
const READ_BYTES = 64 * 1024;

export class LengthPrefixReader {
  private readonly buffer: Uint8Array;
  private readonly message = new Message();
  /** What was read and not handled yet lies from start to end. */
  private start = 0;
  private end = 0;

  /** @param onMessage gets each message; it is valid only during the call */
  constructor(
    maxMessageBytes: number,
    private readonly onMessage: (message: Message) => void,
  ) {
    this.buffer = new Uint8Array(Math.max(8 * READ_BYTES, 4 * (maxMessageBytes + PREFIX_BYTES)));
    this.message.buffer = this.buffer;
  }

  /** Where the next bytes are to be read to. */
  space(): Uint8Array {
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
    } else if (this.buffer.length - this.end < READ_BYTES) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    return this.buffer.subarray(this.end);
  }

  /** `count` bytes were read. */
  take(count: number): void {
    const { buffer, message } = this;
    const end = this.end + count;
    let { start } = this;
    while (end - start >= PREFIX_BYTES) {
      const length =
        (buffer[start] as number) |
        ((buffer[start + 1] as number) << 8) |
        ((buffer[start + 2] as number) << 16) |
        ((buffer[start + 3] as number) << 24);
      const next = start + PREFIX_BYTES + length;
      if (next > end) break;
      message.offset = start + PREFIX_BYTES;
      message.length = length;
      this.onMessage(message);
      start = next;
    }
    this.start = start;
    this.end = end;
  }
}

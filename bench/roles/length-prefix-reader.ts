/** Finds messages in a TCP stream: `length 4 | payload | length 4 | ...`, little-endian. */
import { Message } from '../../ts/index.js';

const PREFIX_BYTES = 4;

export class LengthPrefixReader {
  private readonly message = new Message();
  /** The beginning of a message whose end has not come. */
  private rest: Uint8Array | undefined;

  /** @param onMessage gets each message; it is valid only during the call */
  constructor(private readonly onMessage: (message: Message) => void) {}

  /** Takes what a 'data' event brings. */
  take(chunk: Uint8Array): void {
    const buffer = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    const { message } = this;
    const end = buffer.length;
    let start = 0;
    message.buffer = buffer;
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
    this.rest = start === end ? undefined : buffer.subarray(start);
  }
}

/**
 * What a handler gets: a reader over the bytes of one message where they arrived, in the receiver's ring. One Message object
 * is used again for each delivery, and what it shows is valid **only during the callback**: `bytes()` is a view of the ring, `copy()` keeps.
 *
 * Source: `Maestro_Message` of the seed documents; read-only here.
 */
export class Message {
  /** The memory that holds the message; its bytes are at `offset`, `length` of them. For the fastest reading of single bytes. */
  buffer: Uint8Array = EMPTY;
  /** Where in `buffer` the message begins, in bytes. */
  offset = 0;
  /** How many bytes the message has. */
  length = 0;

  /** A message over `bytes`, which must not change while it is in use. */
  static of(bytes: Uint8Array): Message {
    const message = new Message();
    message.buffer = bytes;
    message.length = bytes.length;
    return message;
  }

  /** The byte at `index`, 0 to length - 1. Outside of that the result means nothing: check `length` first. */
  at(index: number): number {
    return this.buffer[this.offset + index] as number;
  }

  /** A view of the message, without a copy; valid only during the callback. */
  bytes(): Uint8Array {
    return this.buffer.subarray(this.offset, this.offset + this.length);
  }

  /** A copy of the message that stays. */
  copy(): Uint8Array {
    return this.buffer.slice(this.offset, this.offset + this.length);
  }

  /** The message as text in UTF-8. */
  text(): string {
    return decoder.decode(this.copy());
  }
}

const EMPTY = new Uint8Array(0);
// TextDecoder refuses views of shared memory: text() decodes a copy.
const decoder = new TextDecoder();

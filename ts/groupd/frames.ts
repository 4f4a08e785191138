/**
 * Messages in a stream of bytes (TCP), the same in both directions:
 *
 *   preamble: magic 4 | version 1 | 0 0 0      once, first
 *   frame:    length 4 | message               again and again; length of the message, little-endian
 *
 * The preamble tells each side that the other is what it takes it for. The bounds are for who sends what nobody should: a length is looked at
 * before anything of it is kept.
 */
import { ByteWriter, MalformedError } from '../stack/codec.js';

/** 'CnGd' */
const MAGIC = [0x43, 0x6e, 0x47, 0x64] as const;
export const GROUPD_VERSION = 1;
const PREAMBLE_BYTES = 8;
const LENGTH_BYTES = 4;

/** The other end is a service or a member, of another version. */
export class OtherVersionError extends MalformedError {
  constructor(readonly version: number) {
    super(`it speaks version ${version} of the protocol, this one ${GROUPD_VERSION}`);
  }
}

export function preamble(): Uint8Array {
  return Uint8Array.of(...MAGIC, GROUPD_VERSION, 0, 0, 0);
}

export function frame(message: Uint8Array): Uint8Array {
  return new ByteWriter().block(message).finish();
}

export class FrameReader {
  /** The preamble has come. */
  isOpen = false;
  /** Parts of what is not whole yet, and how many bytes they are: joined once, when all is there. */
  private parts: Uint8Array[] = [];
  private length = 0;

  /** @param maxBytes of one message; may grow when it is known who is there */
  constructor(public maxBytes: number) {}

  /** The messages that these bytes complete. @throws MalformedError: then nothing that follows can be read */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    this.parts.push(bytes);
    this.length += bytes.length;
    if (!this.isOpen) {
      if (this.length < PREAMBLE_BYTES) return;
      checkPreamble(this.take(PREAMBLE_BYTES));
      this.isOpen = true;
    }
    while (this.length >= LENGTH_BYTES) {
      const length = new DataView(this.peek(LENGTH_BYTES).buffer).getUint32(0, true);
      if (length > this.maxBytes) throw new MalformedError(`a message of ${length} bytes`);
      if (this.length < LENGTH_BYTES + length) return;
      yield this.take(LENGTH_BYTES + length).subarray(LENGTH_BYTES);
    }
  }

  /** A copy of the first bytes, of which there are enough. */
  private peek(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const part of this.parts) {
      if (at === count) break;
      const some = part.subarray(0, count - at);
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }

  private take(count: number): Uint8Array {
    const bytes = this.peek(count);
    let left = count;
    while (left > 0) {
      const part = this.parts[0] as Uint8Array;
      if (part.length > left) this.parts[0] = part.subarray(left);
      else this.parts.shift();
      left -= Math.min(left, part.length);
    }
    this.length -= count;
    return bytes;
  }
}

function checkPreamble(bytes: Uint8Array): void {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) throw new MalformedError('no groupd is at the other end');
  const version = bytes[MAGIC.length] as number;
  if (version !== GROUPD_VERSION) throw new OtherVersionError(version);
}

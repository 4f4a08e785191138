// Frames by hand.
import { crc32c } from '../../../../ts/data-plane/typescript/crc32c.js';
import {
  FLAG_CHECKED,
  type FrameHeader,
  HEADER_BYTES,
  newHeader,
  PartType,
  type StreamKind,
  TRAILER_BYTES,
  writeData,
  writeHeader,
  writeHeartbeat,
  writeNak,
  writeNakDone,
  writeProbe,
  writeStatus,
  writeTrailer,
} from '../../../../ts/data-plane/typescript/frame.js';
import { MAX_FRAME_BYTES } from '../../../../ts/data-plane/typescript/limits.js';

export class FrameBuilder {
  private readonly space = new Uint8Array(MAX_FRAME_BYTES);
  private readonly header: FrameHeader;
  private length = HEADER_BYTES;

  constructor(header: Partial<FrameHeader> = {}) {
    this.header = { ...newHeader(), ...header };
    writeHeader(this.space, 0, this.header);
  }

  data(stream: StreamKind, origin: number, position: number, payload: Uint8Array): this {
    this.length += writeData(this.space, this.length, stream, origin, payload.length, position);
    return this.raw(payload);
  }

  nak(stream: StreamKind, origin: number, serial: number, ranges: readonly (readonly [number, number])[]): this {
    const flat = Float64Array.from(ranges.flat());
    this.length += writeNak(this.space, this.length, stream, origin, serial, flat, ranges.length);
    return this;
  }

  /** `stable`: what the receiver was told last to be stable. */
  status(stream: StreamKind, origin: number, received: number, consumed: number, seen: number, stable = 0): this {
    const progress = { received, consumed, seen, stableLow: stable >>> 0 };
    this.length += writeStatus(this.space, this.length, stream, origin, progress);
    return this;
  }

  heartbeat(stream: StreamKind, origin: number, answer: boolean, sent: number, stable: number): this {
    this.length += writeHeartbeat(this.space, this.length, stream, origin, answer, sent, stable);
    return this;
  }

  probe(timeLow: number, timeHigh: number): this {
    this.length += writeProbe(this.space, this.length, PartType.probe, timeLow, timeHigh);
    return this;
  }

  probeReply(timeLow: number, timeHigh: number): this {
    this.length += writeProbe(this.space, this.length, PartType.probeReply, timeLow, timeHigh);
    return this;
  }

  nakDone(stream: StreamKind, origin: number, serial: number): this {
    this.length += writeNakDone(this.space, this.length, stream, origin, serial);
    return this;
  }

  raw(bytes: ArrayLike<number>): this {
    this.space.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** The frame, with its trailer if its flags promise one. */
  bytes(): Uint8Array {
    if ((this.header.flags & FLAG_CHECKED) === 0) return this.space.slice(0, this.length);
    writeTrailer(this.space, this.length, crc32c(this.space, this.length));
    return this.space.slice(0, this.length + TRAILER_BYTES);
  }
}

/** `frame` with some of its bytes changed: index -> value. */
export function changed(frame: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const copy = frame.slice();
  for (const [index, value] of Object.entries(changes)) copy[Number(index)] = value;
  return copy;
}

/** 0, 1, 2, ... */
export function countingBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i & 0xff);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

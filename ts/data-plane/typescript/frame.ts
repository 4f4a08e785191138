// The wire: docs/wire-format.md, bit for bit. Twin: native/core/frame.cc
// Nothing read from a frame is used before validateHeader and validateParts have accepted it.
import { crc32c } from './crc32c.js';
import type { Position, Rank } from './limits.js';
import { MAX_FRAME_BYTES, MAX_NAK_RANGES, MAX_POSITION, STREAM_KINDS } from './limits.js';

export const MAGIC = 0x5c47;
export const VERSION = 1;
export const FLAG_CHECKED = 1;
export const FLAG_UNATTACHED = 2;

export const HEADER_BYTES = 16;
export const TRAILER_BYTES = 8;
export const DATA_PART_BYTES = 16;
export const NAK_HEAD_BYTES = 16;
export const RANGE_BYTES = 16;
export const STATUS_BYTES = 32;
export const HEARTBEAT_BYTES = 24;
export const PROBE_BYTES = 16;
export const NAK_DONE_BYTES = 8;
export const DATA_OVERHEAD_BYTES = HEADER_BYTES + DATA_PART_BYTES;

/** What a stream is for; also its number on the wire. */
export const StreamKind = { cast: 0, controlCast: 1, pt2pt: 2, controlPt2pt: 3 } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

export function isPt2pt(kind: StreamKind): boolean {
  return kind >= 2;
}

export const PartType = { data: 1, nak: 2, status: 3, heartbeat: 4, probe: 5, probeReply: 6, nakDone: 7 } as const;
export type PartType = (typeof PartType)[keyof typeof PartType];

/** Why a datagram, or a part of one, was dropped. The numbers are the indices of `stats.rejected`. */
export const Reject = {
  none: 0,
  short: 1,
  long: 2,
  magic: 3,
  version: 4,
  checksum: 5,
  connection: 6,
  rank: 7,
  part: 8,
  stream: 9,
  overrun: 10,
  origin: 11,
} as const;
export type Reject = (typeof Reject)[keyof typeof Reject];

/** The connection id has 64 bits, which a number cannot hold: two halves of 32. */
export interface FrameHeader {
  flags: number;
  sender: Rank;
  destination: Rank;
  connectionLow: number;
  connectionHigh: number;
}

/** How far a receiver has come with a stream: what STATUS says. */
export interface Progress {
  received: Position;
  consumed: Position;
  seen: Position;
  stableLow: number; // the low half of the stable position that it was told last
}

/** One part, decoded; made once and filled again and again. Which fields mean something depends on the type. */
export interface Part {
  type: PartType;
  stream: StreamKind;
  origin: Rank;
  length: number; // DATA: bytes that follow; NAK: count of ranges
  serial: number; // NAK, NAK_DONE; HEARTBEAT: flags; STATUS: low half of the stable position
  position: Position; // DATA: position; STATUS: received; HEARTBEAT: sent
  consumed: Position; // STATUS: consumed; HEARTBEAT: stable
  seen: Position; // STATUS
  timeLow: number; // PROBE, PROBE_REPLY: the prober's time, all 64 bits of it, for it is returned as it came
  timeHigh: number;
  payload: number; // index in the frame. DATA: of the bytes; NAK: of the ranges
}

export function newHeader(): FrameHeader {
  return { flags: 0, sender: 0, destination: 0, connectionLow: 0, connectionHigh: 0 };
}

export function newProgress(): Progress {
  return { received: 0, consumed: 0, seen: 0, stableLow: 0 };
}

export function newPart(): Part {
  return {
    type: PartType.nakDone,
    stream: StreamKind.cast,
    origin: 0,
    length: 0,
    serial: 0,
    position: 0,
    consumed: 0,
    seen: 0,
    timeLow: 0,
    timeHigh: 0,
    payload: 0,
  };
}

const TWO_TO_32 = 2 ** 32;
const BAD_POSITION = -1;

export function load16(frame: Uint8Array, at: number): number {
  return (frame[at] as number) | ((frame[at + 1] as number) << 8);
}

export function load32(frame: Uint8Array, at: number): number {
  return (load16(frame, at) | (load16(frame, at + 2) << 16)) >>> 0;
}

/** Of 64 bits that are a position or a length of stream bytes; BAD_POSITION if they are not: too large, not a multiple of 8. */
function loadPosition(frame: Uint8Array, at: number): Position {
  const low = load32(frame, at);
  const high = load32(frame, at + 4);
  return high < 1 << 21 && (low & 7) === 0 ? low + high * TWO_TO_32 : BAD_POSITION;
}

export function store16(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
}

export function store32(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}

function storePosition(out: Uint8Array, at: number, value: Position): void {
  store32(out, at, value >>> 0);
  store32(out, at + 4, Math.floor(value / TWO_TO_32));
}

// ---- writers: return how many bytes they wrote; the caller has made room ----

function writePartHead(
  out: Uint8Array,
  at: number,
  type: PartType,
  stream: StreamKind,
  origin: Rank,
  word: number,
): void {
  out[at] = type;
  out[at + 1] = stream;
  store16(out, at + 2, origin);
  store32(out, at + 4, word);
}

export function writeHeader(out: Uint8Array, at: number, header: FrameHeader): number {
  store16(out, at, MAGIC);
  out[at + 2] = VERSION;
  out[at + 3] = header.flags;
  store16(out, at + 4, header.sender);
  store16(out, at + 6, header.destination);
  store32(out, at + 8, header.connectionLow);
  store32(out, at + 12, header.connectionHigh);
  return HEADER_BYTES;
}

export function writeData(
  out: Uint8Array,
  at: number,
  stream: StreamKind,
  origin: Rank,
  length: number,
  position: Position,
): number {
  writePartHead(out, at, PartType.data, stream, origin, length);
  storePosition(out, at + 8, position);
  return DATA_PART_BYTES;
}

/** ranges: position, length, position, length, ...; `count` pairs of them. */
export function writeNak(
  out: Uint8Array,
  at: number,
  stream: StreamKind,
  origin: Rank,
  serial: number,
  ranges: Float64Array,
  count: number,
): number {
  writePartHead(out, at, PartType.nak, stream, origin, serial);
  store32(out, at + 8, count);
  store32(out, at + 12, 0);
  for (let i = 0; i < 2 * count; i++) storePosition(out, at + NAK_HEAD_BYTES + 8 * i, ranges[i] as number);
  return NAK_HEAD_BYTES + RANGE_BYTES * count;
}

export function writeStatus(
  out: Uint8Array,
  at: number,
  stream: StreamKind,
  origin: Rank,
  progress: Readonly<Progress>,
): number {
  writePartHead(out, at, PartType.status, stream, origin, progress.stableLow);
  storePosition(out, at + 8, progress.received);
  storePosition(out, at + 16, progress.consumed);
  storePosition(out, at + 24, progress.seen);
  return STATUS_BYTES;
}

export function writeHeartbeat(
  out: Uint8Array,
  at: number,
  stream: StreamKind,
  origin: Rank,
  answer: boolean,
  sent: Position,
  stable: Position,
): number {
  writePartHead(out, at, PartType.heartbeat, stream, origin, answer ? 1 : 0);
  storePosition(out, at + 8, sent);
  storePosition(out, at + 16, stable);
  return HEARTBEAT_BYTES;
}

export function writeProbe(
  out: Uint8Array,
  at: number,
  type: typeof PartType.probe | typeof PartType.probeReply,
  timeLow: number,
  timeHigh: number,
): number {
  store32(out, at, type);
  store32(out, at + 4, 0);
  store32(out, at + 8, timeLow);
  store32(out, at + 12, timeHigh);
  return PROBE_BYTES;
}

export function writeNakDone(out: Uint8Array, at: number, stream: StreamKind, origin: Rank, serial: number): number {
  writePartHead(out, at, PartType.nakDone, stream, origin, serial);
  return NAK_DONE_BYTES;
}

export function writeTrailer(out: Uint8Array, at: number, crc: number): number {
  store32(out, at, crc);
  store32(out, at + 4, 0);
  return TRAILER_BYTES;
}

// ---- readers ----

/** Checks length, magic, version, flags and trailer; fills `header`. */
export function validateHeader(frame: Uint8Array, header: FrameHeader): Reject {
  const length = frame.length;
  if (length < HEADER_BYTES + 8) return Reject.short;
  if (length > MAX_FRAME_BYTES) return Reject.long;
  if (load16(frame, 0) !== MAGIC) return Reject.magic;
  const flags = frame[3] as number;
  if (frame[2] !== VERSION || (flags & ~(FLAG_CHECKED | FLAG_UNATTACHED)) !== 0) return Reject.version;
  header.flags = flags;
  header.sender = load16(frame, 4);
  header.destination = load16(frame, 6);
  header.connectionLow = load32(frame, 8);
  header.connectionHigh = load32(frame, 12);
  if ((flags & FLAG_CHECKED) !== 0) {
    const covered = length - TRAILER_BYTES;
    if (load32(frame, covered) !== crc32c(frame, covered) || load32(frame, covered + 4) !== 0) return Reject.checksum;
  }
  const unattached = (flags & FLAG_UNATTACHED) !== 0;
  const named = (header.connectionLow | header.connectionHigh | header.sender | header.destination) !== 0;
  return unattached && named ? Reject.part : Reject.none;
}

/** Where the parts of a frame whose header was accepted end. */
export function partsEnd(frame: Uint8Array, header: FrameHeader): number {
  return frame.length - ((header.flags & FLAG_CHECKED) !== 0 ? TRAILER_BYTES : 0);
}

/** Checks each part of a frame whose header was accepted, members being the size of the view. `part` is scratch space. */
export function validateParts(frame: Uint8Array, header: FrameHeader, members: number, part: Part): Reject {
  const end = partsEnd(frame, header);
  let offset = HEADER_BYTES;
  if (offset === end) return Reject.part;
  while (offset < end) {
    offset = readPart(frame, offset, end, members, part);
    if (offset === 0) return Reject.part;
  }
  return Reject.none;
}

/** Decodes the part at `offset`; returns the offset of the next, or 0 where it is malformed or does not end by `end`. */
export function readPart(frame: Uint8Array, offset: number, end: number, members: number, part: Part): number {
  const room = end - offset;
  if (room < 8) return 0;
  const type = frame[offset] as number;
  const stream = frame[offset + 1] as number;
  part.type = type as PartType;
  part.stream = stream as StreamKind;
  part.origin = load16(frame, offset + 2);
  if (stream >= STREAM_KINDS || part.origin >= members) return 0;
  const bytes = readBody(frame, offset, room, part);
  return bytes === 0 ? 0 : offset + bytes;
}

export function rangePosition(frame: Uint8Array, nak: Part, index: number): Position {
  return loadPosition(frame, nak.payload + RANGE_BYTES * index);
}

export function rangeLength(frame: Uint8Array, nak: Part, index: number): Position {
  return loadPosition(frame, nak.payload + RANGE_BYTES * index + 8);
}

// Each read* gets a part of which `room` bytes are inside the frame, and returns its size, or 0 if it is malformed.

function readBody(frame: Uint8Array, at: number, room: number, part: Part): number {
  switch (part.type) {
    case PartType.data:
      return readData(frame, at, room, part);
    case PartType.nak:
      return readNak(frame, at, room, part);
    case PartType.status:
      return readStatus(frame, at, room, part);
    case PartType.heartbeat:
      return readHeartbeat(frame, at, room, part);
    case PartType.probe:
    case PartType.probeReply:
      return readProbe(frame, at, room, part);
    case PartType.nakDone:
      part.serial = load32(frame, at + 4);
      return NAK_DONE_BYTES;
    default: // whatever else the byte was
      return 0;
  }
}

// A range of at least 8 bytes that ends at a position. Both come from loadPosition.
function isRange(position: Position, length: Position): boolean {
  return position >= 0 && length >= 8 && position + length <= MAX_POSITION;
}

function rangesAreValid(frame: Uint8Array, nak: Part): boolean {
  let lastEnd = 0;
  for (let i = 0; i < nak.length; i++) {
    const position = rangePosition(frame, nak, i);
    const length = rangeLength(frame, nak, i);
    if (!isRange(position, length) || position < lastEnd) return false;
    lastEnd = position + length;
  }
  return true;
}

function readData(frame: Uint8Array, at: number, room: number, part: Part): number {
  if (room < DATA_PART_BYTES) return 0;
  part.length = load32(frame, at + 4);
  part.position = loadPosition(frame, at + 8);
  part.payload = at + DATA_PART_BYTES;
  if (part.length > room - DATA_PART_BYTES || (part.length & 7) !== 0 || !isRange(part.position, part.length)) return 0;
  return DATA_PART_BYTES + part.length;
}

function readNak(frame: Uint8Array, at: number, room: number, part: Part): number {
  if (room < NAK_HEAD_BYTES || load32(frame, at + 12) !== 0) return 0;
  part.serial = load32(frame, at + 4);
  part.length = load32(frame, at + 8);
  part.payload = at + NAK_HEAD_BYTES;
  if (part.length === 0 || part.length > MAX_NAK_RANGES) return 0;
  const bytes = NAK_HEAD_BYTES + RANGE_BYTES * part.length;
  return bytes <= room && rangesAreValid(frame, part) ? bytes : 0;
}

function readStatus(frame: Uint8Array, at: number, room: number, part: Part): number {
  if (room < STATUS_BYTES) return 0;
  part.serial = load32(frame, at + 4);
  part.position = loadPosition(frame, at + 8);
  part.consumed = loadPosition(frame, at + 16);
  part.seen = loadPosition(frame, at + 24);
  if (part.position < 0 || part.consumed < 0 || part.seen < 0) return 0;
  return part.consumed <= part.position && part.position <= part.seen ? STATUS_BYTES : 0;
}

function readHeartbeat(frame: Uint8Array, at: number, room: number, part: Part): number {
  if (room < HEARTBEAT_BYTES) return 0;
  part.serial = load32(frame, at + 4);
  part.position = loadPosition(frame, at + 8);
  part.consumed = loadPosition(frame, at + 16);
  if (part.serial > 1 || part.position < 0 || part.consumed < 0) return 0;
  return part.consumed <= part.position ? HEARTBEAT_BYTES : 0;
}

function readProbe(frame: Uint8Array, at: number, room: number, part: Part): number {
  if (room < PROBE_BYTES || load32(frame, at) >>> 8 !== 0 || load32(frame, at + 4) !== 0) return 0;
  part.timeLow = load32(frame, at + 8);
  part.timeHigh = load32(frame, at + 12);
  return PROBE_BYTES;
}

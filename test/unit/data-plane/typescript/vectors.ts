// What test/vectors is made of: frames made by the writers, malformed ones by changing them, and what each of them means.
import {
  FLAG_CHECKED,
  FLAG_UNATTACHED,
  type FrameHeader,
  HEADER_BYTES,
  newHeader,
  newPart,
  type Part,
  PartType,
  partsEnd,
  Reject,
  rangeLength,
  rangePosition,
  readPart,
  StreamKind,
  validateHeader,
  validateParts,
} from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, MAX_NAK_RANGES } from '../../../../ts/data-plane/typescript/limits.js';
import { rejectDeclarations } from '../../../../ts/data-plane/typescript/stats.js';
import { changed, countingBytes, FrameBuilder, toHex } from './frame-builder.js';

export const VECTOR_MEMBERS = 16;

export interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly accepted: boolean;
  readonly reject?: string;
  /** Size of the view that judges it. */
  readonly members: number;
  readonly header?: object;
  readonly parts?: readonly object[];
}

/** Judges a frame as its receiver does before it knows any stream; says what it means. */
export function describeFrame(name: string, frame: Uint8Array, members = VECTOR_MEMBERS): Vector {
  const header = newHeader();
  const base = { name, hex: toHex(frame), members };
  let reject = validateHeader(frame, header);
  const attached = (header.flags & FLAG_UNATTACHED) === 0;
  if (reject === Reject.none && attached) reject = validateParts(frame, header, members, newPart());
  if (reject !== Reject.none) {
    return { ...base, accepted: false, reject: rejectDeclarations[reject]?.name ?? 'unknown' };
  }
  const end = partsEnd(frame, header);
  const parts = attached ? describeParts(frame, end, members) : [{ body: toHex(frame.subarray(HEADER_BYTES, end)) }];
  return { ...base, accepted: true, header: describeHeader(header), parts };
}

function describeHeader(header: FrameHeader): object {
  const { flags, sender, destination, connectionLow, connectionHigh } = header;
  return { flags, sender, destination, connection: hex64(connectionLow, connectionHigh) };
}

function describeParts(frame: Uint8Array, end: number, members: number): object[] {
  const parts: object[] = [];
  for (let offset = HEADER_BYTES; offset < end; ) {
    const part = newPart();
    offset = readPart(frame, offset, end, members, part);
    parts.push(describePart(frame, part));
  }
  return parts;
}

function describePart(frame: Uint8Array, part: Part): object {
  const { stream, origin, serial, position, length, consumed, seen } = part;
  switch (part.type) {
    case PartType.data: {
      const bytes = toHex(frame.subarray(part.payload, part.payload + length));
      return { type: 'data', stream, origin, position, length, bytes };
    }
    case PartType.nak: {
      const ranges = Array.from({ length }, (_, i) => [rangePosition(frame, part, i), rangeLength(frame, part, i)]);
      return { type: 'nak', stream, origin, serial, ranges };
    }
    case PartType.status:
      return { type: 'status', stream, origin, received: position, consumed, seen, stableLow: serial };
    case PartType.heartbeat:
      return { type: 'heartbeat', stream, origin, answer: serial === 1, sent: position, stable: consumed };
    case PartType.probe:
      return { type: 'probe', time: hex64(part.timeLow, part.timeHigh) };
    case PartType.probeReply:
      return { type: 'probeReply', time: hex64(part.timeLow, part.timeHigh) };
    case PartType.nakDone:
      return { type: 'nakDone', stream, origin, serial };
  }
}

function hex64(low: number, high: number): string {
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

const { cast, controlCast, pt2pt, controlPt2pt } = StreamKind;
const HEADER = { sender: 3, destination: ALL_RANKS, connectionLow: 0x55667788, connectionHigh: 0x11223344 };
const TO_FIVE = { ...HEADER, destination: 5 };
const LAST_POSITION = 2 ** 53 - 8;

function frame(header: Partial<FrameHeader> = HEADER): FrameBuilder {
  return new FrameBuilder(header);
}

function checked(): FrameBuilder {
  return frame({ ...HEADER, flags: FLAG_CHECKED });
}

const unattached = { flags: FLAG_UNATTACHED };
const allParts = (builder: FrameBuilder) =>
  builder
    .status(cast, 5, 4096, 2048, 8192, 1024)
    .heartbeat(controlCast, 3, true, 1024, 512)
    .nak(cast, 5, 9, [
      [4096, 1024],
      [6144, 8],
    ])
    .nakDone(pt2pt, 3, 7)
    .probe(123_456_789, 0)
    .probeReply(987_654_321, 1)
    .data(controlPt2pt, 3, 64, countingBytes(24));

const accepted: readonly [string, Uint8Array][] = [
  ['data', frame().data(cast, 3, 0, countingBytes(8)).bytes()],
  ['data-control-cast', frame().data(controlCast, 3, 4096, countingBytes(64)).bytes()],
  [
    'data-pt2pt',
    frame(TO_FIVE)
      .data(pt2pt, 3, 2 ** 32, countingBytes(16))
      .bytes(),
  ],
  [
    'data-control-pt2pt',
    frame(TO_FIVE)
      .data(controlPt2pt, 3, 2 ** 32 - 8, countingBytes(16))
      .bytes(),
  ],
  ['data-of-another-origin', frame(TO_FIVE).data(cast, 0, 8, countingBytes(8)).bytes()],
  [
    'data-up-to-the-last-position',
    frame()
      .data(cast, 3, LAST_POSITION - 8, countingBytes(8))
      .bytes(),
  ],
  [
    'data-of-the-last-rank',
    frame({ ...HEADER, sender: 15 })
      .data(cast, 15, 0, countingBytes(8))
      .bytes(),
  ],
  ['data-twice', frame().data(cast, 3, 0, countingBytes(8)).data(cast, 3, 8, countingBytes(16)).bytes()],
  [
    'nak',
    frame(TO_FIVE)
      .nak(cast, 5, 0x01020304, [[1024, 512]])
      .bytes(),
  ],
  [
    'nak-highest-serial',
    frame(TO_FIVE)
      .nak(pt2pt, 5, 0xffffffff, [[0, 8]])
      .bytes(),
  ],
  [
    'nak-64-ranges',
    frame(TO_FIVE)
      .nak(
        cast,
        5,
        77,
        Array.from({ length: MAX_NAK_RANGES }, (_, i) => [2 ** 40 + 1024 * i, 8 * (i + 1)]),
      )
      .bytes(),
  ],
  [
    'nak-up-to-the-last-position',
    frame(TO_FIVE)
      .nak(cast, 5, 1, [[0, LAST_POSITION]])
      .bytes(),
  ],
  ['status', frame(TO_FIVE).status(cast, 5, 4096, 2048, 8192).bytes()],
  ['status-of-nothing', frame(TO_FIVE).status(controlPt2pt, 5, 0, 0, 0).bytes()],
  [
    'status-all-at-the-last-position',
    frame(TO_FIVE).status(cast, 5, LAST_POSITION, LAST_POSITION, LAST_POSITION).bytes(),
  ],
  [
    'status-that-confirms',
    frame(TO_FIVE)
      .status(cast, 5, 2 ** 33, 2 ** 33, 2 ** 33, 2 ** 33 - 8)
      .bytes(),
  ],
  [
    'nak-ranges-that-touch',
    frame(TO_FIVE)
      .nak(cast, 5, 2, [
        [8, 8],
        [16, 64],
      ])
      .bytes(),
  ],
  ['heartbeat', frame().heartbeat(cast, 3, false, 65536, 4096).bytes()],
  ['heartbeat-that-asks', frame().heartbeat(controlCast, 3, true, 65536, 65536).bytes()],
  ['heartbeat-at-the-last-position', frame().heartbeat(cast, 3, false, LAST_POSITION, 0).bytes()],
  ['probe', frame(TO_FIVE).probe(0x89abcdef, 0x01234567).bytes()],
  ['probe-of-all-ones', frame(TO_FIVE).probe(0xffffffff, 0xffffffff).bytes()],
  ['probe-reply', frame(TO_FIVE).probeReply(0xffffffff, 0xffffffff).bytes()],
  ['nak-done', frame(TO_FIVE).nakDone(cast, 3, 0x01020304).bytes()],
  ['every-part', allParts(frame()).bytes()],
  ['checked-nak-done', checked().nakDone(cast, 3, 1).bytes()],
  ['checked-data', checked().data(cast, 3, 0, countingBytes(40)).bytes()],
  ['checked-every-part', allParts(checked()).bytes()],
  [
    'highest-connection',
    frame({ ...HEADER, connectionLow: 0xffffffff, connectionHigh: 0xffffffff })
      .nakDone(cast, 3, 1)
      .bytes(),
  ],
  ['unattached', frame(unattached).raw(countingBytes(11)).bytes()],
  [
    'unattached-checked',
    frame({ flags: FLAG_UNATTACHED | FLAG_CHECKED })
      .raw(countingBytes(9))
      .bytes(),
  ],
  ['unattached-checked-empty', frame({ flags: FLAG_UNATTACHED | FLAG_CHECKED }).bytes()],
];

const DATA = frame().data(cast, 3, 0, countingBytes(16)).bytes();
const NAK = frame()
  .nak(cast, 3, 1, [[1024, 512]])
  .bytes();
const STATUS = frame().status(cast, 3, 4096, 2048, 8192).bytes();
const HEARTBEAT = frame().heartbeat(cast, 3, true, 1024, 512).bytes();
const PROBE = frame().probe(1, 2).bytes();
const DONE = frame().nakDone(cast, 3, 1).bytes();
const CHECKED = checked().data(cast, 3, 0, countingBytes(40)).bytes();
// The part begins at 16: its fields are at 16 + their offset in docs/wire-format.md.
const BEYOND = 0x20; // in the seventh byte of a position: 2^53

const refused: readonly [string, Uint8Array][] = [
  ['short-empty', new Uint8Array(0)],
  ['short-header-only', DONE.subarray(0, 16)],
  ['short-by-one', DONE.subarray(0, 23)],
  ['magic-first-byte', changed(DONE, { 0: 0x46 })],
  ['magic-second-byte', changed(DONE, { 1: 0x5d })],
  ['version-0', changed(DONE, { 2: 0 })],
  ['version-2', changed(DONE, { 2: 2 })],
  ['version-unknown-flag', changed(DONE, { 3: 4 })],
  ['checksum-payload-bit', changed(CHECKED, { 40: 0xff })],
  ['checksum-header-bit', changed(CHECKED, { 4: 4 })],
  ['checksum-itself', changed(CHECKED, { [CHECKED.length - 8]: (CHECKED[CHECKED.length - 8] ?? 0) ^ 1 })],
  ['checksum-followed-by-non-zero', changed(CHECKED, { [CHECKED.length - 1]: 1 })],
  ['checksum-missing', changed(DATA, { 3: FLAG_CHECKED })],
  ['part-none', checked().bytes()],
  ['part-type-0', changed(DONE, { 16: 0 })],
  ['part-type-8', changed(DONE, { 16: 8 })],
  ['part-stream-4', changed(DONE, { 17: 4 })],
  ['part-origin-outside-the-view', changed(DONE, { 18: VECTOR_MEMBERS })],
  ['part-origin-high-byte', changed(DONE, { 19: 1 })],
  ['part-left-over-bytes', frame().nakDone(cast, 3, 1).raw([7, 0, 3, 0]).bytes()],
  ['part-second-one-malformed', frame().nakDone(cast, 3, 1).raw([9, 0, 3, 0, 0, 0, 0, 0]).bytes()],
  ['part-data-length-0', changed(DATA, { 20: 0 })],
  ['part-data-length-not-a-multiple-of-8', changed(DATA, { 20: 12 })],
  ['part-data-longer-than-the-frame', changed(DATA, { 20: 24 })],
  ['part-data-length-highest', changed(DATA, { 20: 0xf8, 21: 0xff, 22: 0xff, 23: 0xff })],
  ['part-data-position-not-a-multiple-of-8', changed(DATA, { 24: 4 })],
  ['part-data-position-beyond-the-last', changed(DATA, { 30: BEYOND })],
  ['part-data-ends-beyond-the-last', frame().data(cast, 3, LAST_POSITION, countingBytes(8)).bytes()],
  ['part-data-cut-in-its-head', DATA.subarray(0, 24)],
  ['part-nak-count-0', changed(NAK, { 24: 0 })],
  [
    'part-nak-count-65',
    frame()
      .nak(
        cast,
        3,
        1,
        Array.from({ length: 65 }, (_, i) => [16 * i, 8]),
      )
      .bytes(),
  ],
  ['part-nak-more-ranges-than-bytes', changed(NAK, { 24: 2 })],
  ['part-nak-count-highest', changed(NAK, { 24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff })],
  ['part-nak-non-zero', changed(NAK, { 28: 1 })],
  ['part-nak-length-0', changed(NAK, { 41: 0 })],
  ['part-nak-length-not-a-multiple-of-8', changed(NAK, { 40: 1 })],
  ['part-nak-position-not-a-multiple-of-8', changed(NAK, { 32: 1 })],
  ['part-nak-position-beyond-the-last', changed(NAK, { 38: BEYOND })],
  ['part-nak-length-beyond-the-last', changed(NAK, { 46: BEYOND })],
  [
    'part-nak-ends-beyond-the-last',
    frame()
      .nak(cast, 3, 1, [[8, LAST_POSITION]])
      .bytes(),
  ],
  [
    'part-nak-ranges-that-overlap',
    frame()
      .nak(cast, 3, 1, [
        [64, 64],
        [120, 8],
      ])
      .bytes(),
  ],
  [
    'part-nak-ranges-out-of-order',
    frame()
      .nak(cast, 3, 1, [
        [64, 64],
        [0, 8],
      ])
      .bytes(),
  ],
  ['part-nak-cut-in-its-head', NAK.subarray(0, 24)],
  ['part-status-consumed-beyond-received', frame().status(cast, 3, 8, 16, 16).bytes()],
  ['part-status-received-beyond-seen', frame().status(cast, 3, 16, 8, 8).bytes()],
  ['part-status-received-not-a-multiple-of-8', changed(STATUS, { 24: 1 })],
  ['part-status-consumed-not-a-multiple-of-8', changed(STATUS, { 32: 2 })],
  ['part-status-seen-not-a-multiple-of-8', changed(STATUS, { 40: 4 })],
  ['part-status-seen-beyond-the-last', changed(STATUS, { 46: BEYOND })],
  ['part-status-cut', STATUS.subarray(0, 40)],
  ['part-heartbeat-unknown-flag', changed(HEARTBEAT, { 20: 2 })],
  ['part-heartbeat-stable-beyond-sent', frame().heartbeat(cast, 3, false, 8, 16).bytes()],
  ['part-heartbeat-sent-not-a-multiple-of-8', changed(HEARTBEAT, { 24: 1 })],
  ['part-heartbeat-stable-not-a-multiple-of-8', changed(HEARTBEAT, { 32: 1 })],
  ['part-heartbeat-sent-beyond-the-last', changed(HEARTBEAT, { 30: BEYOND })],
  ['part-heartbeat-cut', HEARTBEAT.subarray(0, 32)],
  ['part-probe-non-zero', changed(PROBE, { 23: 1 })],
  ['part-probe-non-zero-origin', changed(PROBE, { 18: 1 })],
  ['part-probe-non-zero-stream', changed(PROBE, { 17: 1 })],
  ['part-probe-cut', PROBE.subarray(0, 24)],
  ['part-nak-done-cut', frame().nakDone(cast, 3, 1).raw([7, 0, 3, 0, 1, 0]).bytes()],
  ['part-unattached-with-a-sender', changed(frame(unattached).raw(countingBytes(8)).bytes(), { 4: 1 })],
  ['part-unattached-with-a-destination', changed(frame(unattached).raw(countingBytes(8)).bytes(), { 7: 1 })],
  ['part-unattached-with-a-connection', changed(frame(unattached).raw(countingBytes(8)).bytes(), { 15: 0x80 })],
];

/** All of them, in the order of the files. */
export function makeVectors(): Vector[] {
  return [...accepted, ...refused].map(([name, bytes]) => describeFrame(name, bytes));
}

/** The form that a C++ test reads: name, hex (`-` if there is none), `ok` or why it is refused, size of the view. */
export function vectorsAsText(vectors: readonly Vector[]): string {
  const lines = vectors.map(({ name, hex, reject, members }) => `${name} ${hex || '-'} ${reject ?? 'ok'} ${members}`);
  return `${lines.join('\n')}\n`;
}

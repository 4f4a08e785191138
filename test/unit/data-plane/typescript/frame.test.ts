import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  newHeader,
  newPart,
  PartType,
  partsEnd,
  Reject,
  readPart,
  StreamKind,
  validateHeader,
  validateParts,
} from '../../../../ts/data-plane/typescript/frame.js';
import { MAX_FRAME_BYTES } from '../../../../ts/data-plane/typescript/limits.js';
import { countingBytes, FrameBuilder, fromHex, toHex } from './frame-builder.js';

const { cast, controlCast, pt2pt, controlPt2pt } = StreamKind;
const HEADER = { sender: 0x0102, destination: 0x0304, connectionLow: 0x05060708, connectionHigh: 0x090a0b0c };
// Written by hand from docs/wire-format.md.
const HEADER_HEX = '475c0100' + '0201' + '0403' + '08070605' + '0c0b0a09';

function partHex(build: (builder: FrameBuilder) => FrameBuilder): string {
  const hex = toHex(build(new FrameBuilder(HEADER)).bytes());
  expect(hex.slice(0, 32)).toBe(HEADER_HEX);
  return hex.slice(32);
}

describe('the writers', () => {
  it('write DATA', () => {
    expect(partHex((b) => b.data(controlPt2pt, 0x0506, 0x0a0b0c0d0e0f8, countingBytes(8)))).toBe(
      '01030605' + '08000000' + 'f8e0d0c0b0a00000' + '0001020304050607',
    );
  });

  it('write NAK', () => {
    expect(
      partHex((b) =>
        b.nak(pt2pt, 1, 0xfffefdfc, [
          [2 ** 32, 8],
          [2 ** 33 + 16, 2 ** 40],
        ]),
      ),
    ).toBe(
      '02020100' +
        'fcfdfeff' +
        '02000000' +
        '00000000' +
        '0000000001000000' +
        '0800000000000000' +
        '1000000002000000' +
        '0000000000010000',
    );
  });

  it('write STATUS', () => {
    expect(partHex((b) => b.status(cast, 2, 0x200, 0x100, 0x300, 2 ** 32 + 0xf8))).toBe(
      '03000200' + 'f8000000' + '0002000000000000' + '0001000000000000' + '0003000000000000',
    );
  });

  it('write HEARTBEAT', () => {
    const rest = 'f8ffffffffff1f00' + '0800000000000000';
    expect(partHex((b) => b.heartbeat(controlCast, 2, false, 2 ** 53 - 8, 8))).toBe(`0401020000000000${rest}`);
    expect(partHex((b) => b.heartbeat(controlCast, 2, true, 2 ** 53 - 8, 8))).toBe(`0401020001000000${rest}`);
  });

  it('write PROBE and PROBE_REPLY', () => {
    expect(partHex((b) => b.probe(0x04030201, 0x08070605))).toBe('0500000000000000' + '0102030405060708');
    expect(partHex((b) => b.probeReply(0xfffffffe, 0xffffffff))).toBe('0600000000000000' + 'feffffffffffffff');
  });

  it('write NAK_DONE', () => {
    expect(partHex((b) => b.nakDone(cast, 0xfffe, 0x01020304))).toBe('0700feff04030201');
  });

  it('end a CHECKED frame with a checksum and four zero bytes', () => {
    const frame = new FrameBuilder({ ...HEADER, flags: 1 }).nakDone(cast, 3, 1).bytes();
    expect(frame.length).toBe(32);
    expect(frame.subarray(28)).toEqual(new Uint8Array(4));
    expect(validateHeader(frame, newHeader())).toBe(Reject.none);
  });
});

describe('a header', () => {
  it('is read in full', () => {
    const header = newHeader();
    expect(validateHeader(fromHex(`${HEADER_HEX}0700030001000000`), header)).toBe(Reject.none);
    expect(header).toEqual({ ...HEADER, flags: 0 });
  });

  it('is refused when the frame is longer than the limit', () => {
    const frame = new Uint8Array(MAX_FRAME_BYTES + 1);
    frame.set(new FrameBuilder(HEADER).nakDone(cast, 3, 1).bytes());
    expect(validateHeader(frame, newHeader())).toBe(Reject.long);
    expect(validateHeader(frame.subarray(0, MAX_FRAME_BYTES), newHeader())).toBe(Reject.none);
  });
});

describe('a part', () => {
  const judge = (frame: Uint8Array, members = 16): Reject => {
    const header = newHeader();
    const reject = validateHeader(frame, header);
    return reject === Reject.none ? validateParts(frame, header, members, newPart()) : reject;
  };

  it('may speak of every origin in the view and of none outside', () => {
    const frame = new FrameBuilder(HEADER).nakDone(cast, 7, 1).bytes();
    expect(judge(frame, 8)).toBe(Reject.none);
    expect(judge(frame, 7)).toBe(Reject.part);
  });

  it('of DATA fills a frame to the last byte', () => {
    const frame = new FrameBuilder(HEADER).data(cast, 3, 8, countingBytes(MAX_FRAME_BYTES - 32)).bytes();
    expect(frame.length).toBe(MAX_FRAME_BYTES);
    expect(judge(frame)).toBe(Reject.none);
  });

  it('of PROBE keeps all 64 bits of the time', () => {
    const frame = new FrameBuilder(HEADER).probe(0xfedcba98, 0xffffffff).bytes();
    const part = newPart();
    expect(readPart(frame, 16, frame.length, 1, part)).toBe(32);
    expect(part).toMatchObject({ type: PartType.probe, timeLow: 0xfedcba98, timeHigh: 0xffffffff });
  });

  it('of STATUS keeps all 32 bits of the stable position that was told', () => {
    const frame = new FrameBuilder(HEADER).status(cast, 0, 0, 0, 0, 2 ** 33 - 8).bytes();
    const part = newPart();
    expect(readPart(frame, 16, frame.length, 1, part)).toBe(48);
    expect(part).toMatchObject({ type: PartType.status, serial: 0xfffffff8 });
  });

  it('of NAK names ranges in order that do not overlap, but may touch', () => {
    const ranges = (...list: [number, number][]) => judge(new FrameBuilder(HEADER).nak(cast, 3, 1, list).bytes());
    expect(ranges([8, 8], [16, 8], [32, 8])).toBe(Reject.none);
    expect(ranges([8, 8], [8, 8])).toBe(Reject.part);
    expect(ranges([8, 16], [16, 8])).toBe(Reject.part);
    expect(ranges([16, 8], [8, 8])).toBe(Reject.part);
    expect(ranges([8, 8], [16, 8], [8, 8])).toBe(Reject.part);
  });

  it('of any bytes is read inside its frame or not at all, and always ends', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 200 });
    // Half the bytes are small, so that types, streams and counts are often right.
    const likely = fc.array(fc.oneof(fc.nat(8), fc.nat(255)), { minLength: 8, maxLength: 200 });
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          likely.map((list) => Uint8Array.from(list)),
        ),
        (body) => {
          const frame = new FrameBuilder(HEADER).raw(body).bytes();
          const part = newPart();
          let offset = 16;
          for (let steps = 0; offset !== 0 && offset < frame.length; steps++) {
            expect(steps).toBeLessThan(frame.length / 8);
            offset = readPart(frame, offset, frame.length, 4, part);
            expect(offset).toBeLessThanOrEqual(frame.length);
          }
          expect(judge(frame, 4)).toBe(offset === frame.length ? Reject.none : Reject.part);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('begins where the trailer of a CHECKED frame does not', () => {
    const frame = new FrameBuilder({ ...HEADER, flags: 1 }).nakDone(cast, 3, 1).bytes();
    const header = newHeader();
    validateHeader(frame, header);
    expect(partsEnd(frame, header)).toBe(24);
  });
});

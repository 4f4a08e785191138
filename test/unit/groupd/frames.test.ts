import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frame, OtherVersionError, preamble } from '../../../ts/groupd/frames.js';
import { MalformedError } from '../../../ts/stack/codec.js';
import { bytesOf, textOf } from '../stack/views.js';

function read(reader: FrameReader, ...chunks: Uint8Array[]): (string | undefined)[] {
  return chunks.flatMap((chunk) => [...reader.push(chunk)].map(textOf));
}

describe('a reader of frames', () => {
  it('gives the messages of a stream, however it is cut', () => {
    const texts = ['one', '', 'a longer message', 'x'];
    const stream = Buffer.concat([preamble(), ...texts.map((text) => frame(bytesOf(text)))]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const reader = new FrameReader(100);
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] as number;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(read(reader, ...chunks)).toEqual(texts);
      }),
    );
  });

  it('is open when the preamble has come', () => {
    const reader = new FrameReader(100);
    expect(read(reader, preamble().subarray(0, 7))).toEqual([]);
    expect(reader.isOpen).toBe(false);
    read(reader, preamble().subarray(7));
    expect(reader.isOpen).toBe(true);
  });

  it('refuses who is no groupd, and one of another version', () => {
    expect(() => read(new FrameReader(100), bytesOf('HTTP/1.1 400 Bad Request'))).toThrow(MalformedError);
    expect(() => read(new FrameReader(100), preamble().with(4, 2))).toThrow(OtherVersionError);
  });

  it('refuses a message that is too long by its length alone; the bound may be raised', () => {
    const reader = new FrameReader(3);
    expect(read(reader, preamble(), frame(bytesOf('abc')))).toEqual(['abc']);
    expect(() => read(reader, frame(bytesOf('abcd')).subarray(0, 4))).toThrow('a message of 4 bytes');
    const other = new FrameReader(3);
    read(other, preamble());
    other.maxBytes = 4;
    expect(read(other, frame(bytesOf('abcd')))).toEqual(['abcd']);
  });
});

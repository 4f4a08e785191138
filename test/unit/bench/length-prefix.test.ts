import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LengthPrefixReader } from '../../../bench/roles/length-prefix-reader.js';
import { BatchWriter } from '../../../bench/roles/length-prefix-writer.js';
import { Pattern } from '../../../bench/verify/pattern.js';
import { Tally } from '../../../bench/verify/tally.js';

/** As much of a socket as the writer needs; takes everything, and keeps it until the writer is told that it is written. */
class FakeSocket extends EventEmitter {
  readonly written: Uint8Array[] = [];

  write(bytes: Uint8Array, done?: () => void): boolean {
    this.written.push(bytes.slice());
    setImmediate(() => {
      // A batch that is used again before this would show in the stream.
      done?.();
      this.emit('drain');
    });
    return false;
  }
}

/** Feeds a stream to a reader in pieces of at most `pieceBytes`, as a socket would. */
function feed(reader: LengthPrefixReader, stream: Uint8Array, pieceBytes: number): void {
  for (let at = 0; at < stream.length; at += pieceBytes) reader.take(stream.subarray(at, at + pieceBytes));
}

async function stream(sizeBytes: number): Promise<Uint8Array> {
  const socket = new FakeSocket();
  const sent = await new BatchWriter(socket as unknown as Socket, new Pattern(sizeBytes, 1), 1).run({
    milliseconds: 5,
  });
  expect(sent.messages).toBeGreaterThan(1);
  return Buffer.concat(socket.written);
}

describe('the length-prefixed stream of the TCP baseline', () => {
  it.each([1, 33, 64, 1000, 65536, 100_000])('brings messages of %i bytes through', async (sizeBytes) => {
    const bytes = await stream(sizeBytes);
    let ended = false;
    const tally = new Tally(
      new Pattern(sizeBytes, 1),
      1,
      () => 0,
      () => {
        ended = true;
      },
    );
    feed(new LengthPrefixReader((message) => tally.take(message)), bytes, 65536);
    expect([ended, tally.report().faults]).toEqual([true, []]);
  });

  it('may come in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.integer({ min: 1, max: 60 }),
        (messages, pieceBytes) => {
          const got: string[] = [];
          const reader = new LengthPrefixReader((message) => got.push(Buffer.from(message.copy()).toString('hex')));
          const parts = messages.flatMap((message) => [Uint8Array.of(message.length, 0, 0, 0), message]);
          feed(reader, Buffer.concat(parts), pieceBytes);
          expect(got).toEqual(messages.map((message) => Buffer.from(message).toString('hex')));
        },
      ),
    );
  });
});

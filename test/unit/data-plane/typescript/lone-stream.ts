// A receive stream whose origin is played by hand, and what it asks for.
import { SLOT_WORDS, Slot, WORD_FROM_SCRIPT } from '../../../../ts/data-plane/typescript/counters.js';
import { StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import type { Placed } from '../../../../ts/data-plane/typescript/intervals.js';
import { newNak } from '../../../../ts/data-plane/typescript/nak.js';
import { Random } from '../../../../ts/data-plane/typescript/random.js';
import { ReceiveStream } from '../../../../ts/data-plane/typescript/receive-stream.js';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import { patternByte } from './network.js';

export const ORIGIN = 3;
export const RETRY = 5000;

/** A stream whose origin is played by hand. */
export function setUp(ringBytes = 8192) {
  const slot = new Slot(new Int32Array(SLOT_WORDS), 0);
  const memory = new Uint8Array(ringBytes);
  const stream = new ReceiveStream(StreamKind.cast, ORIGIN, new Ring(memory), slot);
  const random = new Random(5);
  return {
    slot,
    memory,
    stream,
    random,
    data(position: number, length: number, now = 0): Placed {
      const frame = Uint8Array.from({ length: 32 + length }, (_, i) => patternByte(ORIGIN, 0, position + i - 32));
      return stream.handleData(position, frame, 32, length, now, random);
    },
    consume(end: number) {
      slot.store(WORD_FROM_SCRIPT, end);
      stream.refresh();
    },
    announce: (sent: number, stable = 0, now = 0) => stream.handleAnnounced(sent, stable, now, random),
    /** All NAKs that are due. */
    naks(now: number) {
      const found: { serial: number; ranges: number[][] }[] = [];
      const nak = newNak();
      while (stream.pollNak(now, RETRY, nak)) {
        const ranges = Array.from({ length: nak.count }, (_, i) => [...nak.ranges.subarray(2 * i, 2 * i + 2)]);
        found.push({ serial: nak.serial, ranges });
      }
      return found;
    },
  };
}

import { describe, expect, it } from 'vitest';
import { decodeMarker, encodeMarker, markerBytes } from '../../../bench/verify/end-marker.js';
import { mix, Pattern } from '../../../bench/verify/pattern.js';
import { Tally } from '../../../bench/verify/tally.js';
import { Message } from '../../../ts/index.js';

const SEED = 7;
const PHASE = 2;

/** What a sender casts: `count` messages, then the end marker. */
function cast(sizeBytes: number, count: number): Uint8Array[] {
  const pattern = new Pattern(sizeBytes, SEED);
  let hash = 0;
  const messages = Array.from({ length: count }, (_, n) => {
    const payload = new Uint8Array(sizeBytes);
    pattern.fill(payload, n);
    payload[sizeBytes - 1] = n >>> 8;
    payload[0] = n;
    hash = mix(hash, payload[0] as number, payload[sizeBytes - 1] as number);
    return payload;
  });
  return [...messages, encodeMarker({ phase: PHASE, count, hash }, sizeBytes)];
}

function receive(sizeBytes: number, messages: readonly Uint8Array[]) {
  let clock = 0;
  let ends = 0;
  const tally = new Tally(
    new Pattern(sizeBytes, SEED),
    PHASE,
    () => ++clock,
    () => ends++,
  );
  for (const message of messages) tally.take(Message.of(message));
  return { ...tally.report(), ends };
}

describe('a tally', () => {
  it.each([1, 2, 3, 16, 32, 64, 1000])(
    'finds nothing wrong with what was sent in messages of %i bytes',
    (sizeBytes) => {
      const { faults, messages, ended, ends, compared } = receive(sizeBytes, cast(sizeBytes, 3000));
      expect({ faults, messages, ended, ends, compared }).toEqual({
        faults: [],
        messages: 3000,
        ended: true,
        ends: 1,
        compared: 3,
      });
    },
  );

  it('takes the time from the first message to the end', () => {
    const { firstMs, lastMs } = receive(64, cast(64, 10));
    expect([firstMs, lastMs]).toEqual([1, 2]);
  });

  it.each([0, 1, 500, 999])('finds message %i missing', (missing) => {
    const sent = cast(64, 1000);
    expect(receive(64, sent.toSpliced(missing, 1)).faults).not.toEqual([]);
  });

  it('finds 256 messages missing in a row, after which the numbers fit again', () => {
    const { faults } = receive(64, cast(64, 1000).toSpliced(100, 256));
    expect(faults).toEqual(['744 messages came, 1000 were sent']);
  });

  it('finds a message that came twice', () => {
    const sent = cast(64, 1000);
    expect(receive(64, sent.toSpliced(10, 0, sent[10] as Uint8Array)).faults).not.toEqual([]);
  });

  it('finds two messages that changed places, though 256 lie between them', () => {
    const sent = cast(64, 1000);
    const swapped = sent.with(5, sent[261] as Uint8Array).with(261, sent[5] as Uint8Array);
    expect(receive(64, swapped).faults).toEqual(['the hash of 1000 messages is not that of what was sent']);
  });

  it('finds a wrong last byte in any message', () => {
    const sent = cast(64, 1000);
    const wrong = (sent[501] as Uint8Array).slice();
    wrong[63] = 99;
    expect(receive(64, sent.with(501, wrong)).faults).toHaveLength(1);
  });

  it.each([1, 31, 62])('finds a wrong byte %i in one of the messages that are compared', (at) => {
    const sent = cast(64, 2000);
    const wrong = (sent[1024] as Uint8Array).slice();
    wrong[at] = (wrong[at] as number) ^ 1;
    expect(receive(64, sent.with(1024, wrong)).faults).toEqual(['message 1024 has a wrong content']);
  });

  it('finds content of an earlier message in a later one', () => {
    const sent = cast(64, 2000);
    const stale = (sent[0] as Uint8Array).slice();
    expect(receive(64, sent.with(1024, stale)).faults).toContain('message 1024 has a wrong content');
  });

  it('finds a message of another length, and one that comes after the end', () => {
    const sent = cast(64, 10);
    expect(receive(64, sent.with(5, new Uint8Array(63))).faults).not.toEqual([]);
    expect(receive(64, [...sent, sent[0] as Uint8Array]).faults).not.toEqual([]);
  });

  it('has not ended without the end marker, or with that of another phase', () => {
    const sent = cast(64, 10);
    expect(receive(64, sent.slice(0, -1)).ended).toBe(false);
    const other = encodeMarker({ phase: PHASE + 1, count: 10, hash: 0 }, 64);
    expect(receive(64, sent.with(10, other))).toMatchObject({ ended: false, ends: 0 });
  });

  it('names a few faults and counts the others', () => {
    const { faults } = receive(64, cast(64, 100).toSpliced(0, 1));
    expect(faults).toHaveLength(4);
    expect(faults[3]).toMatch(/^and \d+ more$/);
  });
});

describe('an end marker', () => {
  it('is never as long as the messages that it ends', () => {
    for (let sizeBytes = 1; sizeBytes < 100; sizeBytes++) expect(markerBytes(sizeBytes)).not.toBe(sizeBytes);
  });

  it('says what it was given', () => {
    const marker = { phase: 3, count: 2 ** 40, hash: -5 };
    expect(decodeMarker(encodeMarker(marker, 64), 64)).toEqual(marker);
    expect(decodeMarker(new Uint8Array(markerBytes(64)), 64)).toBeUndefined();
    expect(decodeMarker(new Uint8Array(5), 64)).toBeUndefined();
  });
});

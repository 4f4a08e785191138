import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../ts/stack/codec.js';
import type { Entry } from '../../../ts/store/database.js';
import { seal } from '../../../ts/store/seals.js';
import { MOST_AVOIDED, MOST_REASON_BYTES } from '../../../ts/store/sync-limits.js';
import {
  type Chunk,
  checksumAfter,
  checksumOf,
  isSyncMessage,
  readSync,
  type SyncMessage,
  type SyncStatement,
  writeChunk,
  writeSync,
} from '../../../ts/store/sync-messages.js';
import { bytesOf } from '../stack/views.js';

// `npx vitest run sync-messages -u` writes the file anew; what then differs is a change of what replicas say to each other.
const file = join(import.meta.dirname, '../../vectors/store-sync.json');

const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function entry(key: string, value: string): Entry {
  return [bytesOf(key), seal(bytesOf(key), unhex(value))];
}

const CHUNK: Chunk = {
  type: 'chunk',
  sync: 300,
  number: 2,
  version: 70_000,
  epoch: 5,
  totalBytes: 2 ** 30,
  last: false,
  before: 0xfedcba98,
  entries: [entry('da key', '0000000000000007616263'), entry('dü', '0000000000011170')],
};

const NAMED: Record<string, SyncStatement | Chunk> = {
  start: { type: 'start', sync: 1, avoid: [] },
  'start without two': { type: 'start', sync: 2 ** 40, avoid: ['a', 'knoten-ü'] },
  granted: { type: 'start-reply', sync: 1, granted: true, provider: 'b', base: 2 ** 53 - 1 },
  denied: { type: 'start-reply', sync: 1, granted: false, retryMs: 1000, reason: '4 others synchronize' },
  'heartbeat to the leader': { type: 'heartbeat', sync: 1, role: 'leader' },
  'heartbeat of the provider': { type: 'heartbeat', sync: 1, role: 'provider' },
  'heartbeat-reply of the leader': { type: 'heartbeat-reply', sync: 1, role: 'leader' },
  'heartbeat-reply to the provider': { type: 'heartbeat-reply', sync: 1, role: 'provider' },
  'start-chunks': { type: 'start-chunks', sync: 1, after: new Uint8Array(0) },
  'start-chunks after a key': { type: 'start-chunks', sync: 1, after: bytesOf('a key') },
  chunk: CHUNK,
  'last chunk': { ...CHUNK, number: 3, last: true, entries: [] },
  'chunk-reply': { type: 'chunk-reply', sync: 1, number: 128 },
  finish: { type: 'finish', sync: 1 },
  'finish-reply': { type: 'finish-reply', sync: 1 },
  'abort of the leader': { type: 'abort', sync: 1, role: 'leader', reason: 'nothing was heard of it for 15000 ms' },
  'abort of the provider': { type: 'abort', sync: 1, role: 'provider', reason: '' },
};

const REFUSED: Record<string, string> = {
  nothing: '',
  'another tag': '4b01',
  'no role': '430103',
  'neither granted nor denied': '42010200000000',
  'bytes too many': '480100',
  'a number longer than it needs to be': '488000',
  'a chunk with a wrong checksum': hex(writeChunk(CHUNK)).replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
  'a chunk with another value': hex(writeChunk(CHUNK)).replace('616263', '616264'),
  'a chunk that ends within an entry': hex(writeChunk(CHUNK).slice(0, -6)),
  'a chunk with another key': hex(writeChunk(CHUNK)).replace('6461', '6462'),
  'a reason that is too long': `4a0101${hex(Uint8Array.of(1, 2, 0, 0))}${'41'.repeat(MOST_REASON_BYTES + 1)}`,
  'too many to avoid': `4101${hex(Uint8Array.of(MOST_AVOIDED + 1, 0))}${'00000000'.repeat(MOST_AVOIDED + 1)}`,
};

const write = (message: SyncStatement | Chunk) => (message.type === 'chunk' ? writeChunk(message) : writeSync(message));

/** With a checksum that is right, whatever the chunk says. */
function sealed(chunk: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(chunk.length + 4);
  bytes.set(chunk);
  new DataView(bytes.buffer).setUint32(chunk.length, crcOf(chunk), true);
  return bytes;
}

/** CRC-32, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

interface Vector {
  readonly name: string;
  readonly hex: string;
  /** What it says; bytes in hexadecimal. */
  readonly fields?: unknown;
  readonly refused?: true;
}

const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, each) => (each instanceof Uint8Array ? hex(each) : each))) as unknown;

function vectors(): Vector[] {
  return [
    ...Object.entries(NAMED).map(([name, message]) => {
      const bytes = write(message);
      return { name, hex: hex(bytes), fields: plain(readSync(bytes)) };
    }),
    ...Object.entries(REFUSED).map(([name, text]) => ({ name, hex: text, refused: true as const })),
  ];
}

describe('the vectors of synchronizations', () => {
  it('are what replicas write, as store-sync.json has them', async () => {
    await expect(`${JSON.stringify(vectors(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('mean on disk what they say', () => {
    for (const { name, hex: text, fields, refused } of JSON.parse(readFileSync(file, 'utf8')) as Vector[]) {
      if (refused === true) expect(() => readSync(unhex(text)), name).toThrow(MalformedError);
      else expect({ name, fields: plain(readSync(unhex(text))) }).toEqual({ name, fields });
    }
  });
});

const integer = fc.maxSafeNat();
const sync = integer;
const name = fc.string({ unit: 'grapheme', maxLength: 10 });
const role = fc.constantFrom('leader' as const, 'provider' as const);
const reason = name;
const bytes = fc.uint8Array({ maxLength: 40 });
const type = <T extends string>(...types: T[]) => fc.constantFrom(...types);

const statements: fc.Arbitrary<SyncStatement> = fc.oneof(
  fc.record({ type: type('start'), sync, avoid: fc.array(name, { maxLength: 5 }) }),
  fc.record({ type: type('start-reply'), sync, granted: fc.constant(true as const), provider: name, base: integer }),
  fc.record({ type: type('start-reply'), sync, granted: fc.constant(false as const), retryMs: integer, reason }),
  fc.record({ type: type('heartbeat', 'heartbeat-reply'), sync, role }),
  fc.record({ type: type('start-chunks'), sync, after: bytes }),
  fc.record({ type: type('chunk-reply'), sync, number: integer }),
  fc.record({ type: type('finish', 'finish-reply'), sync }),
  fc.record({ type: type('abort'), sync, role, reason }),
);
const u32 = fc.nat(0xffffffff);
const chunks: fc.Arbitrary<Chunk> = fc.record({
  type: type('chunk'),
  sync,
  number: integer,
  version: integer,
  epoch: integer,
  totalBytes: integer,
  last: fc.boolean(),
  before: u32,
  entries: fc.array(
    fc.tuple(bytes, bytes).map(([key, value]): Entry => [key, seal(key, value)]),
    { maxLength: 6 },
  ),
});

function unlessMalformed(hostile: Uint8Array): SyncMessage | undefined {
  try {
    return readSync(hostile);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Names and reasons may be bytes that are no text, and are read as something like it. */
function hasText(message: SyncMessage): boolean {
  return ['start', 'start-reply', 'abort'].includes(message.type);
}

describe('messages of a synchronization', () => {
  it('mean what was written', () => {
    fc.assert(
      fc.property(statements, chunks, (statement, chunk) => {
        expect(readSync(writeSync(statement))).toEqual(statement);
        const written = writeChunk(chunk);
        expect(readSync(written)).toEqual({ ...chunk, checksum: checksumOf(written) });
      }),
    );
  });

  it('are told from others by their first byte', () => {
    for (const message of Object.values(NAMED)) expect(isSyncMessage(write(message))).toBe(true);
    for (const other of [[], [0], [0x3f], [0x50], [0xff]]) expect(isSyncMessage(Uint8Array.from(other))).toBe(false);
  });

  it('are not read when they are cut short', () => {
    for (const message of Object.values(NAMED)) {
      // What a key after which to go on is, only the end of it says.
      if (message.type === 'start-chunks') continue;
      const whole = write(message);
      for (let length = 0; length < whole.length; length++)
        expect(() => readSync(whole.subarray(0, length))).toThrow(MalformedError);
    }
  });

  it('are read from anything, or not: then what was read is what they say', () => {
    const nearly = fc
      .tuple(fc.integer({ min: 0x40, max: 0x4b }), bytes)
      .map(([tag, rest]) => Uint8Array.of(tag, ...rest));
    const chunk = bytes.map((rest) => sealed(Uint8Array.of(0x46, ...rest)));
    fc.assert(
      fc.property(fc.oneof(bytes, nearly, chunk), (hostile) => {
        const message = unlessMalformed(hostile);
        if (message !== undefined && !hasText(message)) expect(write(message)).toEqual(hostile);
      }),
      { numRuns: 5000 },
    );
  });

  it('do not lie where the bytes did that they were read from', () => {
    const written = writeChunk(CHUNK);
    const read = readSync(written);
    const after = writeSync({ type: 'start-chunks', sync: 1, after: bytesOf('key') });
    const start = readSync(after);
    written.fill(0);
    after.fill(0);
    expect(read).toMatchObject(CHUNK);
    expect(start).toEqual({ type: 'start-chunks', sync: 1, after: bytesOf('key') });
  });

  it('tell no more of a reason than fits, and whole characters; and of names to avoid the first', () => {
    const long = writeSync({ type: 'abort', sync: 1, role: 'leader', reason: `.${'ü'.repeat(MOST_REASON_BYTES)}` });
    expect(readSync(long)).toMatchObject({ reason: `.${'ü'.repeat(MOST_REASON_BYTES / 2 - 1)}` });
    const names = Array.from({ length: MOST_AVOIDED + 9 }, (_, n) => `r${n}`);
    expect(readSync(writeSync({ type: 'start', sync: 1, avoid: names }))).toMatchObject({
      avoid: names.slice(0, MOST_AVOIDED),
    });
  });
});

describe('the checksum of the whole', () => {
  it('differs when a chunk is missing, doubled, or in another place', () => {
    const checksums = (order: readonly number[]) => order.reduce(checksumAfter, 0);
    const whole = checksums([1, 2, 3]);
    for (const order of [[1, 2], [2, 3], [1, 1, 2, 3], [1, 3, 2], []]) expect(checksums(order)).not.toBe(whole);
  });

  it("is the CRC-32 of the chunks' checksums, one after the other", () => {
    const bytesOfThem = unhex('9876543210fedcba');
    expect([0x32547698, 0xbadcfe10].reduce(checksumAfter, 0)).toBe(crcOf(bytesOfThem));
  });
});

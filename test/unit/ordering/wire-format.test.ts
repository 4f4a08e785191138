// docs/wire-format.md shows what ordering policies write into streams of casts, to the byte.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../ts/api/message-kind.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import type { RecordWriter } from '../../../ts/data-plane/record-writer.js';
import { type Run, writeRuns } from '../../../ts/ordering/runs.js';
import { writeSubcast } from '../../../ts/ordering/subcast.js';
import { Pipe } from '../data-plane/pipe.js';
import { bytesOf } from '../stack/views.js';

const doc = readFileSync(join(import.meta.dirname, '../../../docs/wire-format.md'), 'utf8');

function shown(record: string): string | undefined {
  const line = doc.split('\n').find((each) => each.startsWith(`| ${record}`));
  return /`([0-9a-f ]+)` \|$/.exec(line ?? '')?.[1]?.replaceAll(' ', '');
}

/** What is in the ring when this was written. */
function written(write: (writer: RecordWriter) => void): string {
  const { writer, ring } = new Pipe(8 * 1024);
  write(writer);
  writer.publish();
  return Buffer.from(ring.subarray(0, writer.published)).toString('hex');
}

const runs = (kind: number, list: readonly Run[]) => written((writer) => writeRuns(writer, kind, list, () => {}));

describe('the records in streams of casts', () => {
  it.each([
    [
      'ORDER: 96 bytes of rank 2, 40 of rank 1',
      runs(CastKind.order, [
        { rank: 2, bytes: 96 },
        { rank: 1, bytes: 40 },
      ]),
    ],
    ['DEPENDENCIES: 16 bytes of rank 0', runs(CastKind.dependencies, [{ rank: 0, bytes: 16 }])],
    [
      'SUBCAST to ranks 1 and 3: `hi`',
      written((writer) => writer.write(writeSubcast([1, 3], bytesOf('hi')), CastKind.subcast)),
    ],
    [
      'SCAST to servers and rank 3, safe: `hi`',
      written((writer) => writer.write(writeSubcast([3], bytesOf('hi')), kindOf(CastKind.scast, 1))),
    ],
    [
      'LSEND to rank 1, generic: `hi`',
      written((writer) => writer.write(writeSubcast([1], bytesOf('hi')), kindOf(CastKind.lsend, 0))),
    ],
    ['ASK, of a transfer: `hi`', written((writer) => writer.write(bytesOf('hi'), kindOf(CastKind.ask, 2)))],
    ['STATE, of a transfer: `hi`', written((writer) => writer.write(bytesOf('hi'), kindOf(CastKind.state, 2)))],
  ])('are as the document shows them: %s', (record, bytes) => {
    expect(shown(record)).toBe(bytes);
  });

  it('are of the kinds that it lists', () => {
    for (const [name, kind] of Object.entries(CastKind)) {
      expect(doc).toMatch(new RegExp(`^\\| ${kind} \\| ${kind === 0 ? name : name.toUpperCase()}`, 'm'));
    }
  });
});

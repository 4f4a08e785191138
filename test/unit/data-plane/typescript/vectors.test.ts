import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../ts/data-plane/typescript/crc32c.js';
import { fromHex } from './frame-builder.js';
import { describeFrame, makeVectors, type Vector, vectorsAsText } from './vectors.js';

// `npx vitest run vectors.test -u` writes the two frames files anew; what then differs is a change of the wire.
const folder = join(import.meta.dirname, '../../../vectors');
const onDisk = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('the test vectors', () => {
  it('are what the writers write, as frames.json has them', async () => {
    await expect(`${JSON.stringify(makeVectors(), undefined, 2)}\n`).toMatchFileSnapshot(join(folder, 'frames.json'));
  });

  it('are the same in frames.txt, one a line', async () => {
    await expect(vectorsAsText(makeVectors())).toMatchFileSnapshot(join(folder, 'frames.txt'));
  });

  it('have names of their own, and each refused one is refused for the reason that its name begins with', () => {
    const vectors = makeVectors();
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    for (const { name, accepted, reject } of vectors.slice(32)) {
      expect({ name, accepted, reject }).toEqual({ name, accepted: false, reject: name.split('-')[0] });
    }
    expect(vectors.slice(0, 32).filter(({ accepted }) => !accepted)).toEqual([]);
  });

  it('parse from the bytes on disk to what they mean', () => {
    for (const vector of JSON.parse(onDisk('frames.json')) as Vector[]) {
      expect(describeFrame(vector.name, fromHex(vector.hex), vector.members)).toEqual(vector);
    }
  });
});

describe('the checksums', () => {
  it.each(JSON.parse(onDisk('crc32c.json')) as { name: string; hex: string; crc: string }[])(
    '$name',
    ({ hex, crc }) => {
      const bytes = fromHex(hex);
      expect(crc32c(bytes, bytes.length)).toBe(Number(crc));
    },
  );
});

import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartRing } from '../../../ts/api/part-ring.js';

const filled = (bytes: number, value: number) => new Uint8Array(bytes).fill(value);

describe('memory for parts that is used again', () => {
  it('holds copies one behind the other, from the beginning again when it is empty', () => {
    const ring = new PartRing(10);
    const [one, two] = [ring.add(filled(3, 1)), ring.add(filled(4, 2))];
    expect([one, two]).toEqual([filled(3, 1), filled(4, 2)]);
    expect([one.buffer === two.buffer, one.byteOffset, two.byteOffset]).toEqual([true, 0, 3]);
    ring.release(one);
    ring.release(two);
    const three = ring.add(filled(10, 3));
    expect([three.buffer === one.buffer, three.byteOffset, three]).toEqual([true, 0, filled(10, 3)]);
  });

  it('goes on at the beginning where the end is too near, and not into the oldest', () => {
    const ring = new PartRing(10);
    const one = ring.add(filled(4, 1));
    const two = ring.add(filled(4, 2));
    ring.release(one);
    const three = ring.add(filled(3, 3));
    expect([three.buffer === two.buffer, three.byteOffset]).toEqual([true, 0]);
    const outside = ring.add(filled(1, 4));
    expect(outside.buffer).not.toBe(two.buffer);
    ring.release(two);
    expect(ring.add(filled(4, 5)).byteOffset).toBe(3);
    expect([three, outside]).toEqual([filled(3, 3), filled(1, 4)]);
  });

  it('gives a part that is longer than all of it memory of its own, which may be told to be released too', () => {
    const ring = new PartRing(10);
    const long = ring.add(filled(11, 1));
    expect(long).toEqual(filled(11, 1));
    ring.release(long);
    const one = ring.add(filled(10, 2));
    ring.release(long);
    expect(ring.add(filled(1, 3)).buffer).not.toBe(one.buffer);
    expect(one).toEqual(filled(10, 2));
  });

  it('changes no part before it is released, whatever their lengths', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 12 }), released: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const ring = new PartRing(32);
        const held: { readonly copy: Uint8Array; readonly value: number }[] = [];
        for (const [value, { bytes, released }] of steps.entries()) {
          held.push({ copy: ring.add(filled(bytes, value)), value });
          for (const { copy, value } of held) expect(copy).toEqual(filled(copy.length, value));
          for (const { copy } of held.splice(0, released)) ring.release(copy);
        }
      }),
    );
  });

  it('does not go to another thread with one part', () => {
    const ring = new PartRing(10);
    const [one, two] = [ring.add(filled(3, 1)), ring.add(filled(3, 2))];
    const { port1 } = new MessageChannel();
    try {
      port1.postMessage(one, [one.buffer as ArrayBuffer]);
    } catch (error) {
      // Before version 21 Node.js copies it; since then it throws.
      expect(error).toMatchObject({ name: 'DataCloneError' });
    } finally {
      port1.close();
    }
    expect([one, two]).toEqual([filled(3, 1), filled(3, 2)]);
  });
});

/** Frames of the addon's Core, for tests and the simulator: all of a poll in one array, whose layout native/addon/core_object.cc shows. */

const WORD_BYTES = 2;

/** Calls with each frame, which is a view of `packed`, and the ranks that it goes to. */
export function unpackFrames(packed: Uint8Array, each: (ranks: number[], frame: Uint8Array) => void): void {
  const word = (at: number) => (packed[at] as number) | ((packed[at + 1] as number) << 8);
  for (let at = 0; at < packed.length; ) {
    const count = word(at);
    const length = word(at + WORD_BYTES);
    at += 2 * WORD_BYTES;
    const ranks: number[] = [];
    for (; ranks.length < count; at += WORD_BYTES) ranks.push(word(at));
    each(ranks, packed.subarray(at, at + length));
    at += length;
  }
}

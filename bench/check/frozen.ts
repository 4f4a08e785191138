/**
 * The frozen benchmark: never changed, and of no project. Both sides run it from copies of this file, so whatever moves it is the machine, the directory or
 * the process, and not the code. It imports nothing, for it is copied alone.
 */

const WORDS = 1024;
const NAMES = 64;

/** Some of what programs do: numbers in memory, small objects, texts in a map. */
function mix(iterations: number, words: Int32Array, table: Map<string, { count: number }>): number {
  let sum = 0;
  for (let i = 0; i < iterations; i++) {
    let state = (i + 1) | 0;
    for (let at = 0; at < words.length; at++) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + at;
      words[at] = (words[at] as number) ^ state;
    }
    const name = `name ${(words[i % WORDS] as number) & (NAMES - 1)}`;
    const entry = table.get(name);
    if (entry === undefined) table.set(name, { count: 1 });
    else entry.count++;
    sum = (sum + (words[WORDS - 1] as number) + (entry?.count ?? 0)) | 0;
  }
  return sum;
}

export const benchmarks = [
  {
    name: 'frozen',
    setup() {
      const words = new Int32Array(WORDS);
      const table = new Map<string, { count: number }>();
      return { run: (iterations: number) => mix(iterations, words, table) };
    },
  },
];

// Run me: npx consort check examples/check.mjs --self-test aa --quick
// Benchmarks of your own for `consort check`: what parsing and joining of key=value texts costs. A real file imports what it measures, by a path
// of its own side, as in `import { parse } from '../dist/parse.js'`; here it is written down, so that there is nothing to build.
import { defineBenchmarks } from 'consort/check';

function parse(text) {
  return new Map(text.split(';').map((pair) => pair.split('=')));
}

function join(pairs) {
  return [...pairs].map(([key, value]) => `${key}=${value}`).join(';');
}

const TEXT = Array.from({ length: 20 }, (_, i) => `key${i}=${i * i}`).join(';');

export const benchmarks = defineBenchmarks([
  {
    name: 'parse',
    setup() {
      let parsed = 0;
      let characters = 0;
      return {
        // The checksum depends on all that was computed: both sides must come to the same, and nothing can be left out.
        run(iterations) {
          let sum = 0;
          for (let i = 0; i < iterations; i++) {
            sum += parse(TEXT).size;
            parsed++;
            characters += TEXT.length;
          }
          return sum;
        },
        // Counted exactly, compared for equality: a rise is a regression however fast it is.
        counters: () => ({ parsed, characters }),
      };
    },
  },
  {
    name: 'join',
    setup() {
      const pairs = parse(TEXT);
      return {
        run(iterations) {
          let length = 0;
          for (let i = 0; i < iterations; i++) length += join(pairs).length;
          return length;
        },
      };
    },
  },
]);

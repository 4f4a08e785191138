import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLinearizability, type Operation, REGISTER, type RegisterInput } from '../../../ts/sim/linearizability.js';

type History = readonly Operation<RegisterInput>[];

/** `write 1 @ 0-3`, `read 1 @ 1-2`; without an end: nobody knows what came of it. */
function historyOf(...lines: readonly string[]): History {
  return lines.map((line) => {
    const [, what, value, called, returned] = /^(\w+) (\d+) @ (\d+)-(\d*)$/.exec(line) as RegExpExecArray;
    const number = Number(value);
    return {
      input: what === 'write' ? { wrote: number } : what === 'read' ? { found: number } : { foundNot: number },
      called: Number(called),
      returned: returned === '' ? undefined : Number(returned),
    };
  });
}

function isLinearizable(history: History, guess?: readonly number[]): boolean | undefined {
  return checkLinearizability(REGISTER, history, guess).linearizable;
}

describe('checkLinearizability', () => {
  it('takes what happened one after the other', () => {
    expect(isLinearizable([])).toBe(true);
    expect(isLinearizable(historyOf('read 0 @ 0-1', 'write 1 @ 2-3', 'read 1 @ 4-5'))).toBe(true);
  });

  it('takes any order of what was under way at once', () => {
    expect(isLinearizable(historyOf('write 1 @ 0-9', 'read 0 @ 1-2', 'read 1 @ 3-4', 'read 1 @ 5-6'))).toBe(true);
    expect(isLinearizable(historyOf('write 1 @ 0-3', 'write 2 @ 1-2', 'read 1 @ 4-5'))).toBe(true);
    expect(isLinearizable(historyOf('write 1 @ 0-3', 'write 2 @ 1-2', 'read 2 @ 4-5'))).toBe(true);
  });

  it('finds a read of what was overwritten before it was called', () => {
    expect(isLinearizable(historyOf('write 1 @ 0-1', 'write 2 @ 2-3', 'read 1 @ 4-5'))).toBe(false);
  });

  it('finds a read that goes back behind another', () => {
    const history = historyOf('write 1 @ 0-9', 'read 1 @ 1-2', 'read 0 @ 3-4');
    expect(checkLinearizability(REGISTER, history)).toEqual({ linearizable: false, furthest: [0, 1] });
  });

  it('finds two reads that saw two writes in different orders', () => {
    const history = historyOf('write 1 @ 0-9', 'write 2 @ 1-8', 'read 1 @ 10-11', 'read 2 @ 12-13');
    expect(isLinearizable(history)).toBe(false);
  });

  it('finds a read of what nobody wrote', () => {
    expect(isLinearizable(historyOf('write 1 @ 0-1', 'read 3 @ 2-3'))).toBe(false);
  });

  it('finds a compare that should have held', () => {
    expect(isLinearizable(historyOf('write 1 @ 0-1', 'compare 1 @ 2-3'))).toBe(false);
    expect(isLinearizable(historyOf('write 1 @ 0-1', 'compare 2 @ 2-3'))).toBe(true);
  });

  it('lets what never returned happen at any time after its call, or not at all', () => {
    expect(isLinearizable(historyOf('write 1 @ 0-', 'read 0 @ 1-2', 'read 1 @ 3-4'))).toBe(true);
    expect(isLinearizable(historyOf('write 1 @ 0-', 'read 0 @ 1-2'))).toBe(true);
    expect(isLinearizable(historyOf('read 1 @ 0-1', 'write 1 @ 2-'))).toBe(false);
    expect(isLinearizable(historyOf('write 1 @ 0-', 'read 1 @ 1-2', 'read 0 @ 3-4'))).toBe(false);
  });

  it('believes no guess that is none', () => {
    const history = historyOf('write 1 @ 0-1', 'write 2 @ 2-3', 'read 2 @ 4-5');
    expect(isLinearizable(history, [0, 1, 2])).toBe(true);
    // Not all of them; one of them twice; in no order of time; with other results.
    for (const guess of [
      [0, 1],
      [0, 1, 1, 2],
      [1, 0, 2],
      [0, 2, 1],
    ])
      expect(isLinearizable(history, guess)).toBe(true);
    const wrong = historyOf('write 1 @ 0-1', 'write 2 @ 2-3', 'read 1 @ 4-5');
    for (const guess of [
      [0, 1, 2],
      [1, 0, 2],
      [0, 2, 1],
    ])
      expect(isLinearizable(wrong, guess)).toBe(false);
  });

  it('says so when it was too much', () => {
    const writes = Array.from({ length: 12 }, (_, i) => `write ${i + 1} @ ${i}-${100 + i}`);
    const history = historyOf(...writes, 'read 99 @ 200-201');
    expect(checkLinearizability(REGISTER, history, [], 1000)).toEqual({ linearizable: undefined });
  });

  it('agrees with one that tries all orders', () => {
    const operation = fc.record({
      kind: fc.constantFrom('write', 'read', 'swap', 'compare'),
      value: fc.integer({ min: 0, max: 3 }),
      called: fc.integer({ min: 0, max: 20 }),
      length: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (drawn) => {
        const history = drawn.map(({ kind, value, called, length }, i): Operation<RegisterInput> => {
          // No two moments are the same.
          const at = called * 40 + i;
          const returned = length === undefined ? undefined : at + length * 40 + 20;
          const wrote = 10 + i;
          const inputs = {
            write: { wrote: value },
            read: { found: value },
            swap: { found: value, wrote: value === 0 ? 1 : wrote % 4 },
            compare: { foundNot: value },
          };
          return { input: inputs[kind as keyof typeof inputs], called: at, returned };
        });
        expect(isLinearizable(history)).toBe(someOrder(history, 0, new Set()));
      }),
      { numRuns: 2000 },
    );
  });
});

function someOrder(history: History, state: number, taken: ReadonlySet<number>): boolean {
  if (history.every(({ returned }, i) => taken.has(i) || returned === undefined)) return true;
  return history.some(({ input, called }, i) => {
    if (taken.has(i)) return false;
    const tooLate = history.some(
      ({ returned }, other) => other !== i && !taken.has(other) && returned !== undefined && returned < called,
    );
    const after = tooLate ? undefined : REGISTER.step(state, input);
    return after !== undefined && someOrder(history, after, new Set([...taken, i]));
  });
}

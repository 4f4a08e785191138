import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Reject } from '../../../../ts/data-plane/typescript/frame.js';
import {
  planeStats,
  rejectDeclarations,
  Stat,
  Stats,
  statDeclarations,
} from '../../../../ts/data-plane/typescript/stats.js';

const native = (file: string) => readFileSync(join(import.meta.dirname, '../../../../native/core', file), 'utf8');

/** The names of a C++ enumeration, camelCase, all but kCount. */
function namesOf(text: string, enumeration: string): string[] {
  const body = new RegExp(`enum class ${enumeration} : \\w+ \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  const names = [...body.matchAll(/\bk(\w)(\w*)/g)].map(([, first = '', rest = '']) => first.toLowerCase() + rest);
  return names.filter((name) => name !== 'count');
}

const inOrder = (indices: Readonly<Record<string, number>>) =>
  Object.entries(indices)
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => name);

describe('the counters', () => {
  it('have the indices of native/core/stats.h', () => {
    expect(inOrder(Stat)).toEqual(namesOf(native('stats.h'), 'Stat'));
    expect(Object.values(Stat)).toEqual(Object.keys(Stat).map((_, i) => i));
  });

  it('have the reasons of native/core/frame.h', () => {
    expect(inOrder(Reject)).toEqual(namesOf(native('frame.h'), 'Reject'));
    expect(Object.values(Reject)).toEqual(Object.keys(Reject).map((_, i) => i));
  });

  it('are each declared at their index, with a unit and one sentence', () => {
    expect(statDeclarations.map(({ name }) => name)).toEqual(inOrder(Stat));
    expect(rejectDeclarations.map(({ name }) => name)).toEqual(inOrder(Reject));
    for (const { unit, description } of [...statDeclarations, ...rejectDeclarations]) {
      expect(unit).not.toBe('');
      expect(description).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('count', () => {
    const stats = new Stats();
    stats.add(Stat.naksSent);
    stats.add(Stat.dataBytesSent, 2 ** 40);
    stats.reject(Reject.origin);
    expect(stats.get(Stat.naksSent)).toBe(1);
    expect(stats.getRejected(Reject.origin)).toBe(1);
    expect(stats.snapshot()).toMatchObject({ naksSent: 1, dataBytesSent: 2 ** 40, rejected: { origin: 1, part: 0 } });
  });

  it('are named whoever counted them', () => {
    const named = planeStats([10, 11, 12], [0, 1, 2]);
    expect(named).toMatchObject({ datagramsSent: 10, bytesSent: 12, systemCalls: 0, rejected: { short: 1, long: 2 } });
  });
});

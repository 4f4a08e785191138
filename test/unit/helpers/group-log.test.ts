// The check of what real members saw finds what is wrong in it: logs as test/helpers/group-program.mjs writes them, with one thing changed.
import { describe, expect, it } from 'vitest';
import { checkLogs } from '../../helpers/group-invariants.js';
import { type Line, linesOf, logsOf } from '../../helpers/group-log.js';

const A = '127.0.0.1:1/a';
const B = '127.0.0.1:2/b';

function view(time: number, me: string, members: readonly string[] = [A, B]) {
  const coordinator = members[0] as string;
  const rank = members.indexOf(me);
  const more = { coordinator, time, rank, me, primary: false, protocol: 'Top:Bottom', message: '' };
  return { type: 'view', view: `${time}@${coordinator}`, members, ...more };
}

function sent(id: string, sendView: 'current' | 'next' | 'unspecified' = 'current', to?: string) {
  return [
    { type: 'sending', id, to, bytes: 20 },
    { type: 'sent', id, to, bytes: 20, sendView },
  ];
}

function received(from: string, id: string, cast = true) {
  return { type: 'received', cast, from, id, bytes: 20 };
}

const exit = { type: 'exit' };

/** What A sent in two views, and B got. */
const ofA: readonly object[] = [
  view(1, A),
  ...sent('a1'),
  ...sent('a2'),
  ...sent('s1', 'current', B),
  ...sent('a3', 'next'),
  view(2, A),
  ...sent('a4'),
  exit,
];
const ofB: readonly object[] = [
  view(1, B),
  received(A, 'a1'),
  received(A, 'a2'),
  received(A, 's1', false),
  view(2, B),
  received(A, 'a3'),
  received(A, 'a4'),
  exit,
];

function parsed(lines: readonly object[]): Line[] {
  return linesOf(`${lines.map((line, at) => JSON.stringify({ ...line, at })).join('\n')}\n{"type":"rec`);
}

function check(a: readonly object[], b: readonly object[], killed = false): string[] {
  return checkLogs([...logsOf(parsed(a), killed), ...logsOf(parsed(b), false)]).map(({ invariant }) => invariant);
}

describe('the logs of real members', () => {
  it('are right where nothing is wrong', () => {
    expect(check(ofA, ofB)).toEqual([]);
  });

  it('are those of several members where one left and came back', () => {
    const again = [...ofA, view(1, '127.0.0.1:1/c', ['127.0.0.1:1/c']), exit];
    const logs = logsOf(parsed(again), false);
    expect(logs.map(({ name, end }) => [name, end])).toEqual([
      [A, 'left'],
      ['127.0.0.1:1/c', 'left'],
    ]);
    expect(check(again, ofB)).toEqual([]);
  });

  it('forgive a killed sender what it could not write down', () => {
    const killed = ofA.slice(0, -2);
    expect(check(killed, ofB, true)).toEqual([]);
  });

  it.for([
    ['a cast that one did not get', 'virtual synchrony', 2],
    ['a send that did not arrive', 'virtual synchrony', 3],
    ['a gap between two views', 'FIFO', 5],
  ] as const)('tell of %s', ([, invariant, missing]) => {
    expect(check(ofA, ofB.toSpliced(missing, 1))).toContain(invariant);
  });

  it('tell of what is delivered twice, in the wrong order or view, or was never sent', () => {
    expect(check(ofA, ofB.toSpliced(3, 0, received(A, 'a2')))).toContain('no duplication');
    expect(check(ofA, [view(1, B), received(A, 'a2'), received(A, 'a1'), ...ofB.slice(3)])).toContain('FIFO');
    expect(check(ofA, ofB.toSpliced(4, 2, received(A, 'a3'), view(2, B)))).toContain('sending view');
    expect(check(ofA, ofB.toSpliced(7, 0, received(A, 'a5')))).toContain('no creation');
    expect(check(ofA.toSpliced(2, 1, { type: 'unsent', id: 'a1', bytes: 20, code: 'X' }), ofB)).toContain(
      'no creation',
    );
  });

  it('tell of views that differ, and of a member that stays blocked', () => {
    expect(check(ofA, ofB.with(4, view(2, B, [A, B, '127.0.0.1:3/c'])))).toContain('view agreement');
    expect(check(ofA, [...ofB.slice(0, -1), { type: 'block' }])).toContain('liveness');
  });
});

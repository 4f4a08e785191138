import { describe, expect, it } from 'vitest';
import { ActorError } from '../../../bench/pool/actor.js';
import type { Crew } from '../../../bench/pool/crew.js';
import { type RunContext, runBlock, type Turn } from '../../../bench/runner.js';
import { fakeBlock, nativeRow } from './fake-report.js';

const block = fakeBlock([nativeRow, { kind: 'tcp' }]);
const nameOf = ({ row, repetition }: Turn) => `${row.kind} ${repetition}`;

function setUp(changes: Partial<RunContext> = {}) {
  const crews = { started: 0, closed: new Set<Crew>() };
  const errors: string[] = [];
  const controller = new AbortController();
  const context: RunContext = {
    options: { repeats: 3 },
    signal: controller.signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    startCrew: async () => {
      crews.started++;
      const crew: Crew = {
        actors: [],
        close: async () => {
          crews.closed.add(crew);
        },
      };
      return crew;
    },
    onTurn: () => {},
    onError: (_, error) => errors.push(error),
    ...changes,
  };
  return { context, crews, errors, controller };
}

describe('the runner', () => {
  it('lets rows take turns, with one crew for each, and closes all of them', async () => {
    const { context, crews } = setUp();
    const turns: string[] = [];
    const outcomes = await runBlock(block, context, async (_, turn) => turns.push(nameOf(turn)));
    expect(turns).toEqual(['group 0', 'tcp 0', 'group 1', 'tcp 1', 'group 2', 'tcp 2']);
    expect(outcomes.map(({ samples }) => samples)).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect([crews.started, crews.closed.size]).toEqual([2, 2]);
  });

  it('measures a row that failed no more, and goes on with the others', async () => {
    const { context, crews, errors } = setUp();
    const [group, tcp] = await runBlock(block, context, async (_, turn) => {
      if (nameOf(turn) === 'group 1') throw new Error('lost');
      return turn.repetition;
    });
    expect(group).toMatchObject({ samples: [0], error: 'lost' });
    expect(tcp).toMatchObject({ samples: [0, 1, 2], error: undefined });
    expect(errors).toEqual(['lost']);
    expect(crews.closed.size).toBe(2);
  });

  it('reports a crew that does not start as the error of its row', async () => {
    const { context } = setUp({ startCrew: () => Promise.reject(new Error('no more processes')) });
    const [group] = await runBlock(block, context, async () => 1);
    expect(group).toMatchObject({ samples: [], error: 'no more processes' });
  });

  it('keeps what is complete when it is aborted, closes the crews, and blames no row', async () => {
    const { context, crews, controller, errors } = setUp();
    const [group, tcp] = await runBlock(block, context, async (_, turn) => {
      if (nameOf(turn) !== 'tcp 1') return turn.repetition;
      controller.abort();
      throw new Error('the crew was closed');
    });
    expect(group).toMatchObject({ samples: [0, 1], error: undefined });
    expect(tcp).toMatchObject({ samples: [0], error: undefined });
    expect([crews.closed.size, errors]).toEqual([2, []]);
  });

  it('measures a row less often where that is said', async () => {
    const { context } = setUp({ repeatsOf: ({ kind }) => (kind === 'tcp' ? 1 : 9) });
    const outcomes = await runBlock(block, context, async (_, { repetition }) => repetition);
    expect(outcomes.map(({ samples }) => samples)).toEqual([[0, 1, 2], [0]]);
  });

  it('tells a row whose messages were not what was sent from one that could not be measured', async () => {
    const { context } = setUp();
    const outcomes = await runBlock(block, context, async (_, { row }) => {
      throw row.kind === 'tcp' ? new ActorError('member 1: not verified', true) : new Error('stuck');
    });
    expect(outcomes).toMatchObject([
      { error: 'stuck', unverified: false },
      { error: 'member 1: not verified', unverified: true },
    ]);
  });

  it('measures everything once, and no more when time has run out', async () => {
    const { context } = setUp({ deadlineMs: 0 });
    const outcomes = await runBlock(block, context, async (_, { repetition }) => repetition);
    expect(outcomes.map(({ samples }) => samples)).toEqual([[0], [0]]);
  });
});

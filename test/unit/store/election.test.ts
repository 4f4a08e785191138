/** Who leads, of those who have said hello. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, commonStore, elect, eligible, majorityOf } from '../../../ts/store/election.js';

const ELECTORATE = { members: 7, names: ['a', 'b', 'c'] };

function hello(name: string, rank: number, more: Partial<Candidate> = {}): Candidate {
  return {
    rank,
    name,
    view: 'view',
    incarnation: 1,
    members: 7,
    storeId: 's',
    standing: 'intact',
    promised: 3,
    lastEpoch: 3,
    lastVersion: 10,
    ...more,
  };
}

function leaderOf(hellos: readonly Candidate[]): string {
  const election = elect(hellos, ELECTORATE);
  return election.type === 'elected' ? `${election.leader.name} in ${election.epoch}` : election.reason;
}

describe('elect', () => {
  it('takes the best log of a majority: epoch, then version, then rank', () => {
    expect(leaderOf([hello('a', 0), hello('b', 1)])).toBe('a in 4');
    expect(leaderOf([hello('a', 0), hello('b', 1, { lastVersion: 11 })])).toBe('b in 4');
    expect(leaderOf([hello('a', 0, { lastVersion: 99 }), hello('b', 1, { lastEpoch: 4, promised: 8 })])).toBe('b in 9');
  });

  it('says why there is none', () => {
    expect(leaderOf([hello('b', 0)])).toBe('1 of 3 replicas are there, a majority is 2; missing: a, c');
    expect(leaderOf([hello('b', 0), hello('a', 1, { standing: 'blank' })])).toContain('only 1 of the 2 replicas');
    const blank = { standing: 'blank', storeId: '' } as const;
    expect(leaderOf([hello('b', 0, blank), hello('a', 1, blank)])).toContain('founded when all 3 configured');
  });

  it('lets blank ones count where all are there, and half ones never lead', () => {
    const blank = { standing: 'blank', lastVersion: 0, lastEpoch: 0 } as const;
    expect(leaderOf([hello('a', 0, blank), hello('b', 1), hello('c', 2, blank)])).toBe('b in 4');
    const half = { standing: 'half', lastVersion: 100, lastEpoch: 9 } as const;
    expect(leaderOf([hello('a', 0, half), hello('b', 1), hello('c', 2, blank)])).toBe('b in 10');
  });

  it('does not count who is configured otherwise, is unknown, of another store, or there twice', () => {
    const strangers = [
      hello('a', 0, { members: 8 }),
      hello('x', 1),
      hello('b', 2, { storeId: 't' }),
      hello('b', 3),
      hello('c', 4),
      hello('c', 5),
    ];
    expect(eligible(strangers, ELECTORATE).map(({ rank }) => rank)).toEqual([3, 4]);
    expect(commonStore(strangers.filter(({ members }) => members === 7))).toBe('s');
  });

  it('is the same in whatever order the hellos came, and its epoch is new to all of them', () => {
    const anyHello = fc.record({
      standing: fc.constantFrom('intact', 'blank', 'half') as fc.Arbitrary<Candidate['standing']>,
      promised: fc.nat(9),
      lastEpoch: fc.nat(5),
      lastVersion: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(anyHello, { minLength: 1, maxLength: 3 }), fc.nat(5), (hellos, turn) => {
        const all = hellos.map((each, rank) => hello('abc'[rank] as string, rank, each));
        const turned = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)];
        const election = elect(all, ELECTORATE);
        const other = elect(turned, ELECTORATE);
        expect(other.type === 'elected' && other.leader.rank).toBe(election.type === 'elected' && election.leader.rank);
        if (election.type !== 'elected') return;
        expect(election.counted.size).toBeGreaterThanOrEqual(majorityOf(3));
        expect(all.every(({ promised }) => promised < election.epoch)).toBe(true);
      }),
    );
  });
});

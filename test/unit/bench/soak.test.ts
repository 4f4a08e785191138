import { describe, expect, it } from 'vitest';
import { soakResults } from '../../../bench/report/soak-results.js';
import type { MemorySeries } from '../../../bench/results.js';
import { SoakLog } from '../../../bench/roles/soak-log.js';
import type { SoakReport } from '../../../bench/roles/soak-role.js';
import { MemoryLog, missingAtEnd, slopeLimit, steepest, ViewComparison } from '../../../bench/scenarios/soak-checks.js';
import { soakBlock, soakOutcome } from './fake-report.js';

const SIZE = 64;

function setUp() {
  const clock = { ms: 0 };
  const make = () => new SoakLog(SIZE, 1, () => clock.ms);
  const writer = make();
  const message = (number: number) => {
    const payload = new Uint8Array(SIZE);
    writer.write(payload, number);
    return payload;
  };
  return { clock, make, message };
}

describe('what a member of a soak gets', () => {
  it('is right when the numbers of each sender go up by one', () => {
    const { make, message } = setUp();
    const log = make();
    log.noteView('1', ['a', 'b', 'me']);
    for (const number of [5, 6, 7]) log.take('a', message(number));
    log.take('b', message(0));
    expect([log.takeFaults(), log.delivered, log.progress()]).toEqual([[], 4, { a: 8, b: 1 }]);
  });

  it.each([
    ['lost', 7, 'message 7 of a came where 6 was expected'],
    ['repeated', 5, 'message 5 of a came where 6 was expected'],
  ])('is wrong when one is %s, across views too', (_, number, fault) => {
    const { make, message } = setUp();
    const log = make();
    log.noteView('1', ['a', 'me']);
    log.take('a', message(5));
    log.noteView('2', ['a', 'me']);
    log.take('a', message(number));
    expect(log.takeFaults()).toEqual([fault]);
    expect(log.takeFaults()).toEqual([]);
  });

  it('may begin anywhere of a sender that was away', () => {
    const { make, message } = setUp();
    const log = make();
    log.noteView('1', ['a', 'me']);
    log.take('a', message(5));
    log.noteView('2', ['me']);
    log.noteView('3', ['a', 'me']);
    log.take('a', message(90));
    expect(log.takeFaults()).toEqual([]);
  });

  it('is wrong when it has another content or length, or comes from outside', () => {
    const { make, message } = setUp();
    const log = make();
    log.noteView('1', ['a', 'me']);
    const changed = message(0);
    changed[40] = (changed[40] as number) ^ 1;
    log.take('a', changed);
    log.take('a', message(1).subarray(1));
    log.take('z', message(2));
    expect(log.takeFaults()).toEqual([
      'message 0 of a has a wrong content',
      'a message of 63 bytes came from a',
      'a message came from z, which is not in view 1',
    ]);
  });

  it('comes with gaps, of which the longest is told, the one that goes on too', () => {
    const { clock, make, message } = setUp();
    const log = make();
    log.noteView('1', ['a']);
    for (const ms of [10, 300, 310]) {
      clock.ms = ms;
      log.take('a', message(log.delivered));
    }
    expect(log.takeGap()).toBe(290);
    clock.ms = 400;
    expect(log.takeGap()).toBe(90);
    log.resetGap();
    expect(log.takeGap()).toBe(0);
  });
});

describe('members that go from one view to the next together', () => {
  const closed = (who: string, counts: Record<string, number>, next = '2') => ({
    who,
    views: [
      {
        view: '1',
        next,
        came: Object.fromEntries(
          Object.entries(counts).map(([name, messages]) => [name, { messages, hash: messages }]),
        ),
      },
    ],
  });
  const compare = (...all: readonly ReturnType<typeof closed>[]) => {
    const comparison = new ViewComparison();
    const found = all.flatMap(({ who, views }) => comparison.add(who, views));
    return { found, compared: comparison.compared };
  };

  it('have got the same of all others', () => {
    const result = compare(closed('a', { a: 0, b: 3, c: 4 }), closed('b', { a: 2, b: 0, c: 4 }));
    expect(result).toEqual({ found: [], compared: 1 });
  });

  it('are told of when they have not', () => {
    const { found } = compare(closed('a', { c: 4 }), closed('b', { c: 5 }));
    expect(found).toEqual(['in view 1 b and a got 5 and 4 messages of c, or others']);
  });

  it('need not agree with those that went elsewhere', () => {
    const result = compare(closed('a', { c: 4 }), closed('b', { c: 5 }, '2 of b'));
    expect(result).toEqual({ found: [], compared: 0 });
  });
});

it('at the end everybody has to have everything of everybody', () => {
  const report = (name: string, sent: number, progress: Record<string, number>) =>
    ({ name, sent, progress }) as unknown as SoakReport;
  expect(missingAtEnd([report('a', 5, { b: 7 }), report('b', 7, { a: 5 })])).toEqual([]);
  expect(missingAtEnd([report('a', 5, { b: 6 }), report('b', 7, {})])).toEqual([
    'a has 6 of 7 messages of b',
    'b has 0 of 5 messages of a',
  ]);
});

describe('the memory of a soak', () => {
  const MIB = 2 ** 20;
  /** An hour of it, once a minute. */
  const series = (bytesAt: (minute: number) => number): readonly MemorySeries[] => {
    const log = new MemoryLog();
    for (let minute = 0; minute <= 60; minute++) log.add(minute * 60, bytesAt(minute));
    return [log.series(0)];
  };

  it('that stays where it is passes, however it has begun', () => {
    const flat = series((minute) => 80 * MIB + (minute < 5 ? minute * 10 * MIB : 50 * MIB) + (minute % 3) * MIB);
    expect(Math.abs(steepest(flat)?.low ?? Number.NaN)).toBeLessThan(MIB);
    expect(soakResults(soakBlock, [soakOutcome({ memory: flat })], { quick: false })[0]).not.toHaveProperty('error');
  });

  it('that grows by a MiB a minute is an error', () => {
    const leaking = series((minute) => (80 + minute) * MIB);
    const [result] = soakResults(soakBlock, [soakOutcome({ memory: leaking })], { quick: false });
    expect(result?.error).toBe('memory grows by 60.0 MiB/h at least');
    expect(result?.memorySlopeBytesPerHour?.median).toBeCloseTo(60 * MIB, -3);
  });

  it('is not judged after seconds', () => {
    const log = new MemoryLog();
    for (let second = 0; second < 30; second++) log.add(second, second * MIB);
    expect(slopeLimit([log.series(0)])).toBeUndefined();
    const [result] = soakResults(soakBlock, [soakOutcome({ memory: [log.series(0)] })], { quick: true });
    expect(result).not.toHaveProperty('memorySlopeBytesPerHour');
  });

  it('is kept with a bounded number of points, spread over all the time', () => {
    const log = new MemoryLog();
    for (let second = 0; second < 100_000; second++) log.add(second, second);
    const { atSeconds } = log.series(0);
    expect(atSeconds.length).toBeLessThanOrEqual(240);
    expect([atSeconds[0], (atSeconds.at(-1) as number) > 99_000]).toEqual([0, true]);
  });
});

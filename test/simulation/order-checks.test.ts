// What the checks of ordering say to logs made by hand: that they find what is wrong, and let be what is allowed.
import { describe, expect, it } from 'vitest';
import { historyOf } from '../../ts/sim/history.js';
import { checkHistory } from '../../ts/sim/invariants.js';
import type { LogEntry, MemberLog } from '../../ts/sim/log.js';

type Members = readonly string[];

function view(time: number, members: Members, me: string, protocol: string): LogEntry {
  const [coordinator = ''] = members;
  const rank = members.indexOf(me);
  const view = `${time}@${coordinator}`;
  return { type: 'view', at: 0, view, members, rank, time, coordinator, primary: false, protocol, message: '' };
}

function cast(id: string): LogEntry {
  return { type: 'sent', at: 0, id, to: undefined, sendView: 'current', bytes: 30 };
}

function send(id: string, to: string): LogEntry {
  return { type: 'sent', at: 0, id, to, sendView: 'current', bytes: 30 };
}

/** Casts are named after their senders, as in 'a1'; sends have another letter. */
function got(id: string, late = false): LogEntry {
  return { type: 'received', at: 0, cast: true, from: id.charAt(0), id, bytes: 30, late };
}

function gotSend(id: string, from: string): LogEntry {
  return { type: 'received', at: 0, cast: false, from, id, bytes: 30, late: false };
}

/** What each of them did in a view with all of them; those in `survivors` are in the next together. */
function violations(
  protocol: string,
  survivors: Members,
  logs: Readonly<Record<string, readonly LogEntry[]>>,
): string[] {
  const all = Object.keys(logs);
  const members = all.map((name): MemberLog => {
    const stays = survivors.includes(name);
    const next = stays ? [view(2, survivors, name, protocol)] : [];
    const log = [view(1, all, name, protocol), ...(logs[name] ?? []), ...next];
    return { name, log, end: stays ? 'alive' : 'crashed', leaving: false };
  });
  const found: string[] = [];
  checkHistory(historyOf(members), ({ invariant }) => found.push(invariant));
  return [...new Set(found)];
}

describe('self-delivery', () => {
  it('is asked of whoever goes on', () => {
    expect(violations('Local', ['a'], { a: [cast('a1')] })).toContain('self-delivery');
    expect(violations('Local', ['a'], { a: [cast('a1'), got('a1')] })).toEqual([]);
  });

  it('is not asked of whoever fails', () => {
    expect(violations('Local', [], { a: [cast('a1')] })).toEqual([]);
  });

  it('is wrong without Local and Total', () => {
    expect(violations('Causal', ['a'], { a: [cast('a1'), got('a1')] })).toContain('no creation');
  });
});

describe('causal order', () => {
  const a = [cast('a1'), cast('a2')];
  const b = [got('a1'), cast('b1'), got('a2')];

  it('has a cast come after what it depends on', () => {
    expect(violations('Causal', [], { a, b, c: [got('a1'), got('b1'), got('a2')] })).toEqual([]);
    expect(violations('Causal', [], { a, b, c: [got('b1'), got('a1'), got('a2')] })).toEqual(['causal']);
  });

  it('has a cast not come without what it depends on', () => {
    expect(violations('Causal', [], { a, b, c: [got('b1')] })).toEqual(['causal']);
    expect(violations('Causal', [], { a, b, c: [] })).toEqual([]);
  });

  it('is nothing to stacks that do not promise it', () => {
    expect(violations('Agree', [], { a, b, c: [got('b1')] })).toEqual([]);
  });

  it('leaves out own casts where nobody gets them', () => {
    const c = [cast('c1'), got('b1')];
    expect(violations('Causal', [], { b: [got('c1'), cast('b1')], c })).toEqual([]);
    expect(violations('Causal:Local', [], { b: [got('c1'), cast('b1'), got('b1')], c })).toEqual(['causal']);
  });

  it('holds for sends that go with the casts', () => {
    const sends = [got('a1'), send('s1', 'c')];
    const c = [gotSend('s1', 'b'), got('a1')];
    expect(violations('Causal:Subcast', [], { a: [cast('a1')], b: sends, c })).toEqual(['causal']);
    expect(violations('Causal', [], { a: [cast('a1')], b: sends, c })).toEqual([]);
  });
});

describe('total order', () => {
  const a = [cast('a1')];
  const b = [cast('b1')];

  it('is the same for all who go on together', () => {
    const one = [got('a1', true), got('b1', true)];
    const other = [got('b1', true), got('a1', true)];
    expect(violations('Total', ['a', 'b'], { a: [...a, ...one], b: [...b, ...one] })).toEqual([]);
    expect(violations('Total', ['a', 'b'], { a: [...a, ...one], b: [...b, ...other] })).toEqual(['total']);
  });

  it('is the same for those who fail, before the view has ended', () => {
    expect(violations('Total', [], { a: [...a, got('a1')], b: [...b, got('a1'), got('b1')] })).toEqual([]);
    expect(violations('Total', [], { a: [...a, got('a1')], b: [...b, got('b1')] })).toEqual(['total']);
  });

  it('may differ between pieces in what the view change has found', () => {
    const logs = { a: [...a, got('a1'), got('b1')], b: [...b, got('b1', true), got('a1', true)] };
    expect(violations('Total', ['b'], logs)).toEqual([]);
  });

  it('is taken on by all, where it is safe', () => {
    const logs = { a: [...a, got('a1'), got('b1')], b: [...b, got('b1', true), got('a1', true)] };
    expect(violations('Total:Agree', ['b'], logs)).toEqual(['total']);
  });
});

describe('safe delivery', () => {
  it('is of what all deliver who go on, whoever fails', () => {
    const logs = { a: [cast('a1')], b: [got('a1')], c: [] };
    expect(violations('Agree', ['c'], logs)).toEqual(['agree']);
    expect(violations('Agree', ['c'], { ...logs, c: [got('a1', true)] })).toEqual([]);
    expect(violations('Agree', [], logs)).toEqual([]);
  });

  it('does not bind other pieces to what the view change has found', () => {
    expect(violations('Agree', ['c'], { a: [cast('a1')], b: [got('a1', true)], c: [] })).toEqual([]);
  });
});

describe('Subcast', () => {
  const a = [cast('a1'), send('s1', 'b'), cast('a2')];

  it('has sends come in their place among the casts', () => {
    expect(violations('Subcast', [], { a, b: [got('a1'), gotSend('s1', 'a'), got('a2')] })).toEqual([]);
    expect(violations('Subcast', [], { a, b: [got('a1'), got('a2'), gotSend('s1', 'a')] })).toEqual(['FIFO']);
  });

  it('is not what other stacks have', () => {
    expect(violations('Causal', [], { a, b: [gotSend('s1', 'a'), got('a1'), got('a2')] })).toEqual([]);
  });
});

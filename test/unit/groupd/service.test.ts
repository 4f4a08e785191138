import { describe, expect, it } from 'vitest';
import { FIRST_WORDS_MS, GATHER_MS, READMIT_MS } from '../../../ts/groupd/limits.js';
import { bytesOf, textOf } from '../stack/views.js';
import { Desk, join, numbersOf, view } from './desk.js';

/** Has the members of a granted view install it. */
function install(desk: Desk, time: number, numbers: readonly number[]) {
  const of = view(time, ...numbers);
  for (const number of numbers) desk.installed(number, of);
  return of;
}

describe('a member that joins', () => {
  it('gets a view of its own when nobody is there, with the message of its application', () => {
    const desk = new Desk();
    desk.join(0);
    expect(desk.last(0, 'sync')).toMatchObject({ attempt: 1, failed: [] });
    desk.synced(0, view(1, 0), 1);
    const { state, stateMessages } = desk.last(0, 'propose');
    expect({ time: state.id.time, members: numbersOf(state) }).toEqual({ time: 2, members: [0] });
    expect(stateMessages.map(textOf)).toEqual(['state of 0']);
    desk.say(0, { kind: 'proposed', view: view(1, 0).id, time: 2, message: bytesOf('hello'), primary: true });
    const granted = desk.last(0, 'view');
    expect(granted).toMatchObject({ view: view(1, 0).id, attempt: 1, state: { primary: true } });
    expect(textOf(granted.state.message)).toBe('hello');
  });

  it('comes behind those who are there, in one change with others', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.join(7);
    desk.join(8);
    expect(desk.kinds(1)).toEqual(['sync']);
    desk.synced(8, view(1, 8), 1);
    desk.synced(7, view(1, 7), 1);
    expect(desk.kinds(0)).toEqual(['sync']);
    desk.synced(0, old, 1);
    const state = desk.agree(0);
    expect(state.id.time).toBe(6);
    expect(numbersOf(state)).toEqual([0, 1, 2, 8, 7]);
    expect(state.previous.map(({ time }) => time)).toEqual([5, 1, 1]);
    for (const number of [0, 7, 8]) expect(numbersOf(desk.last(number, 'view').state)).toEqual([0, 1, 2, 8, 7]);
    // Its coordinator gives it to the others.
    expect(desk.kinds(1)).toEqual([]);
  });

  it('waits for a change that is under way, and begins another one', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.say(0, { kind: 'prompt', view: old.id });
    desk.synced(0, old, 1);
    desk.join(7);
    desk.synced(7, view(1, 7), 1);
    expect(numbersOf(desk.agree(0))).toEqual([0, 1]);
    const next = install(desk, 6, [0, 1]);
    desk.synced(0, next, 1);
    expect(numbersOf(desk.agree(0))).toEqual([0, 1, 7]);
  });

  it('is told apart by group, and by what members must agree on: then both sides hear of it', () => {
    const desk = new Desk();
    desk.join(0);
    desk.join(1, view(1, 1), { group: 'another group' });
    expect([desk.kinds(0), desk.kinds(1)]).toEqual([['sync'], ['sync']]);
    desk.join(2, view(1, 2), { compatibility: 'other memory' });
    expect(desk.last(0, 'denied')).toMatchObject({ peer: { port: 4002 }, compatibility: 'other memory' });
    expect(desk.last(2, 'denied')).toMatchObject({ peer: { port: 4000 }, compatibility: 'all the same' });
    expect(desk.kinds(1)).toEqual([]);
  });

  it('has a view of its own when it finds no room, and both sides hear of it', () => {
    const desk = new Desk();
    const old = view(5, 0, 1);
    for (const number of old.numbers) desk.join(number, old, { maxMembers: 2 });
    desk.join(2);
    desk.synced(2, view(1, 2), 1);
    desk.synced(0, old, 1);
    expect(desk.last(2, 'denied')).toMatchObject({ members: 3 });
    expect(numbersOf(desk.last(0, 'propose').state)).toEqual([0, 1]);
  });
});

describe('a view that its members tell of', () => {
  it('is taken up as it is when all are there', () => {
    const desk = new Desk();
    desk.together(3);
    desk.environment.advance(10 * GATHER_MS);
    for (const number of [0, 1, 2]) expect(desk.kinds(number)).toEqual([]);
  });

  it('goes on without those who do not come in time', () => {
    const desk = new Desk();
    const old = view(5, 0, 1, 2);
    desk.join(0, old);
    desk.join(2, old);
    desk.environment.advance(GATHER_MS - 1);
    expect(desk.kinds(0)).toEqual([]);
    desk.environment.advance(1);
    expect(desk.last(0, 'sync')).toMatchObject({ attempt: 1, failed: [1] });
    desk.synced(0, old, 1, [1]);
    expect(numbersOf(desk.agree(0))).toEqual([0, 2]);
  });

  it('ends at once when it was ending before', () => {
    const desk = new Desk();
    const old = view(5, 0, 1);
    desk.join(0, old, { wants: true });
    desk.join(1, old);
    expect(desk.kinds(1)).toEqual(['sync']);
  });

  it('gets a time above all that its members have agreed to', () => {
    const desk = new Desk();
    const old = view(5, 0, 1);
    desk.join(0, old, { floor: 9, wants: true });
    desk.join(1, old);
    desk.synced(0, old, 1);
    expect(desk.agree(0).id.time).toBe(10);
  });

  it('is one with another that is there already, the larger first', () => {
    const desk = new Desk();
    const [small, large] = [view(9, 7, 8), view(5, 0, 1, 2)];
    for (const number of small.numbers) desk.join(number, small);
    for (const number of large.numbers) desk.join(number, large);
    desk.synced(7, small, 1);
    desk.synced(0, large, 1);
    const state = desk.agree(0);
    expect({ time: state.id.time, members: numbersOf(state) }).toEqual({ time: 10, members: [0, 1, 2, 7, 8] });
  });

  it('is forgotten when all who told of it are gone', () => {
    const desk = new Desk();
    desk.join(0, view(5, 0, 1));
    desk.gone(0);
    expect(desk.service.counts()).toEqual({ connections: 0, groups: 0 });
    expect(desk.environment.pendingTimers).toBe(0);
  });
});

describe('who fails', () => {
  it('is out for all when its connection ends', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.gone(1);
    for (const number of [0, 2]) expect(desk.last(number, 'sync')).toMatchObject({ attempt: 1, failed: [1] });
    desk.synced(0, old, 1, [1]);
    expect(numbersOf(desk.agree(0))).toEqual([0, 2]);
  });

  it('is out for all when one suspects it; and, if it lives, alone until it may come back', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.say(2, { kind: 'fail', view: old.id, ranks: [1] });
    // Its first attempt alone is none that the others have.
    expect(desk.last(1, 'sync')).toMatchObject({ attempt: 1, failed: [0, 2] });
    expect(desk.last(0, 'sync')).toMatchObject({ attempt: 1, failed: [1] });
    desk.synced(0, old, 1, [1]);
    expect(numbersOf(desk.agree(0))).toEqual([0, 2]);
    const next = install(desk, 6, [0, 2]);
    desk.synced(1, old, 1, [0, 2]);
    expect(desk.kinds(0)).toEqual(['view']);
    desk.environment.advance(READMIT_MS);
    desk.synced(0, next, desk.last(0, 'sync').attempt);
    expect(numbersOf(desk.agree(0))).toEqual([0, 2, 1]);
  });

  it('does not take out those that it suspects in its turn', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.say(0, { kind: 'fail', view: old.id, ranks: [1] });
    desk.say(1, { kind: 'fail', view: old.id, ranks: [0, 2] });
    expect(desk.last(0, 'sync')).toMatchObject({ failed: [1] });
    expect(desk.last(2, 'sync')).toMatchObject({ failed: [1] });
  });

  it('makes void what was said before it failed', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.say(0, { kind: 'prompt', view: old.id });
    desk.synced(0, old, 1);
    const { state } = desk.last(0, 'propose');
    desk.gone(2);
    expect(desk.last(0, 'sync')).toMatchObject({ attempt: 2, failed: [2] });
    // Two attempts cross: the consent to the first comes too late.
    const message = bytesOf('');
    desk.say(0, { kind: 'proposed', view: old.id, time: state.id.time, message, primary: false });
    desk.synced(0, old, 1);
    expect(desk.kinds(0)).toEqual([]);
    desk.synced(0, old, 2, [2]);
    const again = desk.agree(0);
    expect(again.id.time).toBe(state.id.time + 1);
    expect(numbersOf(again)).toEqual([0, 1]);
  });

  it('does not make void what others have said', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.join(7);
    desk.synced(7, view(1, 7), 1);
    desk.gone(1);
    expect(desk.kinds(7)).toEqual(['sync']);
    desk.synced(0, old, 2, [1]);
    expect(numbersOf(desk.agree(0))).toEqual([0, 7]);
  });
});

describe('a coordinator that fails', () => {
  it('before it has flushed: the next one does', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.say(2, { kind: 'prompt', view: old.id });
    desk.gone(0);
    expect(desk.last(1, 'sync')).toMatchObject({ attempt: 2, failed: [0] });
    desk.synced(1, old, 2, [0]);
    expect(numbersOf(desk.agree(1))).toEqual([1, 2]);
  });

  it('after it has flushed: its word is void', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.join(7);
    desk.synced(0, old, 1);
    desk.gone(0);
    desk.synced(7, view(1, 7), 1);
    expect(desk.last(1, 'sync')).toMatchObject({ attempt: 2 });
    desk.synced(1, old, 2, [0]);
    expect(numbersOf(desk.agree(1))).toEqual([1, 2, 7]);
  });

  it('when it was asked for the message: the next one is', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.say(1, { kind: 'prompt', view: old.id });
    desk.synced(0, old, 1);
    desk.gone(0);
    desk.synced(1, old, 2, [0]);
    expect(numbersOf(desk.agree(1))).toEqual([1]);
  });

  it('with the view granted: the next one gets the same, for those who have it not', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.join(7);
    desk.synced(0, old, 1);
    desk.synced(7, view(1, 7), 1);
    const state = desk.agree(0);
    desk.installed(7, view(6, 0, 1, 2, 7));
    desk.installed(1, view(6, 0, 1, 2, 7));
    desk.gone(0);
    // Also who has it: it may be the one that gives it to the others.
    for (const number of [1, 2]) expect(desk.last(number, 'sync')).toMatchObject({ view: old.id, failed: [0] });
    desk.synced(2, old, 2, [0, 1]);
    expect(desk.last(2, 'view')).toMatchObject({ view: old.id, attempt: 2, state: { id: state.id } });
    desk.installed(2, view(6, 0, 1, 2, 7));
    expect(desk.last(7, 'sync')).toMatchObject({ view: state.id, failed: [0] });
  });

  it('and does not answer: its connection is closed', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.say(1, { kind: 'prompt', view: old.id });
    desk.environment.advance(5000);
    expect(desk.closed).toEqual(['0: it does not answer']);
    expect(desk.last(1, 'sync')).toMatchObject({ attempt: 2, failed: [0] });
  });

  it('and does not say the message: its connection is closed', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.say(1, { kind: 'prompt', view: old.id });
    desk.synced(0, old, 1);
    desk.environment.advance(5000);
    expect(desk.closed).toEqual(['0: it does not answer']);
  });

  it('and does not give the view to anyone: its connection is closed', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.say(1, { kind: 'prompt', view: old.id });
    desk.synced(0, old, 1);
    desk.agree(0);
    desk.environment.advance(5000);
    expect(desk.closed).toEqual(['0: it does not answer']);
    expect(desk.last(1, 'sync')).toMatchObject({ view: old.id, failed: [0] });
  });
});

describe('who leaves', () => {
  it('is in no next view, and its end is no failure', () => {
    const desk = new Desk();
    const old = desk.together(3);
    desk.say(0, { kind: 'leave', view: old.id });
    expect(desk.kinds(1)).toEqual(['sync']);
    desk.synced(1, old, 1, [], [0]);
    expect(numbersOf(desk.agree(1))).toEqual([1, 2]);
    install(desk, 6, [1, 2]);
    desk.gone(0);
    expect([desk.kinds(1), desk.kinds(2)]).toEqual([['view'], ['sync']]);
  });

  it('is forgotten with its group when it was the last', () => {
    const desk = new Desk();
    desk.together(1);
    desk.gone(0);
    expect(desk.service.counts()).toEqual({ connections: 0, groups: 0 });
  });
});

describe('who connects again', () => {
  it('is known by its endpoint, and alone: the others go on without it', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.service.connected(10);
    desk.say(10, join(0, old));
    expect(desk.closed).toEqual(['0: it has connected again']);
    expect(desk.last(1, 'sync')).toMatchObject({ failed: [0] });
    expect(desk.last(10, 'sync')).toMatchObject({ failed: [1] });
  });

  it('never goes to one view with the others of the view that it was taken out of', () => {
    const desk = new Desk();
    const old = desk.together(2);
    desk.gone(0);
    desk.service.connected(10);
    desk.say(10, join(0, old));
    desk.synced(10, old, desk.last(10, 'sync').attempt, [1]);
    desk.environment.advance(READMIT_MS);
    desk.synced(1, old, 1, [0]);
    // They have not delivered the same.
    expect(numbersOf(desk.agree(1))).toEqual([1]);
    expect(numbersOf(desk.agree(10))).toEqual([0]);
  });

  it('with a view that another service gave it is asked for it', () => {
    const desk = new Desk();
    const old = desk.together(2);
    const other = view(8, 0, 1, 2);
    desk.installed(0, other);
    expect(desk.kinds(0)).toEqual(['ask']);
    desk.say(0, join(0, other));
    expect(desk.kinds(1)).toEqual([]);
    desk.installed(1, other);
    desk.join(2, other);
    expect(desk.service.counts()).toEqual({ connections: 3, groups: 1 });
    expect(desk.last(1, 'sync').view).toEqual(other.id);
    desk.say(0, { kind: 'fail', view: old.id, ranks: [1] });
    expect(desk.kinds(1)).toEqual([]);
  });
});

describe('what nobody sends', () => {
  const old = view(5, 0, 1);

  it.each([
    ['a rank beyond the view', (desk: Desk) => desk.say(0, { kind: 'fail', view: old.id, ranks: [2] })],
    ['flushed by who does not coordinate', (desk: Desk) => desk.synced(1, old, 1)],
    ['a view of another list', (desk: Desk) => desk.say(1, join(1, { id: old.id, numbers: [0, 1, 2] }))],
    ['another member', (desk: Desk) => desk.say(1, join(0, old))],
    ['another group', (desk: Desk) => desk.say(1, join(1, old, { group: 'another' }))],
  ])('ends its connection: %s', (_, act) => {
    const desk = new Desk();
    desk.together(2);
    desk.say(0, { kind: 'prompt', view: old.id });
    act(desk);
    expect(desk.closed).toHaveLength(1);
    expect(desk.service.counts().connections).toBe(1);
  });

  it('ends a connection that says nothing', () => {
    const desk = new Desk();
    desk.service.connected(3);
    desk.environment.advance(FIRST_WORDS_MS);
    expect(desk.closed).toEqual(['3: it does not say who it is']);
  });

  it('is ignored where it belongs to an older attempt or another view', () => {
    const desk = new Desk();
    const of = desk.together(2);
    desk.synced(0, of, 0);
    desk.synced(0, view(4, 0, 1), 1);
    desk.say(0, { kind: 'proposed', view: of.id, time: 6, message: bytesOf(''), primary: false });
    desk.say(0, { kind: 'fail', view: view(4, 0, 1).id, ranks: [1] });
    expect([desk.kinds(0), desk.kinds(1), desk.closed]).toEqual([[], [], []]);
  });

  it('is answered with a question where it comes before the member has said who it is', () => {
    const desk = new Desk();
    desk.service.connected(0);
    desk.say(0, { kind: 'prompt', view: old.id });
    desk.installed(0, old);
    expect(desk.kinds(0)).toEqual(['ask']);
  });
});

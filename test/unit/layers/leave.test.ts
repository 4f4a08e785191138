import { describe, expect, it } from 'vitest';
import { Leave } from '../../../ts/layers/leave.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { StackEvent } from '../../../ts/stack/event.js';
import { viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, PASSING, reader } from './fake-context.js';

const LEAVE = 1;
const GOT_VIEW = 2;
const ALL_GOT = 3;
const view: StackEvent = { type: 'view', state: viewOf([0, 1], { time: 6 }) };
const record = (type: number) => reader(new ByteWriter().u8(type));

/** What was said, as `1 to all`. */
function said(context: FakeContext): string[] {
  const casts = context.casts.map(([type]) => `${type} to all`);
  return [...casts, ...context.sends.map(({ to, record: [type] }) => `${type} to ${to}`)];
}

describe('Leave of a member that leaves', () => {
  it('tells all, and everything above and below it', () => {
    const { layer, context } = layerIn(Leave, 3, { myRank: 1 });
    layer.up({ type: 'leave' });
    expect(said(context)).toEqual([`${LEAVE} to all`]);
    expect(context.ups).toEqual([{ type: 'leave' }]);
    expect(context.downs).toEqual([{ type: 'leaving', rank: 1 }]);
  });

  it('leaves once, however often it is asked to', () => {
    const { layer, context } = layerIn(Leave, 3, { myRank: 1 });
    layer.up({ type: 'leave' });
    layer.up({ type: 'leave' });
    expect(said(context)).toHaveLength(1);
    expect(context.downs).toHaveLength(1);
  });
});

describe('Leave of the others', () => {
  it('tells who leaves', () => {
    const { layer, context } = layerIn(Leave, 3);
    layer.receive(2, record(LEAVE));
    expect(context.downs).toEqual([{ type: 'leaving', rank: 2 }]);
  });

  it('refuses records that nobody sends', () => {
    const { layer } = layerIn(Leave, 3);
    expect(() => layer.receive(2, record(4))).toThrow(MalformedError);
    expect(() => layer.receive(2, reader(new Uint8Array(0)))).toThrow(MalformedError);
  });

  it.each(PASSING.filter(({ type }) => type !== 'leave'))('lets $type pass', (event) => {
    const { layer, context } = layerIn(Leave, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

describe('Leave at the end of a view', () => {
  it('tells the coordinator of the change that the next view is here, and ends when all have it', () => {
    const { layer, context } = layerIn(Leave, 3, { myRank: 2 });
    layer.up(block(1, 1, [0]));
    layer.up(view);
    expect(said(context)).toEqual([`${GOT_VIEW} to 1`]);
    expect(context.upTypes).toEqual(['block', 'view']);
    layer.receive(1, record(ALL_GOT));
    expect(context.upTypes).toEqual(['block', 'view', 'exit']);
  });

  it('waits, where it coordinates, for all who have not failed, and tells them', () => {
    const { layer, context } = layerIn(Leave, 4);
    layer.up(block(0, 1, [3]));
    layer.receive(1, record(GOT_VIEW));
    layer.up(view);
    expect(context.upTypes).toEqual(['block', 'view']);
    layer.receive(2, record(GOT_VIEW));
    expect(said(context)).toEqual([`${ALL_GOT} to all`]);
    expect(context.upTypes).toEqual(['block', 'view', 'exit']);
  });

  it('waits for its own view, whatever the others have', () => {
    const { layer, context } = layerIn(Leave, 3);
    layer.up(block(0, 1));
    for (const rank of [1, 2]) layer.receive(rank, record(GOT_VIEW));
    expect(said(context)).toEqual([]);
    layer.up(view);
    expect(context.upTypes).toEqual(['block', 'view', 'exit']);
  });

  it('waits for those who leave too: what they sent is still to be had', () => {
    const { layer, context } = layerIn(Leave, 3);
    layer.up(block(0, 1, [], [2]));
    layer.up(view);
    layer.receive(1, record(GOT_VIEW));
    expect(said(context)).toEqual([]);
    layer.receive(2, record(GOT_VIEW));
    expect(said(context)).toEqual([`${ALL_GOT} to all`]);
  });

  it('counts as failed those of the last round', () => {
    const { layer, context } = layerIn(Leave, 3);
    layer.up(block(0, 1));
    layer.up(block(0, 2, [2]));
    layer.up(view);
    layer.receive(1, record(GOT_VIEW));
    expect(context.upTypes.at(-1)).toBe('exit');
  });

  it.each([0, 1])('ends at rank %i after leave_timeout, when somebody does not answer; and once', (myRank) => {
    const { layer, context } = layerIn(Leave, 3, { myRank, params: 'leave_timeout=2' });
    layer.up(block(0, 1));
    layer.up(view);
    context.environment.advance(1999);
    expect(context.upTypes).not.toContain('exit');
    context.environment.advance(1);
    for (const rank of [1, 2]) layer.receive(rank, record(myRank === 0 ? GOT_VIEW : ALL_GOT));
    expect(context.upTypes.filter((type) => type === 'exit')).toEqual(['exit']);
  });

  it('is over at once in a view of one', () => {
    const { layer, context } = layerIn(Leave, 1);
    layer.up(block(0, 1));
    layer.up(view);
    expect(context.upTypes).toEqual(['block', 'view', 'exit']);
  });

  it('does not believe that all have what it has not', () => {
    const { layer, context } = layerIn(Leave, 3, { myRank: 2 });
    layer.up(block(0, 1));
    layer.receive(0, record(ALL_GOT));
    expect(context.upTypes).toEqual(['block']);
  });
});

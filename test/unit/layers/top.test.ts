import { describe, expect, it } from 'vitest';
import { Top } from '../../../ts/layers/top.js';
import type { Contact, Merger, StackEvent } from '../../../ts/stack/event.js';
import type { ViewState } from '../../../ts/stack/view-state.js';
import { bytesOf, member, members, textOf, viewId, viewOf } from '../stack/views.js';
import { block, FakeContext, layerIn, PASSING, suspicion } from './fake-context.js';

const contact: Contact = { viewId: viewId(9, 7), coordinator: member(7) };

function elected(count: number, myRank = 0): { layer: Top; context: FakeContext } {
  const made = layerIn(Top, count, { myRank });
  made.layer.up({ type: 'elect' });
  return made;
}

function flushed(
  failed: readonly number[] = [],
  more: { contact?: Contact; says?: Record<number, string> } = {},
): StackEvent {
  const stateMessages = new Map(Object.entries(more.says ?? {}).map(([rank, text]) => [Number(rank), bytesOf(text)]));
  return { type: 'flushed', failed: new Set(failed), stateMessages, contact: more.contact };
}

function mergerOf(numbers: readonly number[], time: number, says: readonly string[] = numbers.map(() => '')): Merger {
  return {
    state: viewOf(numbers, { time, previous: [viewId(time - 1, numbers[0])] }),
    stateMessages: says.map(bytesOf),
  };
}

/** The rounds begun, as `1: failed 2 3 leaving 4`. */
function rounds(context: FakeContext): string[] {
  return context.downs.flatMap((event) =>
    event.type === 'block'
      ? [`${event.attempt}: failed ${[...event.failed].join(' ')} leaving ${[...event.leaving].join(' ')}`]
      : [],
  );
}

function nextView(context: FakeContext): ViewState | undefined {
  return context.downs.flatMap((event) => (event.type === 'view' ? [event.state] : []))[0];
}

const prompt: StackEvent = { type: 'prompt' };
const denied: StackEvent = { type: 'mergeFailed', reason: 'busy' };

describe('Top, normal', () => {
  it.each([
    ['a prompt', prompt, 'failed  leaving '],
    ['a suspicion', suspicion(2), 'failed 2 leaving '],
    ['a leaver', { type: 'leaving', rank: 2 }, 'failed  leaving 2'],
    ['a merger', { type: 'merger', merger: mergerOf([7], 3) }, 'failed  leaving '],
  ] as const)('begins a round for %s, where it coordinates', (_, event, round) => {
    const { layer, context } = elected(3);
    layer.up(event);
    expect(rounds(context)).toEqual([`1: ${round}`]);
    expect(context.downs[0]).toMatchObject({ coordinator: 0, attempt: 1 });
  });

  it('leaves it to the coordinator elsewhere, and begins when it is elected', () => {
    const { layer, context } = layerIn(Top, 3, { myRank: 1 });
    layer.up(suspicion(0));
    layer.up({ type: 'leaving', rank: 2 });
    expect(context.downs).toEqual([]);
    layer.up({ type: 'elect' });
    expect(rounds(context)).toEqual(['1: failed 0 leaving 2']);
    expect(context.downs[0]).toMatchObject({ coordinator: 1 });
  });

  it('begins nothing for being elected alone', () => {
    expect(elected(3).context.downs).toEqual([]);
  });

  it('begins one round for all that comes before it is flushed', () => {
    const { layer, context } = elected(4);
    layer.up(prompt);
    layer.up({ type: 'merger', merger: mergerOf([7], 3) });
    layer.up({ type: 'leaving', rank: 3 });
    expect(rounds(context)).toHaveLength(1);
    layer.up(flushed());
    expect(nextView(context)?.members).toEqual(members(0, 1, 2, 7));
  });
});

describe('Top, blocked', () => {
  it('begins again with more failed, and decides only when those are flushed', () => {
    const { layer, context } = elected(4);
    layer.up(suspicion(3));
    layer.up(suspicion(3));
    layer.up(suspicion(2, 3));
    expect(rounds(context)).toEqual(['1: failed 3 leaving ', '2: failed 3 2 leaving ']);
    layer.up(flushed([3]));
    expect(nextView(context)).toBeUndefined();
    layer.up(flushed([2, 3]));
    expect(nextView(context)?.members).toEqual(members(0, 1));
  });

  it('yields to the round of another', () => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    layer.up(block(1, 1, [], [0]));
    layer.up(flushed());
    expect(nextView(context)).toBeUndefined();
    expect(context.ups.at(-1)).toEqual(block(1, 1, [], [0]));
  });

  it('knows of the failed and the leavers of the rounds of others', () => {
    const { layer, context } = layerIn(Top, 5, { myRank: 1 });
    layer.up(block(0, 1, [4], [3]));
    layer.up(suspicion(0));
    layer.up({ type: 'elect' });
    expect(rounds(context)).toEqual(['1: failed 4 0 leaving 3']);
    layer.up(flushed([0, 4]));
    expect(nextView(context)?.members).toEqual(members(1, 2));
  });
});

describe('Top, deciding', () => {
  it('composes the view of those who stay, in the order of their ranks', () => {
    const { layer, context } = elected(5);
    layer.up({ type: 'leaving', rank: 1 });
    layer.up(suspicion(3));
    layer.up(flushed([3]));
    expect(nextView(context)).toEqual(
      viewOf([0, 2, 4], { time: 6, previous: [viewId(5)], message: bytesOf('view of 3') }),
    );
  });

  it('names it after itself, its new rank 0', () => {
    const { layer, context } = elected(4, 2);
    layer.up(suspicion(0, 1));
    layer.up(flushed([0, 1]));
    expect(nextView(context)).toMatchObject({ id: viewId(6, 2), members: members(2, 3), previous: [viewId(5)] });
  });

  it('appends the members of mergers in the order in which they asked, and is later than all of them', () => {
    const { layer, context } = elected(2);
    layer.up({ type: 'merger', merger: mergerOf([9, 8], 12) });
    layer.up({ type: 'merger', merger: mergerOf([7], 3) });
    layer.up(flushed());
    expect(nextView(context)).toMatchObject({
      id: viewId(13),
      members: members(0, 1, 9, 8, 7),
      previous: [viewId(5), viewId(11, 9), viewId(2, 7)],
    });
  });

  it('has the stack and the parameters of its own view, whatever the mergers have; and is not primary by itself', () => {
    const context = new FakeContext(viewOf([0], { params: 'heal_sweep=2:time', primary: true }));
    const layer = new Top(context);
    layer.up({ type: 'elect' });
    const merger = mergerOf([7], 3);
    layer.up({ type: 'merger', merger: { ...merger, state: { ...merger.state, params: '', primary: true } } });
    layer.up(flushed());
    expect(nextView(context)).toMatchObject({ params: 'heal_sweep=2:time', primary: false });
  });

  it('asks its application for the view message, with what the members have said, by their new ranks', () => {
    const { layer, context } = elected(4);
    layer.up(suspicion(1));
    layer.up({ type: 'merger', merger: mergerOf([8, 9], 3, ['', 'nine']) });
    layer.up({ type: 'merger', merger: mergerOf([7], 3, ['seven']) });
    layer.up({ type: 'leaving', rank: 2 });
    layer.up(flushed([1], { says: { 0: 'zero', 1: 'one', 2: 'two', 3: 'three' } }));
    const [asked] = context.application.views;
    expect(asked?.next.members).toEqual(members(0, 3, 8, 9, 7));
    expect([...(asked?.stateMessages ?? [])].map(([rank, text]) => [rank, textOf(text)])).toEqual([
      [0, 'zero'],
      [1, 'three'],
      [3, 'nine'],
      [4, 'seven'],
    ]);
    expect(textOf(nextView(context)?.message)).toBe('view of 5');
  });

  it('decides once: what comes later is for the next view', () => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    layer.up(flushed());
    const said = context.downs.length;
    for (const event of [prompt, suspicion(2), flushed(), denied, { type: 'leaving', rank: 1 } as const])
      layer.up(event);
    expect(context.downs).toHaveLength(said);
  });

  it('is done when a view comes from elsewhere', () => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    const view = { type: 'view', state: viewOf([9, 0, 1, 2]) } as const;
    layer.up(view);
    layer.up(flushed());
    expect(nextView(context)).toBeUndefined();
    expect(context.ups.at(-1)).toEqual(view);
  });
});

describe('Top, merging', () => {
  it('asks the larger view that was found, with its own as it would go on', () => {
    const { layer, context } = elected(3);
    layer.up({ type: 'leaving', rank: 1 });
    layer.up(flushed([], { contact, says: { 0: 'zero', 2: 'two' } }));
    const merger = {
      state: viewOf([0, 2], { time: 6, previous: [viewId(5)] }),
      stateMessages: [bytesOf('zero'), bytesOf('two')],
    };
    expect(context.downs.slice(1)).toEqual([{ type: 'mergeRequest', contact, merger }]);
    expect(context.application.views).toEqual([]);
  });

  it.each([
    ['somebody has failed', suspicion(2), [2]],
    ['it takes others in', { type: 'merger', merger: mergerOf([8], 3) } as const, []],
  ])('does not when %s: that comes first', (_, event, failed) => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    layer.up(event);
    layer.up(flushed(failed, { contact }));
    expect(context.downTypes).not.toContain('mergeRequest');
    expect(nextView(context)).toBeDefined();
  });

  it('goes on alone when nothing comes of it', () => {
    const { layer, context } = elected(2);
    layer.up(prompt);
    layer.up(flushed([], { contact }));
    layer.up(denied);
    expect(nextView(context)).toMatchObject({ members: members(0, 1), id: viewId(6) });
  });

  it('waits with those who fail meanwhile, and begins again without them when nothing comes of it', () => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    layer.up(flushed([], { contact }));
    layer.up(suspicion(2));
    expect(rounds(context)).toHaveLength(1);
    layer.up(denied);
    expect(rounds(context)).toEqual(['1: failed  leaving ', '2: failed 2 leaving ']);
    expect(nextView(context)).toBeUndefined();
    layer.up(flushed([2]));
    expect(nextView(context)?.members).toEqual(members(0, 1));
  });

  it('goes on without those who say meanwhile that they leave', () => {
    const { layer, context } = elected(3);
    layer.up(prompt);
    layer.up(flushed([], { contact }));
    layer.up({ type: 'leaving', rank: 2 });
    layer.up(denied);
    expect(nextView(context)?.members).toEqual(members(0, 1));
  });

  it('hears of a merge that failed only while it merges', () => {
    const { layer, context } = elected(2);
    layer.up(denied);
    layer.up(prompt);
    layer.up(denied);
    expect(context.downTypes).toEqual(['block']);
  });
});

describe('Top of a member that leaves', () => {
  it('exits at once where it is alone', () => {
    const { layer, context } = elected(1);
    layer.up({ type: 'leaving', rank: 0 });
    expect(context.upTypes).toEqual(['exit']);
    expect(context.downs).toEqual([]);
  });

  it('leaves the change to the next, and does not coordinate any more', () => {
    const { layer, context } = elected(3);
    layer.up({ type: 'leaving', rank: 0 });
    layer.up(prompt);
    expect([context.downs, context.upTypes]).toEqual([[], ['prompt']]);
  });

  it('exits when nobody stays who could make a view without it: all leave, or have failed', () => {
    const { layer, context } = elected(3);
    layer.up({ type: 'leaving', rank: 0 });
    layer.up({ type: 'leaving', rank: 2 });
    expect(context.upTypes).toEqual([]);
    layer.up(suspicion(1));
    layer.up(suspicion(1, 2));
    expect(context.upTypes).toEqual(['suspect', 'exit']);
  });

  it('does not exit so when it has the next view: Leave says when', () => {
    const { layer, context } = elected(2, 1);
    layer.up({ type: 'leaving', rank: 1 });
    layer.up({ type: 'view', state: viewOf([0], { time: 6 }) });
    layer.up(suspicion(0));
    expect(context.upTypes).toEqual(['view']);
  });
});

describe('Top', () => {
  it.each([
    ...PASSING.filter(({ type }) => type !== 'leaving' && type !== 'prompt'),
    prompt,
    { type: 'init' } as const,
  ])('lets $type out at the top', (event) => {
    const { layer, context } = layerIn(Top, 3, { myRank: 1 });
    layer.up(event);
    expect(context.ups).toEqual([event]);
  });

  it('lets what comes from the application down', () => {
    const { layer, context } = layerIn(Top, 3);
    for (const event of PASSING) layer.down(event);
    expect(context.downs).toEqual(PASSING);
  });
});

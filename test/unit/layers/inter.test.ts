import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { Inter } from '../../../ts/layers/inter.js';
import type { MergeMessage, Merger, StackEvent } from '../../../ts/stack/event.js';
import { bytesOf, member, viewId, viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, PASSING } from './fake-context.js';

type Request = Extract<MergeMessage, { kind: 'request' }>;

function mergerOf(numbers: readonly number[], time = 3): Merger {
  return { state: viewOf(numbers, { time: time + 1 }), stateMessages: numbers.map(() => bytesOf('')) };
}

function requestOf(numbers: readonly number[], more: Partial<Request> = {}): Request {
  return {
    kind: 'request',
    into: viewId(5),
    from: viewId(3, numbers[0]),
    merger: mergerOf(numbers),
    compatibility: 'all the same',
    joinMessage: bytesOf('please'),
    ...more,
  };
}

function hear(layer: Inter, from: number, message: MergeMessage): void {
  layer.up({ type: 'mergeMessage', peer: member(from), message });
}

/** What was said to other coordinators. */
function told(context: FakeContext): [to: Endpoint, message: MergeMessage][] {
  return context.downs.flatMap((event) => (event.type === 'mergeMessage' ? [[event.peer, event.message]] : []));
}

const ask: StackEvent = {
  type: 'mergeRequest',
  contact: { viewId: viewId(9, 7), coordinator: member(7) },
  merger: mergerOf([0, 1], 5),
};

describe('Inter, asked', () => {
  it('hands the merger up, and grants when the view is composed', () => {
    const { layer, context } = layerIn(Inter, 2);
    const request = requestOf([4, 5]);
    hear(layer, 4, request);
    expect(context.ups).toEqual([{ type: 'merger', merger: request.merger }]);
    expect(told(context)).toEqual([]);
    const event = { type: 'view', state: viewOf([0, 1, 4, 5], { time: 6 }) } as const;
    layer.down(event);
    expect(told(context)).toEqual([[member(4), { kind: 'granted', to: viewId(3, 4), state: event.state }]]);
    expect(context.downs.at(-1)).toEqual(event);
  });

  it('takes many into one view, each once, however often they ask', () => {
    const { layer, context } = layerIn(Inter, 1);
    for (const number of [4, 5, 4, 6, 5]) hear(layer, number, requestOf([number]));
    expect(context.upTypes).toEqual(['merger', 'merger', 'merger']);
    layer.down({ type: 'view', state: viewOf([0, 4, 5, 6], { time: 6 }) });
    expect(told(context).map(([to, { kind }]) => [to.port - 4000, kind])).toEqual([
      [4, 'granted'],
      [5, 'granted'],
      [6, 'granted'],
    ]);
  });

  it('still takes views in while this one is blocked: until the next is composed', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.up(block(0, 1));
    hear(layer, 4, requestOf([4]));
    expect(context.upTypes).toEqual(['block', 'merger']);
  });

  it.each([
    ['the next view is decided', (layer: Inter) => layer.down({ type: 'view', state: viewOf([0, 1], { time: 6 }) })],
    ['the next view has come', (layer: Inter) => layer.up({ type: 'view', state: viewOf([0, 1], { time: 6 }) })],
  ])('is silent when %s', (_, end) => {
    const { layer, context } = layerIn(Inter, 2);
    end(layer);
    context.clear();
    hear(layer, 4, requestOf([4]));
    expect([context.ups, context.downs]).toEqual([[], []]);
  });

  it('refuses where another coordinates, so that nobody stays blocked for it', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.up(block(1, 1, [], [0]));
    context.clear();
    hear(layer, 4, requestOf([4]));
    expect(context.ups).toEqual([]);
    expect(told(context)).toMatchObject([[member(4), { kind: 'denied', to: viewId(3, 4), by: 'busy' }]]);
  });

  it('does not refuse members of its own view: their grant is on the way', () => {
    const { layer, context } = layerIn(Inter, 3, { myRank: 1 });
    hear(layer, 2, requestOf([2]));
    expect([context.ups, context.downs]).toEqual([[], []]);
  });

  it('refuses where it does not coordinate, until it is elected', () => {
    const { layer, context } = layerIn(Inter, 2, { myRank: 1 });
    hear(layer, 4, requestOf([4]));
    expect(told(context).map(([, { kind }]) => kind)).toEqual(['denied']);
    context.clear();
    layer.up({ type: 'elect' });
    hear(layer, 4, requestOf([4]));
    expect(context.upTypes).toEqual(['elect', 'merger']);
  });

  it('denies, for now, while it asks another itself: no two can wait for each other', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    context.clear();
    hear(layer, 4, requestOf([4]));
    expect(told(context)).toEqual([
      [member(4), { kind: 'denied', to: viewId(3, 4), reason: 'it merges with another view itself', by: 'busy' }],
    ]);
    expect([context.ups, context.application.reports]).toEqual([[], []]);
  });

  it.each([
    ['another stack', { merger: { ...mergerOf([4]), state: viewOf([4], { protocol: 'Top_appl:Bottom' }) } }],
    ['other options', { compatibility: 'memory 1 MiB' }],
  ])('denies for good a view with %s, and both sides say so', (_, more) => {
    const { layer, context } = layerIn(Inter, 2);
    hear(layer, 4, requestOf([4], more));
    expect(told(context)).toMatchObject([[member(4), { kind: 'denied', to: viewId(3, 4), by: 'incompatible' }]]);
    expect(context.application.reports).toMatchObject([{ code: 'ERR_INCOMPATIBLE' }]);
  });

  it('denies for good what would make the view larger than it can be, with all that it has taken', () => {
    const { layer, context } = layerIn(Inter, 2, { maxMembers: 4 });
    hear(layer, 4, requestOf([4, 5]));
    hear(layer, 6, requestOf([6]));
    expect(context.upTypes).toEqual(['merger']);
    expect(told(context)).toEqual([
      [
        member(6),
        {
          kind: 'denied',
          to: viewId(3, 6),
          reason: '5 members are more than the 4 that a view can have',
          by: 'incompatible',
        },
      ],
    ]);
  });

  it('suspects members of mine that ask from a later view', () => {
    const { layer, context } = layerIn(Inter, 3);
    hear(layer, 1, requestOf([1, 2], { from: viewId(7, 1) }));
    expect(context.ups).toEqual([{ type: 'suspect', ranks: [1, 2], reason: 'it is in the view 7@10.0.0.1:4001' }]);
    expect(told(context)).toEqual([]);
  });

  it('ignores a request that was delayed: from a view of before mine', () => {
    const { layer, context } = layerIn(Inter, 3);
    hear(layer, 1, requestOf([1, 2], { from: viewId(4, 1), into: viewId(4) }));
    expect([context.ups, context.downs]).toEqual([[], []]);
  });

  it('takes no member twice: of two views that both have it only the first', () => {
    const { layer, context } = layerIn(Inter, 1);
    hear(layer, 4, requestOf([4, 5]));
    hear(layer, 6, requestOf([6, 5]));
    expect(context.upTypes).toEqual(['merger']);
    expect(told(context)).toEqual([]);
  });
});

describe('Inter, asking', () => {
  it('asks with the view as it would go on, and its name', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    expect(told(context)).toEqual([
      [
        member(7),
        {
          kind: 'request',
          into: viewId(9, 7),
          from: viewId(5),
          merger: mergerOf([0, 1], 5),
          compatibility: 'all the same',
          joinMessage: bytesOf(''),
        },
      ],
    ]);
    expect(context.downTypes).toEqual(['mergeMessage']);
  });

  const grant = { kind: 'granted', to: viewId(5), state: viewOf([7, 0, 1], { time: 10 }) } as const;

  it('goes down with the view that is granted, once', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    context.clear();
    hear(layer, 7, grant);
    hear(layer, 7, grant);
    expect(context.downs).toEqual([{ type: 'view', state: grant.state }]);
  });

  it.each([
    ['was not asked for', false, grant],
    ['does not have me', true, { ...grant, state: viewOf([7, 1], { time: 10 }) }],
  ] as const)('ignores a grant that %s', (_, asks, message) => {
    const { layer, context } = layerIn(Inter, 2);
    if (asks) layer.down(ask);
    context.clear();
    hear(layer, 7, message);
    expect([context.ups, context.downs]).toEqual([[], []]);
  });

  it('ignores a grant that comes when it has given up', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    layer.up({ type: 'mergeFailed', reason: 'no answer' });
    expect(context.upTypes).toEqual(['mergeFailed']);
    context.clear();
    hear(layer, 7, grant);
    expect([context.ups, context.downs]).toEqual([[], []]);
  });

  it('gives up when it is denied, and takes others in again', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    hear(layer, 7, { kind: 'denied', to: viewId(5), reason: 'busy', by: 'busy' });
    hear(layer, 7, { kind: 'denied', to: viewId(5), reason: 'busy', by: 'busy' });
    expect(context.ups).toEqual([{ type: 'mergeFailed', reason: 'busy' }]);
    expect(context.application.reports).toEqual([]);
    hear(layer, 4, requestOf([4]));
    expect(context.upTypes).toEqual(['mergeFailed', 'merger']);
  });

  it('says so when it is denied for good', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.down(ask);
    hear(layer, 7, { kind: 'denied', to: viewId(5), reason: 'too many', by: 'incompatible' });
    expect(context.application.reports).toMatchObject([{ code: 'ERR_INCOMPATIBLE' }]);
    expect(context.application.reports[0]?.message).toContain('too many');
  });

  it('tells only of a merge that fails while it asks', () => {
    const { layer, context } = layerIn(Inter, 2);
    layer.up({ type: 'mergeFailed', reason: 'late' });
    layer.down(ask);
    hear(layer, 7, grant);
    layer.up({ type: 'mergeFailed', reason: 'late' });
    expect(context.ups).toEqual([]);
  });
});

describe('Inter', () => {
  it.each([...PASSING, { type: 'decided', state: viewOf([0]) } as const])('lets $type pass', (event) => {
    const { layer, context } = layerIn(Inter, 2);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });

  it('takes one that has come again for another, and the one that it was for gone', () => {
    const { layer, context } = layerIn(Inter, 2);
    const again = { ...viewOf([1], { time: 2 }), members: [member(1, 8)], id: { time: 2, coordinator: member(1, 8) } };
    hear(layer, 1, requestOf([1], { merger: { state: again, stateMessages: [bytesOf('')] }, from: again.id }));
    expect(context.ups).toMatchObject([{ type: 'suspect', ranks: [1] }, { type: 'merger' }]);
  });
});

describe('Inter and who joins alone', () => {
  it('asks the application for leave, and for whom comes with others it does not', () => {
    const { layer, context } = layerIn(Inter, 2);
    context.application.letsIn = false;
    hear(layer, 4, requestOf([4]));
    expect(told(context)).toMatchObject([[member(4), { kind: 'denied', to: viewId(3, 4), by: 'application' }]]);
    expect(context.ups).toEqual([]);
    hear(layer, 5, requestOf([5, 6]));
    expect(context.upTypes).toEqual(['merger']);
    expect(context.application.reports).toEqual([]);
  });

  it('has a message with the request', () => {
    const { layer, context } = layerIn(Inter, 1);
    layer.down(ask);
    expect(told(context)).toMatchObject([[member(7), { joinMessage: bytesOf('please') }]]);
  });

  it.each([
    [{ kind: 'denied', to: viewId(5), reason: 'no', by: 'application' }, 'denied'],
    [{ kind: 'granted', to: viewId(5), state: viewOf([7, 0], { time: 10 }) }, 'ready'],
  ] as const)('is told what has become of it: %j', (message, type) => {
    const { layer, context } = layerIn(Inter, 1);
    layer.down(ask);
    hear(layer, 7, message);
    expect(context.application.answers).toMatchObject([{ type }]);
  });

  it('is told when nobody answers', () => {
    const { layer, context } = layerIn(Inter, 1);
    layer.down(ask);
    layer.up({ type: 'mergeFailed', reason: 'no answer' });
    expect(context.application.answers).toEqual([{ type: 'failed', reason: 'no answer' }]);
  });
});

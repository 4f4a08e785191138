import { describe, expect, it } from 'vitest';
import type { FromService, ServicePort, ToService } from '../../../ts/groupd/messages.js';
import { Groupd } from '../../../ts/layers/groupd.js';
import type { ViewState } from '../../../ts/stack/view-state.js';
import { bytesOf, member, textOf, viewId, viewOf } from '../stack/views.js';
import { block, type FakeSettings, layerIn, suspicion } from './fake-context.js';

const OLD = viewId(5);

class FakeService implements ServicePort {
  readonly group = 'a group';
  isConnected = true;
  readonly said: ToService[] = [];

  send(message: ToService): void {
    if (this.isConnected) this.said.push(message);
  }

  take(): ToService[] {
    return this.said.splice(0);
  }

  kinds(): string[] {
    return this.take().map(({ kind }) => kind);
  }
}

/** A member of a view of `count` that has installed it, as a stack would have it. */
function installed(count: number, settings: FakeSettings & { readonly view?: Partial<ViewState> } = {}) {
  const { layer, context } = layerIn(Groupd, count, { ...settings, view: { previous: [viewId(4)], ...settings.view } });
  const service = new FakeService();
  context.service = service;
  layer.up({ type: 'init' });
  if (context.myRank === 0) layer.up({ type: 'elect' });
  const hear = (event: FromService) => layer.receiveService(event);
  const order = (attempt: number, ...failed: number[]) => hear({ kind: 'sync', view: OLD, attempt, failed });
  /** What goes down comes back. */
  const bounce = () => {
    for (const event of context.downs.splice(0)) layer.up(event);
  };
  const flush = (...failed: number[]) => {
    const stay = context.view.members.flatMap((_, rank) => (failed.includes(rank) ? [] : [rank]));
    const stateMessages = new Map(stay.map((rank) => [rank, bytesOf(`state of ${rank}`)]));
    layer.up({ type: 'flushed', failed: new Set(failed), stateMessages });
  };
  return { layer, context, service, hear, order, bounce, flush };
}

/** The coordinator of a view of two, which is flushed. */
function synced() {
  const all = installed(2);
  all.order(1);
  all.flush();
  all.service.take();
  all.context.clear();
  return all;
}

const NEXT = viewOf([0, 1, 7], { time: 6, groupName: '', message: bytesOf('hello') });

describe('Groupd', () => {
  it('tells the service of a view that it has granted', () => {
    const { service, context } = installed(2);
    expect(service.take()).toEqual([{ kind: 'installed', view: OLD }]);
    expect(context.upTypes).toEqual(['init']);
  });

  it('joins with a view of one in which nobody has been', () => {
    const { service } = installed(1, { view: { previous: [] }, params: 'sync_timeout=2', compatibility: 'mine' });
    expect(service.take()).toEqual([
      {
        kind: 'join',
        group: 'a group',
        me: member(0),
        view: OLD,
        members: [member(0)],
        protocol: expect.any(String),
        params: '',
        compatibility: 'mine',
        maxMembers: 1024,
        floor: 5,
        fresh: true,
        wants: false,
        patienceMs: 6000,
      },
    ]);
  });

  it('joins when there is a service, and when the service asks', () => {
    const { layer, service, hear } = installed(2);
    service.take();
    service.isConnected = false;
    layer.up(suspicion(1));
    expect(service.kinds()).toEqual([]);
    service.isConnected = true;
    layer.receiveService({ kind: 'connected' });
    expect(service.take()).toMatchObject([
      { kind: 'join', fresh: false, wants: false },
      { kind: 'fail', ranks: [1] },
    ]);
    hear({ kind: 'ask', view: OLD });
    expect(service.kinds()).toEqual(['join', 'fail']);
  });

  it('tells a service that is found later that it has asked for a view, which the one before may have forgotten', () => {
    const { layer, service } = installed(4);
    layer.up({ type: 'prompt' });
    service.take();
    layer.receiveService({ kind: 'disconnected' });
    layer.receiveService({ kind: 'connected' });
    expect(service.take()).toMatchObject([{ kind: 'join', wants: true }]);
  });

  it('tells whom it suspects, once, who leaves, and that somebody wants a view', () => {
    const { layer, service, context } = installed(4);
    service.take();
    layer.up(suspicion(2));
    layer.up(suspicion(2, 3));
    layer.up({ type: 'leaving', rank: 1 });
    layer.up({ type: 'prompt' });
    expect(service.take()).toMatchObject([
      { kind: 'fail', ranks: [2] },
      { kind: 'fail', ranks: [3] },
      { kind: 'prompt' },
      { kind: 'prompt' },
    ]);
    layer.up({ type: 'leaving', rank: 0 });
    expect(service.kinds()).toEqual(['leave']);
    // Nobody is left who could make a view without it.
    expect(context.upTypes).toContain('exit');
  });

  it('ends no view before the service says so', () => {
    const { layer, context } = installed(2);
    layer.up(suspicion(1));
    layer.up({ type: 'prompt' });
    expect(context.downTypes).toEqual([]);
  });

  it('ends the view for the service, without those who have failed, and says when it is flushed', () => {
    const { context, service, order, bounce, flush, layer } = installed(4);
    layer.up({ type: 'leaving', rank: 2 });
    service.take();
    order(3, 1);
    expect(context.downs).toEqual([
      { type: 'suspect', ranks: [1], reason: 'the membership service says so' },
      block(0, 1, [1], [2]),
    ]);
    bounce();
    // What the service says it need not be told.
    expect(service.take()).toEqual([]);
    flush(1);
    expect(service.take()).toEqual([
      {
        kind: 'synced',
        view: OLD,
        attempt: 3,
        failed: [1],
        leaving: [2],
        floor: 5,
        stateMessages: [bytesOf('state of 0'), bytesOf('state of 3')],
      },
    ]);
  });

  it('leaves that to the coordinator, and does it when it is elected', () => {
    const { layer, context, order } = installed(3, { myRank: 1 });
    order(1);
    layer.up(block(0, 1));
    expect(context.downTypes).toEqual([]);
    order(2, 0);
    layer.up({ type: 'elect' });
    expect(context.downTypes).toEqual(['suspect', 'block']);
  });

  it('does not say that it is flushed while somebody is suspected whom the service has not heard of', () => {
    const { layer, service, order, flush } = installed(3);
    order(1);
    layer.up(suspicion(2));
    service.take();
    flush();
    expect(service.take()).toEqual([]);
    order(2, 2);
    flush(2);
    expect(service.take()).toMatchObject([{ kind: 'synced', attempt: 2, failed: [2] }]);
  });

  it('asks its application for the message of a view that is proposed, and agrees to each time once', () => {
    const { context, service, hear } = synced();
    const stateMessages = [bytesOf('zero'), bytesOf(''), bytesOf('seven')];
    const propose = (time: number) =>
      hear({ kind: 'propose', view: OLD, attempt: 1, state: { ...NEXT, id: viewId(time) }, stateMessages });
    propose(6);
    expect(service.take()).toEqual([
      { kind: 'proposed', view: OLD, time: 6, message: bytesOf('view of 3'), primary: false },
    ]);
    const [asked] = context.application.views;
    expect(asked?.next.groupName).toBe('test');
    expect([...(asked?.stateMessages ?? [])].map(([rank, said]) => [rank, textOf(said)])).toEqual([
      [0, 'zero'],
      [2, 'seven'],
    ]);
    propose(6);
    propose(5);
    expect(service.kinds()).toEqual([]);
    propose(7);
    expect(service.kinds()).toEqual(['proposed']);
  });

  it('tells a service that is found later up to which time it has agreed', () => {
    const { layer, service, hear } = synced();
    hear({ kind: 'propose', view: OLD, attempt: 1, state: NEXT, stateMessages: [] });
    service.take();
    layer.receiveService({ kind: 'disconnected' });
    layer.receiveService({ kind: 'connected' });
    expect(service.take()).toMatchObject([{ kind: 'join', floor: 6, wants: true }]);
  });

  it('marks a view primary that has the quorum', () => {
    const { service, hear, order, flush } = installed(2, { params: 'primary_quorum=3' });
    order(1);
    flush();
    service.take();
    hear({ kind: 'propose', view: OLD, attempt: 1, state: NEXT, stateMessages: [] });
    expect(service.take()).toMatchObject([{ primary: true }]);
  });

  it('hands down the view that is granted, once, in the name of its group', () => {
    const { context, hear, bounce, layer } = synced();
    hear({ kind: 'view', view: OLD, attempt: 1, state: NEXT });
    hear({ kind: 'view', view: OLD, attempt: 1, state: NEXT });
    expect(context.downs).toEqual([{ type: 'view', state: { ...NEXT, groupName: 'test' } }]);
    bounce();
    expect(context.upTypes).toEqual(['view']);
    // The next view's layer speaks with the service from now on.
    layer.receiveService({ kind: 'connected' });
    expect(context.service).toMatchObject({ said: [] });
  });

  it('tells the application that its join comes to something', () => {
    const { context, hear, order, flush } = installed(1, { view: { previous: [] } });
    order(1);
    flush();
    hear({ kind: 'view', view: OLD, attempt: 1, state: viewOf([7, 0], { time: 6 }) });
    expect(context.application.answers).toEqual([{ type: 'ready', coordinator: member(7) }]);
  });

  it.each<[string, Partial<Extract<FromService, { kind: 'view' }>>]>([
    ['of an older attempt', { attempt: 0 }],
    ['for another view', { view: viewId(4) }],
    ['without this member', { state: viewOf([1, 7], { time: 6 }) }],
    ['that is not newer', { state: viewOf([0, 7], { time: 5 }) }],
  ])('takes no view %s', (_, wrong) => {
    const { context, hear } = synced();
    hear({ kind: 'view', view: OLD, attempt: 1, state: NEXT, ...wrong });
    expect(context.downs).toEqual([]);
  });

  it('takes no view, and agrees to none, when it is not flushed, or was told to begin again', () => {
    const { context, hear, order, service } = synced();
    order(2);
    context.clear();
    hear({ kind: 'view', view: OLD, attempt: 1, state: NEXT });
    hear({ kind: 'propose', view: OLD, attempt: 1, state: NEXT, stateMessages: [] });
    expect([context.downs, service.take()]).toEqual([[], []]);
  });

  it('gives up what it said to a service that is gone', () => {
    const { layer, context, hear, order } = synced();
    layer.receiveService({ kind: 'disconnected' });
    hear({ kind: 'view', view: OLD, attempt: 1, state: NEXT });
    expect(context.downs).toEqual([]);
    order(1);
    expect(context.downs).toEqual([block(0, 2)]);
  });

  it('gives the next view to those who do not have it when its coordinator has failed', () => {
    const { layer, context, order } = installed(3, { myRank: 1 });
    layer.up({ type: 'view', state: viewOf([0, 1, 2], { time: 6 }) });
    context.clear();
    order(2, 0);
    layer.up({ type: 'elect' });
    expect(context.downs.at(-1)).toEqual(block(1, 1, [0]));
  });

  it('reports members that can not be in one view with it', () => {
    const { context, hear } = installed(1, { compatibility: 'memory 1 MiB' });
    const denied = { kind: 'denied', peer: member(9), protocol: context.view.protocol, members: 2 } as const;
    hear({ ...denied, compatibility: 'memory 2 MiB' });
    expect(context.application.reports).toMatchObject([
      {
        code: 'ERR_INCOMPATIBLE',
        message: expect.stringContaining('this one has memory 1 MiB, the other memory 2 MiB'),
      },
    ]);
  });

  it('works without a service at all: nothing happens', () => {
    const { layer, context } = layerIn(Groupd, 2);
    layer.up({ type: 'init' });
    layer.up({ type: 'prompt' });
    expect(context.upTypes).toEqual(['init', 'prompt']);
  });
});

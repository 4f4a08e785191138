import { describe, expect, it } from 'vitest';
import { Heal } from '../../../ts/layers/heal.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { StackEvent } from '../../../ts/stack/event.js';
import type { ViewId } from '../../../ts/stack/view-state.js';
import { readViewId, writeViewId } from '../../../ts/stack/view-state.js';
import { member, STACK, viewId, viewOf } from '../stack/views.js';
import { type FakeContext, type FakeSettings, layerIn, PASSING, reader } from './fake-context.js';

const PARAMS = 'heal_sweep=1;heal_gather=0.003';

interface Announced {
  readonly id: ViewId;
  readonly members: number;
  readonly protocol?: string;
  readonly compatibility?: string;
  /** 0: to all; 1: an answer; 2: a question of one who joins. */
  readonly kind?: number;
  readonly settled?: boolean;
}

function announcement({
  id,
  members,
  protocol = STACK,
  compatibility = 'all the same',
  kind = 0,
  settled = true,
}: Announced) {
  const body = new ByteWriter().u8(kind);
  writeViewId(body, id);
  return reader(
    body
      .u8(settled ? 1 : 0)
      .u16(members)
      .text(protocol)
      .text(compatibility),
  );
}

/** The coordinator of a view (time 5) of so many. */
function heal(members: number, more: FakeSettings & { readonly previous?: ViewId[] } = {}) {
  const { previous = [viewId(4)], ...settings } = more;
  const made = layerIn(Heal, members, { params: PARAMS, ...settings, view: { previous } });
  made.layer.up({ type: 'init' });
  made.context.clear();
  return made;
}

function contactOf(layer: Heal, context: FakeContext): unknown {
  context.clear();
  layer.up({ type: 'flushed', failed: new Set(), stateMessages: new Map() });
  const [event] = context.ups;
  return event?.type === 'flushed' ? event.contact : event;
}

describe('Heal', () => {
  it('announces a view that nobody knows at once: id, size, stack and what it can be merged with', () => {
    const { layer, context } = layerIn(Heal, 1, { params: PARAMS });
    layer.up({ type: 'init' });
    const body = reader(context.announced[0] as Uint8Array);
    expect(body.u8()).toBe(0);
    expect([readViewId(body), body.u8(), body.u16()]).toEqual([viewId(5), 0, 1]);
    expect([body.text(), body.text()]).toEqual([STACK, 'all the same']);
    body.end();
  });

  it('announces a view that comes from others a little later, each at its own time', () => {
    const environment = heal(3).context.environment;
    expect(environment.pendingTimers).toBe(2);
    const { context } = heal(3);
    context.environment.nextRandom = 12;
    expect(context.announced).toHaveLength(0);
    context.environment.advance(20);
    expect(context.announced).toHaveLength(1);
  });

  it('announces again between half and one and a half heal_sweep later, for as long as the view is there', () => {
    const { layer, context } = heal(2);
    context.environment.advance(0);
    expect(context.announced).toHaveLength(1);
    context.environment.advance(5000);
    // Its random numbers are 0 here: every 500 ms.
    expect(context.announced).toHaveLength(11);
    layer.up({ type: 'view', state: viewOf([0, 1], { time: 6 }) });
    context.environment.advance(5000);
    expect(context.announced).toHaveLength(11);
  });

  it('leaves all of that to the coordinator', () => {
    const { layer, context } = heal(3, { myRank: 1 });
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 9 }));
    context.environment.advance(5000);
    expect([context.announced, context.told, context.downs]).toEqual([[], [], []]);
  });

  it('asks for a view change when it hears of a larger view, after listening for a still larger one', () => {
    const { layer, context } = heal(2, { previous: [] });
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 3 }));
    layer.receiveOutside(member(8), announcement({ id: viewId(8, 8), members: 5 }));
    layer.receiveOutside(member(6), announcement({ id: viewId(30, 6), members: 4 }));
    expect(context.downs).toEqual([]);
    context.environment.advance(3);
    expect(context.downs).toEqual([{ type: 'prompt' }]);
    expect(contactOf(layer, context)).toEqual({ viewId: viewId(8, 8), coordinator: member(8) });
  });

  it.each([
    ['more members', { id: viewId(1, 7), members: 3 }, 'larger'],
    ['as many members and a later id', { id: viewId(6, 7), members: 2 }, 'larger'],
    ['as many members, the same time and a later coordinator', { id: viewId(5, 7), members: 2 }, 'larger'],
    ['as many members and an earlier id', { id: viewId(4, 7), members: 2 }, 'smaller'],
    ['fewer members', { id: viewId(90, 7), members: 1 }, 'smaller'],
  ])('takes a view with %s for %3$s: smaller ones are answered, larger ones gone over to', (_, theirs, is) => {
    const { layer, context } = heal(2);
    layer.receiveOutside(member(7), announcement(theirs));
    expect(context.told.map(({ to }) => String(to))).toEqual(is === 'smaller' ? [String(member(7))] : []);
    context.clear();
    context.environment.advance(3);
    expect(context.downs).toEqual(is === 'larger' ? [{ type: 'prompt' }] : []);
  });

  it('has exactly one of two views take the other for larger: merges never go in circles', () => {
    for (const [mine, theirs] of [
      [2, 3],
      [2, 2],
      [3, 1],
    ] as const) {
      const a = heal(mine);
      const b = layerIn(Heal, theirs, {
        params: PARAMS,
        view: { members: viewOf([7, 8, 9].slice(0, theirs)).members, id: viewId(5, 7) },
      });
      b.layer.up({ type: 'init' });
      a.layer.receiveOutside(member(7), announcement({ id: viewId(5, 7), members: theirs }));
      b.layer.receiveOutside(member(0), announcement({ id: viewId(5), members: mine }));
      for (const { context } of [a, b]) context.environment.advance(3);
      const prompts = [a, b].map(({ context }) => context.downTypes.filter((type) => type === 'prompt').length);
      expect(prompts.sort()).toEqual([0, 1]);
    }
  });

  it('answers a smaller view once between two announcements, with its own announcement', () => {
    const { layer, context } = heal(2, { previous: [] });
    for (let i = 0; i < 3; i++) layer.receiveOutside(member(7), announcement({ id: viewId(1, 7), members: 1 }));
    layer.receiveOutside(member(8), announcement({ id: viewId(1, 8), members: 1 }));
    expect(context.told.map(({ to }) => to)).toEqual([member(7), member(8)]);
    const answer = reader(context.told[0]?.body as Uint8Array);
    expect([answer.u8(), readViewId(answer)]).toEqual([1, viewId(5)]);
    context.environment.advance(1500);
    context.clear();
    layer.receiveOutside(member(7), announcement({ id: viewId(1, 7), members: 1 }));
    expect(context.told).toHaveLength(1);
  });

  it('replaces the view of a coordinator by its newer one', () => {
    const { layer, context } = heal(2);
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5 }));
    layer.receiveOutside(member(7), announcement({ id: viewId(10, 7), members: 4 }));
    expect(contactOf(layer, context)).toEqual({ viewId: viewId(10, 7), coordinator: member(7) });
  });

  it('forgets whom it wanted to merge with when nothing came of it, until it hears of it again', () => {
    const { layer, context } = heal(2);
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5 }));
    layer.up({ type: 'mergeFailed', reason: 'busy' });
    expect(contactOf(layer, context)).toBeUndefined();
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5 }));
    expect(contactOf(layer, context)).toEqual({ viewId: viewId(9, 7), coordinator: member(7) });
  });

  it('ignores its own view, and old ones of its own members', () => {
    const { layer, context } = heal(3);
    layer.receiveOutside(member(7), announcement({ id: viewId(5), members: 9 }));
    layer.receiveOutside(member(1), announcement({ id: viewId(5, 1), members: 9 }));
    context.environment.advance(3);
    expect([context.told, context.downTypes]).toEqual([[], []]);
    layer.receiveOutside(member(1), announcement({ id: viewId(6, 1), members: 9 }));
    context.environment.advance(3);
    expect(context.downTypes).toEqual(['prompt']);
  });

  it('is silent when its view has ended', () => {
    for (const end of [{ type: 'exit' }, { type: 'view', state: viewOf([0]) }] as StackEvent[]) {
      const { layer, context } = heal(2);
      layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5 }));
      layer.up(end);
      context.clear();
      layer.receiveOutside(member(8), announcement({ id: viewId(1, 8), members: 1 }));
      context.environment.advance(5000);
      expect([context.told, context.downs, context.announced]).toEqual([[], [], []]);
    }
  });

  it('refuses what is no announcement', () => {
    const { layer } = heal(2);
    expect(() => layer.receiveOutside(member(7), reader(new Uint8Array(5)))).toThrow(MalformedError);
  });

  it.each(PASSING.filter(({ type }) => type !== 'exit'))('lets $type pass', (event) => {
    const { layer, context } = layerIn(Heal, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

describe('Heal of views that can not be one', () => {
  it.each([
    ['stack', { protocol: 'Top_appl:Bottom' }, 'the other Top_appl:Bottom'],
    ['options', { compatibility: 'memory 1 MiB' }, 'this one has all the same, the other memory 1 MiB'],
  ])('tells both sides of another %s, each side once', (_, differs, part) => {
    for (const members of [1, 9]) {
      const { layer, context } = heal(2);
      for (let i = 0; i < 3; i++)
        layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members, ...differs }));
      expect(context.application.reports).toMatchObject([
        { code: 'ERR_INCOMPATIBLE', details: { peer: member(7).name } },
      ]);
      expect(context.application.reports[0]?.message).toContain(part);
      // The other may not have heard of this view: it gets to know it, and says so too.
      expect(context.told).toHaveLength(1);
      context.environment.advance(3);
      expect(context.downs).toEqual([]);
    }
  });
});

describe('Heal of a member that has just begun', () => {
  const other = announcement.bind(undefined, { id: viewId(1, 3), members: 1 });

  it('goes to who was there before, whatever their names', () => {
    const { layer, context } = heal(1, { previous: [] });
    layer.receiveOutside(member(3), other());
    expect(contactOf(layer, context)).toEqual({ viewId: viewId(1, 3), coordinator: member(3) });
  });

  it('was there before as soon as the application has seen its view', () => {
    const { layer, context } = heal(1, { previous: [] });
    layer.up({ type: 'settled' });
    context.clear();
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 1, settled: false }));
    expect(context.told.map(({ to }) => to)).toEqual([member(7)]);
    expect(contactOf(layer, context)).toBeUndefined();
  });
});

describe('Heal with contacts', () => {
  const CONTACT = member(9);
  const fresh = (more: FakeSettings = {}) =>
    heal(1, { previous: [], contacts: [CONTACT], params: 'heal_auto=0;merge_sweep=0.05', ...more });

  it('asks them directly, again and again until there is another view, and announces nothing', () => {
    const { layer, context } = layerIn(Heal, 1, {
      params: 'heal_auto=0;merge_sweep=0.05',
      contacts: [CONTACT],
      view: { previous: [] },
    });
    layer.up({ type: 'init' });
    context.environment.advance(1000);
    expect(context.told.length).toBeGreaterThan(5);
    expect(context.told.every(({ to, body }) => to === CONTACT && body[0] === 2)).toBe(true);
    expect(context.announced).toEqual([]);
    layer.up({ type: 'view', state: viewOf([0, 1]) });
    context.clear();
    context.environment.advance(1000);
    expect(context.told).toEqual([]);
  });

  it('asks again in the next view of one, when nobody has taken it in', () => {
    const { layer, context } = heal(1, { contacts: [CONTACT], params: 'heal_auto=0;merge_sweep=0.05' });
    context.clear();
    layer.up({ type: 'init' });
    expect(context.told.map(({ to, body }) => [to, body[0]])).toEqual([[CONTACT, 2]]);
  });

  it('sends who asks to the coordinator, which asks there', () => {
    const other = layerIn(Heal, 3, { myRank: 2, params: PARAMS });
    other.layer.receiveOutside(member(7), announcement({ id: viewId(1, 7), members: 1, kind: 2 }));
    const [redirect] = other.context.told;
    expect(redirect?.to).toEqual(member(7));
    const { layer, context } = fresh();
    layer.receiveOutside(CONTACT, reader(redirect?.body as Uint8Array));
    expect(context.told.map(({ to, body }) => [to, body[0]])).toEqual([[member(0), 2]]);
  });

  it('does not hear what is announced to all, and merges with whoever answers or asks', () => {
    const { layer, context } = fresh();
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5 }));
    expect(contactOf(layer, context)).toBeUndefined();
    layer.receiveOutside(member(7), announcement({ id: viewId(9, 7), members: 5, kind: 1 }));
    expect(contactOf(layer, context)).toEqual({ viewId: viewId(9, 7), coordinator: member(7) });
  });

  it('does not follow where it has not asked', () => {
    const { layer, context } = heal(1, { previous: [] });
    layer.receiveOutside(member(7), reader(new ByteWriter().u8(3).endpoint(member(8))));
    expect(context.told).toEqual([]);
  });
});

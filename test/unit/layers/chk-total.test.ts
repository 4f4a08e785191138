import { describe, expect, it } from 'vitest';
import { ChkTotal } from '../../../ts/layers/chk-total.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, PASSING, reader } from './fake-context.js';

const view = { type: 'view', state: viewOf([0, 1, 2], { time: 6 }) } as const;

/** A member of a round of `coordinator` that has delivered casts of these members, in this order. */
function delivered(
  myRank: number,
  casts: readonly number[],
  coordinator = 0,
): { layer: ChkTotal; context: FakeContext } {
  const made = layerIn(ChkTotal, 3, { myRank });
  const { layer, context } = made;
  context.plane.deliver(...casts);
  layer.up(block(coordinator, 1));
  layer.up(view);
  context.plane.deliveredAll = true;
  layer.progress();
  return made;
}

function says(...casts: readonly number[]) {
  return reader(delivered(1, casts).context.sends[0]?.record as Uint8Array);
}

describe('Chk_total', () => {
  it('tells the coordinator what was delivered, once, when all was', () => {
    const { layer, context } = layerIn(ChkTotal, 3, { myRank: 2 });
    context.plane.deliver(0, 1);
    layer.up(block(1, 1, [0]));
    layer.progress();
    layer.up(view);
    layer.progress();
    expect(context.sends).toEqual([]);
    context.plane.deliver(1);
    context.plane.deliveredAll = true;
    layer.progress();
    layer.progress();
    const { digest } = context.plane.deliveries;
    expect(context.sends.map(({ to }) => to)).toEqual([1]);
    const said = reader(context.sends[0]?.record as Uint8Array);
    expect([said.integer(), said.u32()]).toEqual([3, digest]);
  });

  it('is content at the coordinator when all have delivered the same in one order', () => {
    const { layer, context } = delivered(0, [0, 1, 2, 1]);
    for (const rank of [1, 2]) layer.receive(rank, says(0, 1, 2, 1));
    expect([context.application.reports, context.sends]).toEqual([[], []]);
  });

  it.each([
    ['in another order', [0, 2, 1, 1], 'delivered 4 casts, in another order;'],
    ['less', [0, 1], 'delivered 2 casts, of which this member delivered 4;'],
    ['more', [0, 1, 2, 1, 1], 'delivered 5 casts, of which this member delivered 4;'],
  ])('reports who has delivered %s', (_, casts, text) => {
    const { layer, context } = delivered(0, [0, 1, 2, 1]);
    layer.receive(1, says(...casts));
    expect(context.application.reports).toMatchObject([{ code: 'ERR_INVARIANT' }]);
    expect(context.application.reports[0]?.message).toContain(`in the view 5@10.0.0.1:4000 10.0.0.1:4001 ${text}`);
  });

  it('compares what came before the coordinator itself had all', () => {
    const { layer, context } = layerIn(ChkTotal, 3);
    layer.up(block(0, 1));
    layer.up(view);
    layer.receive(1, says(0, 1));
    layer.receive(2, says(1, 0));
    expect(context.application.reports).toEqual([]);
    context.plane.deliver(0, 1);
    context.plane.deliveredAll = true;
    layer.progress();
    expect(context.application.reports.map(({ message }) => message)).toEqual([expect.stringContaining('4002')]);
  });

  it('refuses what is too short', () => {
    const { layer } = layerIn(ChkTotal, 3);
    expect(() => layer.receive(1, reader(new ByteWriter().integer(3)))).toThrow(MalformedError);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(ChkTotal, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

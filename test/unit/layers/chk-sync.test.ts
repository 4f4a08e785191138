import { describe, expect, it } from 'vitest';
import { ChkSync } from '../../../ts/layers/chk-sync.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, PASSING, reader } from './fake-context.js';

const view = { type: 'view', state: viewOf([0, 1, 2], { time: 6 }) } as const;
const says = (...positions: number[]) => reader(new ByteWriter().integers(positions));

/** A member of a round of `coordinator` that has delivered all. */
function delivered(myRank: number, positions: number[], coordinator = 0): { layer: ChkSync; context: FakeContext } {
  const made = layerIn(ChkSync, 3, { myRank });
  const { layer, context } = made;
  layer.up(block(coordinator, 1));
  layer.up(view);
  context.plane.positions.splice(0, 3, ...positions);
  context.plane.deliveredAll = true;
  layer.progress();
  return made;
}

describe('Chk_sync', () => {
  it('tells the coordinator what was delivered, once, when all was', () => {
    const { layer, context } = layerIn(ChkSync, 3, { myRank: 2 });
    layer.up(block(1, 1, [0]));
    layer.progress();
    layer.up(view);
    layer.progress();
    expect(context.sends).toEqual([]);
    context.plane.positions.splice(0, 3, 8, 16, 24);
    context.plane.deliveredAll = true;
    layer.progress();
    layer.progress();
    expect(context.sends.map(({ to, record }) => [to, reader(record).integers()])).toEqual([[1, [8, 16, 24]]]);
  });

  it('is content at the coordinator when all have delivered the same', () => {
    const { layer, context } = delivered(0, [8, 16, 24]);
    for (const rank of [1, 2]) layer.receive(rank, says(8, 16, 24));
    expect([context.application.reports, context.sends]).toEqual([[], []]);
  });

  it.each([
    ['less', [8, 8, 24]],
    ['more', [8, 16, 32]],
    ['another number of members', [8, 16]],
  ])('reports who has delivered %s', (_, positions) => {
    const { layer, context } = delivered(0, [8, 16, 24]);
    layer.receive(1, says(...positions));
    expect(context.application.reports).toMatchObject([{ code: 'ERR_INVARIANT' }]);
    expect(context.application.reports[0]?.message).toContain(
      `in the view 5@10.0.0.1:4000 10.0.0.1:4001 delivered ${positions.join(' ')} bytes by rank, this member 8 16 24;`,
    );
  });

  it('compares what came before the coordinator itself had all', () => {
    const { layer, context } = layerIn(ChkSync, 3);
    layer.up(block(0, 1));
    layer.up(view);
    layer.receive(1, says(8, 16, 24));
    layer.receive(2, says(8, 0, 24));
    expect(context.application.reports).toEqual([]);
    context.plane.positions.splice(0, 3, 8, 16, 24);
    context.plane.deliveredAll = true;
    layer.progress();
    expect(context.application.reports.map(({ message }) => message)).toEqual([expect.stringContaining('4002')]);
  });

  it('refuses what is no list of positions', () => {
    const { layer } = layerIn(ChkSync, 3);
    expect(() => layer.receive(1, reader(new Uint8Array([2, 0, 8])))).toThrow(MalformedError);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(ChkSync, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

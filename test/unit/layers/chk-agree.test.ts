import { describe, expect, it } from 'vitest';
import { ChkAgree } from '../../../ts/layers/chk-agree.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { viewOf } from '../stack/views.js';
import { block, layerIn, PASSING, reader } from './fake-context.js';

const says = (...delivered: number[]) => reader(new ByteWriter().integers(delivered));
const viewOfAll = { type: 'view', state: viewOf([0, 1, 2], { time: 6 }) } as const;

describe('Chk_agree', () => {
  it('tells all what it has delivered, until the view ends', () => {
    const { layer, context } = layerIn(ChkAgree, 3, { myRank: 2, params: 'chk_sweep=1' });
    layer.up({ type: 'init' });
    context.plane.deliver(0, 1, 0);
    context.environment.advance(1000);
    layer.up(block(0, 1));
    context.environment.advance(5000);
    expect(context.casts.map((record) => reader(record).integers())).toEqual([[16, 8, 0]]);
  });

  it('is content when it has what others have delivered', () => {
    const { layer, context } = layerIn(ChkAgree, 3);
    context.plane.positions.splice(0, 3, 16, 8, 0);
    layer.receive(1, says(16, 8, 0));
    layer.receive(2, says(0, 8, 0));
    layer.up(viewOfAll);
    expect(context.application.reports).toEqual([]);
  });

  it('reports who had delivered what had not arrived here, once, when they go on together', () => {
    const { layer, context } = layerIn(ChkAgree, 3);
    context.plane.positions.splice(0, 3, 16, 8, 0);
    layer.receive(1, says(16, 8, 8));
    context.plane.positions[2] = 8;
    layer.receive(1, says(16, 8, 16));
    expect(context.application.reports).toEqual([]);
    layer.up(viewOfAll);
    layer.up(viewOfAll);
    expect(context.application.reports).toMatchObject([
      {
        code: 'ERR_INVARIANT',
        message: expect.stringContaining(
          '10.0.0.1:4001 had delivered 8 bytes of the casts of 10.0.0.1:4002 when 0 of them had arrived at this member',
        ),
      },
    ]);
  });

  it.each([
    ['who said so', [0, 2]],
    ['whose casts they are', [0, 1]],
  ])('says nothing when %s is left behind: there this member may be the one that was', (_, members) => {
    const { layer, context } = layerIn(ChkAgree, 3);
    layer.receive(1, says(0, 0, 8));
    layer.up({ type: 'view', state: viewOf(members, { time: 6 }) });
    expect(context.application.reports).toEqual([]);
  });

  it('refuses what is no list of positions, or of a view of another size', () => {
    const { layer } = layerIn(ChkAgree, 3);
    expect(() => layer.receive(1, reader(new Uint8Array([2, 0, 8])))).toThrow(MalformedError);
    expect(() => layer.receive(1, says(1, 2))).toThrow(MalformedError);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(ChkAgree, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

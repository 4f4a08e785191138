import { describe, expect, it } from 'vitest';
import { ChkFifo } from '../../../ts/layers/chk-fifo.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { block, layerIn, reader } from './fake-context.js';

const cast = (number: number) => reader(new ByteWriter().u8(0).integer(number));
const send = (number: number) => reader(new ByteWriter().u8(1).integer(number));

describe('Chk_fifo', () => {
  it('numbers what it says to all and to its neighbour, until the view ends', () => {
    const { layer, context } = layerIn(ChkFifo, 3, { myRank: 2, params: 'chk_sweep=1' });
    layer.up({ type: 'init' });
    context.environment.advance(2500);
    expect(context.casts.map((record) => [...record.slice(0, 2)])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(context.sends.map(({ to, record }) => [to, ...record.slice(0, 2)])).toEqual([
      [0, 1, 0],
      [0, 1, 1],
    ]);
    layer.up(block(0, 1));
    context.environment.advance(5000);
    expect(context.casts).toHaveLength(2);
  });

  it('is content with numbers in order, of each member, casts and sends apart', () => {
    const { layer, context } = layerIn(ChkFifo, 3);
    for (const record of [cast(0), send(0), cast(1), cast(2), send(1)]) layer.receive(1, record);
    layer.receive(2, cast(0));
    expect(context.application.reports).toEqual([]);
  });

  it.each([
    ['a gap', [0, 2]],
    ['a repetition', [0, 0]],
    ['the wrong order', [1]],
  ])('reports %s', (_, numbers) => {
    const { layer, context } = layerIn(ChkFifo, 3);
    for (const number of numbers) layer.receive(1, cast(number));
    expect(context.application.reports).toMatchObject([{ code: 'ERR_INVARIANT' }]);
  });

  it('refuses what is too short', () => {
    const { layer } = layerIn(ChkFifo, 3);
    expect(() => layer.receive(1, reader(new ByteWriter().u8(0)))).toThrow(MalformedError);
  });
});

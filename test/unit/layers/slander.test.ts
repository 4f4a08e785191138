import { describe, expect, it } from 'vitest';
import { Slander } from '../../../ts/layers/slander.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { block, layerIn, PASSING, reader, suspicion } from './fake-context.js';

const slander = (...ranks: number[]) => reader(new ByteWriter().ranks(ranks));

describe('Slander', () => {
  it('tells all whom I suspect, and lets it pass', () => {
    const { layer, context } = layerIn(Slander, 4);
    layer.up(suspicion(2, 3));
    expect(context.casts.map((record) => reader(record).ranks(4))).toEqual([[2, 3]]);
    expect(context.ups).toEqual([suspicion(2, 3)]);
  });

  it('tells it once, and again when there is more', () => {
    const { layer, context } = layerIn(Slander, 4);
    layer.up(suspicion(2));
    layer.up(suspicion(2));
    layer.up(suspicion(2, 3));
    expect(context.casts.map((record) => reader(record).ranks(4))).toEqual([[2], [2, 3]]);
    expect(context.upTypes).toEqual(['suspect', 'suspect', 'suspect']);
  });

  it('believes what others say, and does not say it again', () => {
    const { layer, context } = layerIn(Slander, 4);
    layer.receive(1, slander(2));
    layer.receive(3, slander(2));
    expect(context.ups).toEqual([{ type: 'suspect', ranks: [2], reason: 'member 1 suspects it' }]);
    layer.up(suspicion(2));
    expect(context.casts).toEqual([]);
  });

  it('suspects whoever slanders me', () => {
    const { layer, context } = layerIn(Slander, 4, { myRank: 2 });
    layer.receive(1, slander(0, 2));
    expect(context.ups).toEqual([{ type: 'suspect', ranks: [1], reason: 'it suspects me' }]);
  });

  it('refuses ranks that the view does not have', () => {
    const { layer } = layerIn(Slander, 4);
    expect(() => layer.receive(1, slander(4))).toThrow(MalformedError);
    expect(() => layer.receive(1, reader(new Uint8Array(1)))).toThrow(MalformedError);
  });

  it.each([...PASSING, block(0, 1, [1])])('lets $type pass', (event) => {
    const { layer, context } = layerIn(Slander, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs, context.casts]).toEqual([[event], [event], []]);
  });
});

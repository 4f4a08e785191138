import { describe, expect, it } from 'vitest';
import { ChkCausal } from '../../../ts/layers/chk-causal.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { block, layerIn, PASSING, reader } from './fake-context.js';

/** Casts beyond `written` depend on so much of each member's. */
const claim = (written: number, ...delivered: number[]) =>
  reader(new ByteWriter().integer(written).integers(delivered));

describe('Chk_causal', () => {
  it('tells all how far it has cast and what it has delivered, until the view ends', () => {
    const { layer, context } = layerIn(ChkCausal, 3, { myRank: 2, params: 'chk_sweep=1' });
    layer.up({ type: 'init' });
    context.plane.positions[2] = 24;
    context.plane.deliver(0, 1, 0);
    context.environment.advance(1000);
    context.plane.positions[2] = 32;
    context.environment.advance(1000);
    layer.up(block(0, 1));
    context.environment.advance(5000);
    const said = context.casts.map(reader).map((record) => [record.integer(), record.integers()]);
    expect(said).toEqual([
      [24, [16, 8, 0]],
      [32, [16, 8, 0]],
    ]);
  });

  it('is content with casts that come after what they depend on, whatever comes first, the cast or the claim', () => {
    const { layer, context } = layerIn(ChkCausal, 3);
    context.plane.deliver(2, 1);
    layer.receive(1, claim(0, 0, 0, 8));
    layer.receive(1, claim(8, 0, 8, 16));
    layer.progress();
    context.plane.deliver(2, 1);
    layer.progress();
    expect(context.application.reports).toEqual([]);
  });

  it.each(['the claim', 'the cast'])('reports a cast before one that it depends on, when %s comes first', (first) => {
    const { layer, context } = layerIn(ChkCausal, 3);
    if (first === 'the claim') layer.receive(1, claim(0, 0, 0, 8));
    context.plane.deliver(1, 2);
    if (first === 'the cast') layer.receive(1, claim(0, 0, 0, 8));
    layer.progress();
    layer.progress();
    expect(context.application.reports).toMatchObject([
      {
        code: 'ERR_INVARIANT',
        message: expect.stringContaining(
          'a cast of 10.0.0.1:4001 was delivered, which depends on 8 bytes of 10.0.0.1:4002, after 0',
        ),
      },
    ]);
  });

  it('holds nothing against casts that were made before', () => {
    const { layer, context } = layerIn(ChkCausal, 3);
    context.plane.deliver(1, 1, 2, 1);
    layer.receive(1, claim(16, 0, 0, 8));
    expect(context.application.reports).toEqual([]);
  });

  it('keeps the strongest of what is said of casts from one position on', () => {
    const { layer, context } = layerIn(ChkCausal, 3);
    layer.receive(1, claim(0, 0, 0, 0));
    layer.receive(1, claim(0, 0, 0, 8));
    layer.receive(1, claim(8, 0, 0, 16));
    context.plane.deliver(2, 1);
    layer.progress();
    expect(context.application.reports).toEqual([]);
    layer.receive(1, claim(8, 0, 0, 16));
    context.plane.deliver(1);
    layer.progress();
    expect(context.application.reports).toHaveLength(1);
  });

  it('does not ask for its own casts: it may deliver none', () => {
    const { layer, context } = layerIn(ChkCausal, 3);
    layer.receive(1, claim(0, 100, 0, 0));
    context.plane.deliver(1);
    layer.progress();
    expect(context.application.reports).toEqual([]);
  });

  it('refuses what is too short, or of a view of another size', () => {
    const { layer } = layerIn(ChkCausal, 3);
    expect(() => layer.receive(1, reader(new ByteWriter().integer(3)))).toThrow(MalformedError);
    expect(() => layer.receive(1, claim(0, 1, 2))).toThrow(MalformedError);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(ChkCausal, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

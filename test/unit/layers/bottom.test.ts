import { describe, expect, it } from 'vitest';
import { Bottom } from '../../../ts/layers/bottom.js';
import { block, layerIn, PASSING } from './fake-context.js';

describe('Bottom', () => {
  it.each(PASSING)('sends $type up again: what comes down this far tells all layers', (event) => {
    const { layer, context } = layerIn(Bottom, 3);
    layer.down(event);
    expect(context.ups).toEqual([event]);
    expect(context.downs).toEqual([]);
  });

  it('cuts off who has failed before anybody hears of it, each once', () => {
    const { layer, context } = layerIn(Bottom, 4);
    layer.down(block(0, 1, [2]));
    layer.down(block(0, 2, [2, 3]));
    expect(context.plane.calls).toEqual(['exclude 2', 'exclude 3']);
    expect(context.upTypes).toEqual(['block', 'block']);
  });

  it('lets those who leave be: what they have sent counts', () => {
    const { layer, context } = layerIn(Bottom, 4);
    layer.down(block(0, 1, [], [1]));
    expect(context.plane.calls).toEqual([]);
  });
});

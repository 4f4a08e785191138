import { describe, expect, it } from 'vitest';
import { Elect } from '../../../ts/layers/elect.js';
import { block, layerIn, PASSING, suspicion } from './fake-context.js';

describe('Elect', () => {
  it('elects rank 0 as soon as the view is there, after all above have heard of it', () => {
    const { layer, context } = layerIn(Elect, 3);
    layer.up({ type: 'init' });
    expect(context.upTypes).toEqual(['init', 'elect']);
  });

  it('elects nobody else then', () => {
    const { layer, context } = layerIn(Elect, 3, { myRank: 1 });
    layer.up({ type: 'init' });
    expect(context.upTypes).toEqual(['init']);
  });

  it.each([
    ['are suspected', [suspicion(0), suspicion(1)]],
    ['are suspected at once', [suspicion(1, 0)]],
    [
      'leave',
      [
        { type: 'leaving', rank: 0 },
        { type: 'leaving', rank: 1 },
      ],
    ],
    ['leave or are suspected', [{ type: 'leaving', rank: 1 }, suspicion(0)]],
    ['have failed in a round of another', [block(0, 1, [1]), suspicion(0)]],
    ['leave in a round of another', [block(0, 1, [], [0, 1])]],
  ] as const)('elects me when all before me %s, after the event that says so', (_, events) => {
    const { layer, context } = layerIn(Elect, 4, { myRank: 2 });
    layer.up({ type: 'init' });
    for (const event of events) layer.up(event);
    expect(context.ups).toEqual([{ type: 'init' }, ...events, { type: 'elect' }]);
  });

  it('does not elect me while one before me is in', () => {
    const { layer, context } = layerIn(Elect, 4, { myRank: 2 });
    layer.up(suspicion(1, 3));
    expect(context.upTypes).toEqual(['suspect']);
  });

  it('elects me once', () => {
    const { layer, context } = layerIn(Elect, 4, { myRank: 1 });
    layer.up(suspicion(0));
    layer.up(suspicion(0, 2));
    layer.up(block(1, 1, [0, 2]));
    expect(context.upTypes).toEqual(['suspect', 'elect', 'suspect', 'block']);
  });

  it('does not elect me when I leave', () => {
    const { layer, context } = layerIn(Elect, 3, { myRank: 1 });
    layer.up({ type: 'leaving', rank: 1 });
    layer.up(suspicion(0));
    expect(context.upTypes).toEqual(['leaving', 'suspect']);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(Elect, 3, { myRank: 2 });
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

import { describe, expect, it } from 'vitest';
import { TopAppl } from '../../../ts/layers/top-appl.js';
import { block, layerIn, PASSING, suspicion } from './fake-context.js';

describe('Top_appl', () => {
  it.each([...PASSING, suspicion(1)])('lets $type pass both ways', (event) => {
    const { layer, context } = layerIn(TopAppl, 2);
    layer.down(event);
    layer.up(event);
    expect([context.downs, context.ups]).toEqual([[event], [event]]);
    expect(context.application.calls).toEqual([]);
  });

  it('lets the application send once more, stops it, and only then lets the round go down', () => {
    const { layer, context } = layerIn(TopAppl, 2);
    context.application.readyAtOnce = false;
    const round = block(0, 1);
    layer.down(round);
    expect(context.application.calls).toEqual(['block']);
    expect(context.downs).toEqual([]);
    context.application.ready?.();
    expect(context.application.calls).toEqual(['block', 'stopSending']);
    expect(context.downs).toEqual([round]);
  });

  it('tells the application once, however many rounds there are', () => {
    const { layer, context } = layerIn(TopAppl, 3);
    layer.down(block(0, 1));
    layer.down(block(0, 2, [2]));
    expect(context.application.calls).toEqual(['block', 'stopSending']);
    expect(context.downs).toEqual([block(0, 1), block(0, 2, [2])]);
  });

  it('waits with the latest round only, when others come while the application takes its time', () => {
    const { layer, context } = layerIn(TopAppl, 3);
    context.application.readyAtOnce = false;
    layer.down(block(0, 1));
    layer.down(block(0, 2, [2]));
    context.application.ready?.();
    expect(context.application.calls).toEqual(['block', 'stopSending']);
    expect(context.downs).toEqual([block(0, 2, [2])]);
  });

  it('lets other events pass while the application takes its time', () => {
    const { layer, context } = layerIn(TopAppl, 3);
    context.application.readyAtOnce = false;
    layer.down(block(0, 1));
    layer.down({ type: 'prompt' });
    expect(context.downTypes).toEqual(['prompt']);
  });
});

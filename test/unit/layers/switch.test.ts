import { describe, expect, it } from 'vitest';
import { Switch } from '../../../ts/layers/switch.js';
import { STACK, viewOf } from '../stack/views.js';
import { layerIn } from './fake-context.js';

const SLANDER = STACK.replace('Sync', 'Slander:Sync');
const wish = (protocol: string, params = '') => ({ type: 'protocol', protocol, params }) as const;

describe('Switch', () => {
  it('asks for a view when a stack is asked for, after all above have heard of it', () => {
    const { layer, context } = layerIn(Switch, 2);
    layer.up(wish(SLANDER));
    expect(context.ups).toEqual([wish(SLANDER)]);
    expect(context.downs).toEqual([{ type: 'prompt' }]);
  });

  it('gives the next view the stack and its parameters, the latest that were asked for', () => {
    const { layer, context } = layerIn(Switch, 2);
    layer.up(wish(STACK));
    layer.up(wish(SLANDER, 'heal_sweep=2:time'));
    context.clear();
    const state = viewOf([0, 1], { time: 6 });
    layer.down({ type: 'view', state });
    expect(context.downs).toEqual([
      { type: 'view', state: { ...state, protocol: SLANDER, params: 'heal_sweep=2:time' } },
    ]);
  });

  it('leaves the next view as it is when nothing was asked for', () => {
    const { layer, context } = layerIn(Switch, 2);
    const event = { type: 'view', state: viewOf([0, 1], { time: 6 }) } as const;
    layer.down(event);
    layer.down(wish(SLANDER));
    expect(context.downs).toEqual([event, wish(SLANDER)]);
  });

  it('leaves a view that comes from below as it is', () => {
    const { layer, context } = layerIn(Switch, 2);
    layer.up(wish(SLANDER));
    context.clear();
    const event = { type: 'view', state: viewOf([5, 0, 1], { time: 9 }) } as const;
    layer.up(event);
    expect(context.ups).toEqual([event]);
  });
});

import { describe, expect, it } from 'vitest';
import { Primary } from '../../../ts/layers/primary.js';
import { viewOf } from '../stack/views.js';
import { layerIn, PASSING } from './fake-context.js';

function marked(members: number, params: string, primary = false): unknown {
  const { layer, context } = layerIn(Primary, 3, { params });
  layer.down({ type: 'view', state: viewOf([...Array(members).keys()], { primary }) });
  return context.downs.map((event) => event.type === 'view' && event.state.primary);
}

describe('Primary', () => {
  it('marks a view that has the quorum, and no other', () => {
    expect(marked(2, 'primary_quorum=3:int')).toEqual([false]);
    expect(marked(3, 'primary_quorum=3:int')).toEqual([true]);
    expect(marked(4, 'primary_quorum=3:int')).toEqual([true]);
  });

  it('takes the mark from a view that has lost the quorum', () => {
    expect(marked(2, 'primary_quorum=3:int', true)).toEqual([false]);
  });

  it('marks none where no quorum is given', () => {
    expect(marked(1000, '')).toEqual([false]);
  });

  it('leaves what another view has decided as it is', () => {
    const { layer, context } = layerIn(Primary, 3, { params: 'primary_quorum=3:int' });
    const event = { type: 'view', state: viewOf([0], { primary: true }) } as const;
    layer.up(event);
    expect(context.ups).toEqual([event]);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(Primary, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

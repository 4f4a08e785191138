import { describe, expect, it } from 'vitest';
import { Intra } from '../../../ts/layers/intra.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import { readViewState, type ViewState, writeViewState } from '../../../ts/stack/view-state.js';
import { viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, PASSING, reader } from './fake-context.js';

const next = viewOf([0, 1, 2], { time: 6 });

function record(attempt: number, state: ViewState) {
  const writer = new ByteWriter().u32(attempt);
  writeViewState(writer, state);
  return reader(writer);
}

function casts(context: FakeContext): { attempt: number; state: ViewState }[] {
  return context.casts.map((bytes) => {
    const from = reader(bytes);
    return { attempt: from.u32(), state: readViewState(from) };
  });
}

describe('Intra at the coordinator', () => {
  it('casts the next view under the attempt of its round, and installs it', () => {
    const { layer, context } = layerIn(Intra, 3);
    layer.up(block(0, 4));
    layer.down({ type: 'view', state: next });
    expect(casts(context)).toEqual([{ attempt: 4, state: next }]);
    expect(context.downs).toEqual([{ type: 'view', state: next }]);
  });

  it('gives one next view, once', () => {
    const { layer, context } = layerIn(Intra, 3);
    layer.up(block(0, 4));
    layer.down({ type: 'view', state: next });
    layer.down({ type: 'view', state: viewOf([0, 1], { time: 6 }) });
    expect(context.casts).toHaveLength(1);
    expect(context.downs).toHaveLength(1);
  });

  it('gives what the coordinator before it has decided, instead of another', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 1 });
    layer.up(block(1, 2, [0]));
    layer.up({ type: 'decided', state: next });
    expect(casts(context)).toEqual([{ attempt: 2, state: next }]);
    expect(context.downs).toEqual([{ type: 'view', state: next }]);
    layer.down({ type: 'view', state: viewOf([1, 2], { time: 6 }) });
    expect(context.downs).toHaveLength(1);
  });

  it('goes its own way when it is not in what was decided', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 1 });
    layer.up(block(1, 2, [0]));
    layer.up({ type: 'decided', state: viewOf([0, 2], { time: 6 }) });
    expect([context.casts, context.downs]).toEqual([[], []]);
    expect(context.upTypes).toEqual(['block']);
  });
});

describe('Intra at a member', () => {
  it('installs what the coordinator of its round casts, once', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 2 });
    layer.up(block(0, 4));
    layer.receive(0, record(4, next));
    layer.receive(0, record(4, viewOf([0, 2], { time: 7 })));
    expect(context.downs).toEqual([{ type: 'view', state: next }]);
    expect(context.casts).toEqual([]);
  });

  it.each([
    ['of another member', 1, 4],
    ['of an earlier attempt', 0, 3],
    ['of a later attempt, whose cut it has not answered', 0, 5],
  ])('ignores a view %s', (_, from, attempt) => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 2 });
    layer.up(block(0, 4));
    layer.receive(from, record(attempt, next));
    expect(context.downs).toEqual([]);
  });

  it('ignores the view of a coordinator whose round another has replaced', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 2 });
    layer.up(block(0, 4));
    layer.up(block(1, 1, [0]));
    layer.receive(0, record(4, next));
    expect(context.downs).toEqual([]);
    layer.receive(1, record(1, viewOf([1, 2], { time: 6 })));
    expect(context.downTypes).toEqual(['view']);
  });

  it('ignores a view when no round has been begun', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 2 });
    layer.receive(0, record(0, next));
    expect(context.downs).toEqual([]);
  });

  it('leaves what was decided to the coordinator', () => {
    const { layer, context } = layerIn(Intra, 3, { myRank: 2 });
    layer.up(block(1, 1, [0]));
    layer.up({ type: 'decided', state: next });
    expect([context.casts, context.downs]).toEqual([[], []]);
  });

  it('refuses what is no view', () => {
    const { layer } = layerIn(Intra, 3, { myRank: 2 });
    layer.up(block(0, 4));
    expect(() => layer.receive(0, record(4, viewOf([])))).toThrow(MalformedError);
    expect(() => layer.receive(0, reader(new Uint8Array(3)))).toThrow(MalformedError);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(Intra, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

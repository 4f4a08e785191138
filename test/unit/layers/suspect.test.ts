import { describe, expect, it } from 'vitest';
import { Suspect } from '../../../ts/layers/suspect.js';
import { block, type FakeContext, layerIn, PASSING } from './fake-context.js';

const PARAMS = 'suspect_sweep=1;suspect_max_idle=3;suspect_neighbours=2;suspect_verify=0.02';

function watching(members: number, myRank: number, params = PARAMS): { layer: Suspect; context: FakeContext } {
  const made = layerIn(Suspect, members, { myRank, params });
  made.layer.up({ type: 'init' });
  return made;
}

function suspected(context: FakeContext): number[][] {
  return context.ups.flatMap((event) => (event.type === 'suspect' ? [[...event.ranks]] : []));
}

describe('Suspect', () => {
  it('watches all at the coordinator, and the neighbours before it at the others', () => {
    expect([...watching(5, 0).context.plane.watched].sort()).toEqual([1, 2, 3, 4]);
    expect(watching(5, 3).context.plane.watched).toEqual([2, 1]);
    expect(watching(5, 1).context.plane.watched).toEqual([0, 4]);
    expect(watching(2, 1).context.plane.watched).toEqual([0]);
    expect(watching(1, 0).context.plane.watched).toEqual([]);
  });

  it('has every survivor watched by another, whoever has failed', () => {
    const members = 6;
    for (let failures = 0; failures < 2 ** members; failures++) {
      const ranks = [...Array(members).keys()];
      const failed = ranks.filter((rank) => (failures & (1 << rank)) !== 0);
      const alive = ranks.filter((rank) => !failed.includes(rank));
      if (alive.length < 2) continue;
      const watched = alive.flatMap((rank) => {
        const { layer, context } = watching(members, rank, 'suspect_neighbours=1');
        layer.up(block(alive[0] as number, 1, failed));
        return context.plane.watched;
      });
      expect([...new Set(watched)].sort()).toEqual(alive);
    }
  });

  it('suspects who was silent for longer than it may, and not before', () => {
    const { context } = watching(3, 0);
    for (let sweep = 0; sweep < 3; sweep++) {
      context.plane.hear(1);
      context.environment.advance(1000);
    }
    expect(suspected(context)).toEqual([]);
    context.plane.hear(1);
    context.environment.advance(1000);
    expect(suspected(context)).toEqual([[2]]);
    expect(context.ups.at(-1)).toMatchObject({ reason: 'nothing has come for 4.0 s' });
  });

  it('begins to count anew with each sign of life', () => {
    const { context } = watching(2, 0);
    for (let sweep = 0; sweep < 20; sweep++) {
      if (sweep % 3 === 2) context.plane.hear(1);
      context.environment.advance(1000);
    }
    expect(suspected(context)).toEqual([]);
  });

  it('suspects each once, and watches the next ones instead, more of them', () => {
    const { context } = watching(6, 3);
    expect(context.plane.watched).toEqual([2, 1]);
    for (let sweep = 0; sweep < 4; sweep++) {
      context.plane.hear(1);
      context.environment.advance(1000);
    }
    expect(suspected(context)).toEqual([[2]]);
    expect(context.plane.watched).toEqual([1, 0, 5, 4]);
    const live = () => {
      for (const rank of [1, 5, 4]) context.plane.hear(rank);
      context.environment.advance(1000);
    };
    // The one that is watched anew gets its full time.
    for (let sweep = 0; sweep < 3; sweep++) live();
    expect(suspected(context)).toEqual([[2]]);
    live();
    expect(suspected(context)).toEqual([[2], [0]]);
  });

  it('does not watch those who have failed for others', () => {
    const { layer, context } = watching(6, 3);
    layer.up(block(0, 1, [2, 0]));
    expect(context.plane.watched).toEqual([1, 5]);
    expect(context.upTypes).toContain('block');
  });

  it('watches all from when it coordinates', () => {
    const { layer, context } = watching(6, 3);
    layer.down(block(3, 1, [0, 1, 2]));
    layer.up(block(3, 1, [0, 1, 2]));
    expect([...context.plane.watched].sort()).toEqual([4, 5]);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = layerIn(Suspect, 3);
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

describe('Suspect, told that nothing is bound to an address', () => {
  it('asks the member, and suspects it when it stays silent', () => {
    const { layer, context } = watching(6, 3);
    context.plane.watched = [];
    layer.refused(1);
    expect(context.plane.watched).toContain(1);
    context.environment.advance(19);
    expect(suspected(context)).toEqual([]);
    context.environment.advance(1);
    expect(suspected(context)).toEqual([[1]]);
    expect(context.ups.at(-1)).toMatchObject({ reason: 'nothing is bound to its address' });
  });

  it('asks twice, since a question may be lost', () => {
    const { layer, context } = watching(6, 3);
    layer.refused(1);
    context.plane.watched = [];
    context.environment.advance(10);
    expect(context.plane.watched).toContain(1);
  });

  it('lets be who answers', () => {
    const { layer, context } = watching(6, 3);
    layer.refused(1);
    context.plane.hear(1);
    context.environment.advance(100);
    expect(suspected(context)).toEqual([]);
  });

  it('asks one that it does not watch too, and only for as long', () => {
    const { layer, context } = watching(6, 3);
    layer.refused(5);
    expect([...context.plane.watched].sort()).toEqual([1, 2, 5]);
    context.plane.hear(5);
    context.environment.advance(20);
    expect([...context.plane.watched].sort()).toEqual([1, 2]);
    expect(suspected(context)).toEqual([]);
  });

  it('asks one after the other who is refused one after the other', () => {
    const { layer, context } = watching(8, 3);
    layer.refused(5);
    context.environment.advance(10);
    layer.refused(6);
    expect([...context.plane.watched].sort()).toEqual([1, 2, 5, 6]);
    context.environment.advance(30);
    expect(suspected(context)).toEqual([[5], [6]]);
  });

  it('verifies once, however often it is told', () => {
    const { layer, context } = watching(3, 0);
    for (let i = 0; i < 5; i++) layer.refused(1);
    context.environment.advance(20);
    layer.refused(1);
    context.environment.advance(20);
    expect(suspected(context)).toEqual([[1]]);
  });

  it('does not suspect again who has failed meanwhile', () => {
    const { layer, context } = watching(3, 0);
    layer.refused(1);
    layer.up(block(0, 1, [1]));
    context.environment.advance(20);
    expect(suspected(context)).toEqual([]);
  });
});

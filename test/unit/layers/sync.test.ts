import { describe, expect, it } from 'vitest';
import { Sync } from '../../../ts/layers/sync.js';
import type { Rank } from '../../../ts/stack/event.js';
import { textOf, viewOf } from '../stack/views.js';
import { Crew } from './crew.js';
import { block, PASSING, suspicion } from './fake-context.js';

/** A crew whose members have received so much of each other: a row for each member, by rank. */
function crewOf(...received: number[][]): Crew<Sync> {
  const crew = new Crew(Sync, received.length);
  for (const [rank, context] of crew.contexts.entries()) {
    context.plane.positions.splice(0, received.length, ...(received[rank] as number[]));
    context.application.says = `state of ${rank}`;
  }
  return crew;
}

function cuts(crew: Crew<Sync>, rank: Rank): string[] {
  return crew.contexts[rank]?.plane.calls ?? [];
}

/** What is still missing arrives, at the members that live. */
function arrive(crew: Crew<Sync>, ...positions: number[]): void {
  for (const [rank, context] of crew.contexts.entries()) {
    if (crew.dead.has(rank)) continue;
    for (const [origin, position] of positions.entries()) {
      context.plane.positions[origin] = Math.max(position, context.plane.positions[origin] as number);
    }
  }
  crew.progress();
}

describe('Sync, where nobody fails', () => {
  it('cuts each stream where its sender has stopped, and is flushed when all have all', () => {
    const crew = crewOf([800, 0, 0], [500, 160, 8], [800, 80, 240]);
    crew.down(0, block(0, 1));
    expect(cuts(crew, 0)).toEqual(['cut 1 160 from 1', 'cut 2 240 from 2']);
    expect(cuts(crew, 1)).toEqual(['cut 0 800 from 0', 'cut 2 240 from 2']);
    expect(crew.upsOf(0, 'flushed')).toEqual([]);
    arrive(crew, 800, 160, 0);
    expect(crew.upsOf(0, 'flushed')).toEqual([]);
    arrive(crew, 800, 160, 240);
    const [event] = crew.upsOf(0, 'flushed');
    expect(event?.failed).toEqual(new Set());
    expect([...(event?.stateMessages ?? [])].map(([rank, text]) => [rank, textOf(text)]).sort()).toEqual([
      [0, 'state of 0'],
      [1, 'state of 1'],
      [2, 'state of 2'],
    ]);
    expect([1, 2].flatMap((rank) => crew.upsOf(rank, 'flushed'))).toEqual([]);
  });

  it('lets the round go through all layers at each member, once', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.down(0, block(0, 1, [], [2]));
    for (const rank of [0, 1, 2]) expect(crew.upsOf(rank, 'block')).toEqual([block(0, 1, [], [2])]);
  });

  it('answers only when the round has come back: when the application has stopped', () => {
    const crew = crewOf([8, 0], [0, 0]);
    let stopped = false;
    crew.bounces = () => stopped;
    crew.layers[0]?.down(block(0, 1));
    const held = [...(crew.contexts[0]?.downs ?? [])];
    crew.run();
    expect(crew.contexts[0]?.application.calls).toEqual([]);
    stopped = true;
    for (const event of held) crew.up(0, event);
    expect(crew.contexts[0]?.application.calls).toEqual(['stateMessage']);
    expect(cuts(crew, 0)).toEqual([]);
  });

  it('waits for sends to single members too, between those who stay', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.contexts[2]?.plane.toOthers.push([1, 640], [0, 80]);
    crew.contexts[0]?.plane.fromOthers.set(2, 80);
    crew.down(0, block(0, 1));
    expect(crew.upsOf(0, 'flushed')).toEqual([]);
    crew.contexts[1]?.plane.fromOthers.set(2, 632);
    crew.progress();
    expect(crew.upsOf(0, 'flushed')).toEqual([]);
    crew.contexts[1]?.plane.fromOthers.set(2, 640);
    crew.progress();
    expect(crew.upsOf(0, 'flushed')).toHaveLength(1);
  });

  it('is flushed at once in a view of one', () => {
    const crew = crewOf([96]);
    crew.down(0, block(0, 1));
    expect(crew.upTypes(0)).toEqual(['block', 'flushed']);
  });

  it('is flushed at once where all others have failed, when the layers above know it', () => {
    const crew = crewOf([0, 0], [0, 0]);
    crew.dead.add(0);
    crew.down(1, block(1, 1, [0]));
    expect(crew.upTypes(1)).toEqual(['block', 'flushed']);
  });

  it('asks the application for its state message once, however many rounds there are', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.down(0, block(0, 1));
    crew.down(0, block(0, 2, [2]));
    expect(crew.contexts[1]?.application.calls).toEqual(['stateMessage']);
  });
});

describe('Sync, where members fail', () => {
  it('cuts the stream of a failed member at the furthest that anyone has, who then holds it', () => {
    const crew = crewOf([0, 100, 0, 0], [0, 900, 0, 0], [0, 160, 0, 0], [0, 80, 0, 0]);
    crew.dead.add(1);
    crew.down(0, block(0, 1, [1]));
    for (const rank of [0, 2, 3]) expect(cuts(crew, rank)).toContain('cut 1 160 from 2');
    arrive(crew, 0, 160, 0, 0);
    expect(crew.upsOf(0, 'flushed')).toMatchObject([{ failed: new Set([1]) }]);
    expect([...(crew.upsOf(0, 'flushed')[0]?.stateMessages.keys() ?? [])].sort()).toEqual([0, 2, 3]);
  });

  it('cuts it at nothing when nobody has anything of it', () => {
    const crew = crewOf([8, 0, 0], [0, 0, 0], [8, 0, 0]);
    crew.dead.add(1);
    crew.down(0, block(0, 1, [1]));
    expect(cuts(crew, 2)).toContain('cut 1 0 from 0');
    expect(crew.upsOf(0, 'flushed')).toHaveLength(1);
  });

  it('does not wait for sends to the failed', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.contexts[2]?.plane.toOthers.push([1, 640]);
    crew.dead.add(1);
    crew.down(0, block(0, 1, [1]));
    expect(crew.upsOf(0, 'flushed')).toHaveLength(1);
  });

  it('begins again when another fails before it has answered', () => {
    const crew = crewOf([0, 0, 64], [0, 0, 40], [0, 0, 64]);
    crew.dead.add(2);
    crew.down(0, block(0, 1));
    expect(crew.upsOf(0, 'flushed')).toEqual([]);
    crew.down(0, block(0, 2, [2]));
    expect(crew.upsOf(1, 'block')).toEqual([block(0, 1), block(0, 2, [2])]);
    expect(cuts(crew, 1)).toEqual(['cut 0 0 from 0', 'cut 2 64 from 0']);
    arrive(crew, 0, 0, 64);
    expect(crew.upsOf(0, 'flushed')).toMatchObject([{ failed: new Set([2]) }]);
  });

  it('begins again when a holder fails with what it held', () => {
    const crew = crewOf([0, 0, 0, 0], [0, 0, 0, 16], [0, 0, 0, 64], [0, 0, 0, 99]);
    crew.dead.add(3);
    crew.down(0, block(0, 1, [3]));
    expect(cuts(crew, 1)).toContain('cut 3 64 from 2');
    crew.dead.add(2);
    crew.down(0, block(0, 2, [2, 3]));
    expect(cuts(crew, 1)).toContain('cut 3 16 from 1');
    arrive(crew, 0, 0, 0, 16);
    expect(crew.upsOf(0, 'flushed')).toMatchObject([{ failed: new Set([2, 3]) }]);
  });

  it('goes on with the next coordinator when the first fails on the way', () => {
    const crew = crewOf([80, 0, 0], [40, 8, 0], [80, 0, 8]);
    crew.lose = ({ from, record }) => from === 0 && record[0] === 3;
    crew.down(0, block(0, 1));
    crew.dead.add(0);
    crew.down(1, block(1, 1, [0]));
    expect(cuts(crew, 1)).toEqual(['cut 0 80 from 2', 'cut 2 8 from 2']);
    arrive(crew, 80, 8, 8);
    expect(crew.upsOf(1, 'flushed')).toMatchObject([{ failed: new Set([0]) }]);
  });

  it('tells a new coordinator of failures that it has not heard of', () => {
    const crew = crewOf([0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]);
    crew.lose = ({ to }) => to === 1;
    crew.dead.add(3);
    crew.down(0, block(0, 1, [3]));
    crew.lose = () => false;
    crew.dead.add(0);
    crew.down(1, block(1, 1, [0]));
    expect(crew.upsOf(1, 'suspect')).toEqual([{ type: 'suspect', ranks: [3], reason: 'member 2 knows it has failed' }]);
    expect(crew.upsOf(1, 'flushed')).toEqual([]);
    crew.down(1, block(1, 2, [0, 3]));
    expect(crew.upsOf(1, 'flushed')).toMatchObject([{ failed: new Set([0, 3]) }]);
  });

  it('tells a new coordinator what the one before it has decided', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.down(0, block(0, 1));
    const state = viewOf([0, 1, 2], { time: 6 });
    crew.up(2, { type: 'view', state });
    crew.dead.add(0);
    crew.down(1, block(1, 1, [0]));
    expect(crew.upsOf(1, 'decided')).toEqual([{ type: 'decided', state }]);
    // It is not in the round: it has all that it needs.
    expect(crew.upsOf(2, 'block')).toHaveLength(1);
    expect(crew.upsOf(1, 'flushed')).toEqual([]);
  });
});

describe('Sync, where somebody does not answer', () => {
  it('suspects it at the coordinator after sync_timeout, and again until something comes of it', () => {
    const crew = crewOf([0, 0, 0], [0, 0, 0], [0, 0, 0]);
    crew.lose = ({ from }) => from === 2;
    crew.down(0, block(0, 1));
    crew.advance(4999);
    expect(crew.upsOf(0, 'suspect')).toEqual([]);
    crew.advance(1);
    expect(crew.upsOf(0, 'suspect')).toEqual([
      { type: 'suspect', ranks: [2], reason: 'it does not answer in a view change' },
    ]);
    crew.advance(5000);
    expect(crew.upsOf(0, 'suspect')).toHaveLength(2);
  });

  it('counts anew from the cut: fetching takes its time', () => {
    const crew = crewOf([640, 0], [0, 0]);
    let held = true;
    crew.lose = ({ record }) => held && record[0] === 2;
    crew.down(0, block(0, 1));
    crew.advance(4000);
    held = false;
    crew.down(0, block(0, 2));
    crew.advance(4000);
    expect(crew.upsOf(0, 'suspect')).toEqual([]);
    crew.advance(1000);
    expect(crew.upsOf(0, 'suspect')).toMatchObject([{ ranks: [1] }]);
    arrive(crew, 640);
    crew.advance(60_000);
    expect(crew.upsOf(0, 'suspect')).toHaveLength(1);
  });

  it('suspects the coordinator at the members, who give it three times as long', () => {
    const crew = crewOf([0, 0], [0, 0]);
    crew.down(0, block(0, 1));
    crew.dead.add(0);
    crew.advance(14_999);
    expect(crew.upsOf(1, 'suspect')).toEqual([]);
    crew.advance(1);
    expect(crew.upsOf(1, 'suspect')).toMatchObject([{ ranks: [0] }]);
  });

  it('is patient again when the view has come', () => {
    const crew = crewOf([0, 0], [0, 0]);
    crew.down(0, block(0, 1));
    for (const rank of [0, 1]) crew.up(rank, { type: 'view', state: viewOf([0, 1], { time: 6 }) });
    crew.advance(60_000);
    expect([0, 1].flatMap((rank) => crew.upsOf(rank, 'suspect'))).toEqual([]);
    expect(crew.environment.pendingTimers).toBe(0);
  });
});

describe('Sync', () => {
  it.each([...PASSING, suspicion(1)])('lets $type pass', (event) => {
    const crew = crewOf([0, 0], [0, 0]);
    const [layer] = crew.layers;
    const [context] = crew.contexts;
    layer?.up(event);
    layer?.down(event);
    expect([context?.ups, context?.downs]).toEqual([[event], [event]]);
  });
});

// Records of Sync that come at the wrong time, from the wrong member, or that say what cannot be.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sync } from '../../../ts/layers/sync.js';
import { ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { Rank } from '../../../ts/stack/event.js';
import { viewOf } from '../stack/views.js';
import { block, type FakeContext, layerIn, reader } from './fake-context.js';

const MEMBERS = 4;

function record(type: number, attempt: number): ByteWriter {
  return new ByteWriter().u8(type).u32(attempt);
}

function blockRecord(attempt: number, failed: Rank[] = [], leaving: Rank[] = []): ByteWriter {
  return record(1, attempt).ranks(failed).ranks(leaving);
}

function blockOk(attempt: number, failed: Rank[] = [], received: number[] = [0, 0, 0, 0]): ByteWriter {
  return record(2, attempt).ranks(failed).integers(received).u16(0).block(new Uint8Array(0));
}

function cut(attempt: number, positions: number[] = [0, 0, 0, 0]): ByteWriter {
  const writer = record(3, attempt);
  return writer.list([...positions.entries()], ([rank, position]) => writer.integer(position).u16(rank)).u16(0);
}

function cutOk(attempt: number): ByteWriter {
  return record(4, attempt);
}

function sync(myRank: Rank): { layer: Sync; context: FakeContext; hear(from: Rank, body: ByteWriter): void } {
  const { layer, context } = layerIn(Sync, MEMBERS, { myRank });
  const hear = (from: Rank, body: ByteWriter) => {
    layer.receive(from, reader(body));
    // As from Bottom.
    for (const event of context.downs.splice(0)) layer.up(event);
  };
  return { layer, context, hear };
}

function suspected(context: FakeContext): unknown[] {
  return context.ups.flatMap((event) => (event.type === 'suspect' ? [[event.ranks, event.reason]] : []));
}

/** The types of the records that were sent, and to whom. */
function sent(context: FakeContext): [type: number | undefined, to: Rank][] {
  return context.sends.map(({ to, record }) => [record[0], to]);
}

describe('Sync at a member', () => {
  it('answers a round, has the cut, and says so', () => {
    const { context, hear } = sync(3);
    context.plane.positions.splice(0, 4, 8, 16, 24, 32);
    hear(0, blockRecord(1, [2]));
    expect(sent(context)).toEqual([[2, 0]]);
    const answer = reader(context.sends[0]?.record as Uint8Array);
    expect([answer.u8(), answer.u32(), answer.ranks(4), answer.integers()]).toEqual([2, 1, [2], [8, 16, 24, 32]]);
    hear(0, cut(1, [8, 16, 24, 32]));
    expect(sent(context)).toEqual([
      [2, 0],
      [4, 0],
    ]);
  });

  it('suspects who coordinates while one before it is in', () => {
    const { context, hear } = sync(3);
    hear(2, blockRecord(1, [0]));
    expect(suspected(context)).toEqual([[[2], 'it coordinates out of turn']]);
    hear(2, blockRecord(1, [0], [1]));
    expect(sent(context)).toEqual([[2, 2]]);
  });

  it('suspects who suspects it, and does not answer', () => {
    const { context, hear } = sync(3);
    hear(0, blockRecord(1, [3]));
    expect(suspected(context)).toEqual([[[0], 'it suspects me']]);
    expect(sent(context)).toEqual([]);
  });

  it('ignores a coordinator that has failed for it, or that takes itself for failed', () => {
    const { context, hear } = sync(3);
    hear(1, blockRecord(1, [0]));
    context.clear();
    hear(0, blockRecord(7));
    hear(2, blockRecord(1, [0, 1, 2]));
    expect([context.sends, context.ups]).toEqual([[], []]);
  });

  it('takes the later of two rounds, in whatever order they come', () => {
    const { context, hear } = sync(3);
    hear(0, blockRecord(2));
    hear(0, blockRecord(1));
    hear(0, blockRecord(2));
    expect(sent(context)).toEqual([[2, 0]]);
    hear(1, blockRecord(1, [], [0]));
    hear(0, blockRecord(3));
    expect(sent(context)).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });

  it.each([
    ['of an earlier attempt', 0, 1],
    ['of a later attempt', 0, 3],
    ['of another', 1, 2],
  ])('ignores a cut %s', (_, from, attempt) => {
    const { context, hear } = sync(3);
    hear(0, blockRecord(2));
    hear(from, cut(attempt));
    expect(sent(context)).toEqual([[2, 0]]);
    expect(context.plane.calls).toEqual([]);
  });

  it('ignores a cut when no round has been begun, or when the next view is there', () => {
    const { layer, context, hear } = sync(3);
    hear(0, cut(0));
    hear(0, blockRecord(1));
    layer.up({ type: 'view', state: viewOf([0, 3], { time: 6 }) });
    hear(0, cut(1));
    expect(context.plane.calls).toEqual([]);
  });

  it('forgets the cut of a round that another replaces', () => {
    const { layer, context, hear } = sync(3);
    hear(0, blockRecord(1));
    hear(0, cut(1, [800, 0, 0, 0]));
    hear(0, blockRecord(2, [2]));
    context.plane.positions[0] = 800;
    layer.progress();
    expect(sent(context)).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });

  it('answers with what was decided once it has the next view, whatever the round', () => {
    const { layer, context, hear } = sync(3);
    layer.up({ type: 'view', state: viewOf([0, 3], { time: 6 }) });
    hear(1, blockRecord(1, [0]));
    hear(0, blockRecord(9));
    expect(sent(context)).toEqual([
      [5, 1],
      [5, 0],
    ]);
    expect(context.upTypes).toEqual(['view']);
  });

  it('ignores answers that are for coordinators', () => {
    const { context, hear } = sync(3);
    hear(0, blockRecord(1));
    hear(1, blockOk(1));
    hear(1, cutOk(1));
    expect(context.casts).toEqual([]);
    expect(context.upTypes).toEqual(['block']);
  });
});

describe('Sync at the coordinator', () => {
  function coordinator(attempt: number, failed: Rank[] = []) {
    const made = sync(0);
    const round = block(0, attempt, failed);
    made.layer.down(round);
    made.layer.up(round);
    made.context.clear();
    return made;
  }

  it('ignores answers of other attempts, and of the failed', () => {
    const { context, hear } = coordinator(2, [3]);
    for (const attempt of [1, 3]) for (const rank of [1, 2]) hear(rank, blockOk(attempt));
    hear(3, blockOk(2));
    hear(1, blockOk(2));
    expect(context.casts).toEqual([]);
    hear(2, blockOk(2));
    expect(context.casts.map(([type]) => type)).toEqual([3]);
    for (const rank of [1, 2]) hear(rank, cutOk(1));
    expect(context.upTypes).toEqual([]);
    for (const rank of [1, 2]) hear(rank, cutOk(2));
    expect(context.upTypes).toEqual(['flushed']);
  });

  it('does not need the answers of the failed, nor is it put off by them', () => {
    const { context, hear } = coordinator(1, [3]);
    for (const rank of [1, 2]) hear(rank, blockOk(1));
    hear(3, cutOk(1));
    hear(1, cutOk(1));
    expect(context.upTypes).toEqual([]);
    hear(2, cutOk(1));
    expect(context.upTypes).toEqual(['flushed']);
  });

  it('ignores answers when the view is there', () => {
    const { layer, context, hear } = coordinator(1, [2, 3]);
    layer.up({ type: 'view', state: viewOf([0, 1], { time: 6 }) });
    context.clear();
    hear(1, blockOk(1));
    hear(1, cutOk(1));
    expect([context.casts, context.ups]).toEqual([[], []]);
  });

  it('refuses positions of another view', () => {
    const { hear } = coordinator(1);
    expect(() => hear(1, blockOk(1, [], [0, 0, 0]))).toThrow(MalformedError);
    expect(() => hear(1, blockOk(1, [9]))).toThrow(MalformedError);
  });
});

describe('records of Sync', () => {
  it('of a cut for another number of members are malformed', () => {
    const { hear } = sync(3);
    hear(0, blockRecord(1));
    expect(() => hear(0, cut(1, [0, 0, 0]))).toThrow(MalformedError);
  });

  it('made of garbage throw only MalformedError', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.uint8Array({ maxLength: 60 }), fc.nat(3), (type, bytes, from) => {
        const { layer, hear } = sync(1);
        layer.up({ type: 'init' });
        hear(0, blockRecord(1));
        try {
          hear(from, new ByteWriter().u8(type).raw(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});

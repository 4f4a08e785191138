import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { ByteReader, ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import {
  compareViewIds,
  rankIn,
  readViewId,
  readViewState,
  sameViewId,
  singleton,
  type ViewId,
  type ViewState,
  viewName,
  writeViewId,
  writeViewState,
} from '../../../ts/stack/view-state.js';
import { bytesOf, member, members, STACK, viewId, viewOf } from './views.js';

const endpoints = fc
  .record({ number: fc.nat(20), incarnation: fc.maxSafeNat() })
  .map(({ number, incarnation }) => member(number, incarnation));
const ids: fc.Arbitrary<ViewId> = fc.record({ time: fc.maxSafeNat(), coordinator: endpoints });

const views: fc.Arbitrary<ViewState> = fc
  .record({
    groupName: fc.string({ unit: 'binary' }),
    protocol: fc.string(),
    params: fc.string(),
    time: fc.maxSafeNat(),
    members: fc.uniqueArray(endpoints, { minLength: 1, maxLength: 12, selector: ({ name }) => name }),
    previous: fc.array(ids, { maxLength: 4 }),
    primary: fc.boolean(),
    message: fc.uint8Array({ maxLength: 100 }),
  })
  .map(({ time, ...view }) => ({ ...view, id: { time, coordinator: view.members[0] as Endpoint } }));

function written(view: ViewState): Uint8Array {
  const writer = new ByteWriter();
  writeViewState(writer, view);
  return writer.finish();
}

function read(bytes: Uint8Array): ViewState {
  const reader = new ByteReader(bytes);
  const view = readViewState(reader);
  reader.end();
  return view;
}

describe('view ids', () => {
  it('are ordered by time, then by coordinator', () => {
    const sorted = [viewId(4, 9), viewId(5, 0), viewId(5, 1), viewId(10, 0)];
    expect([...sorted].reverse().sort(compareViewIds)).toEqual(sorted);
    expect(compareViewIds(viewId(5), viewId(5))).toBe(0);
  });

  it('of one member that has come again are two', () => {
    const [old, again] = [1, 2].map((incarnation) => ({ time: 5, coordinator: member(0, incarnation) }));
    expect(sameViewId(old as ViewId, again as ViewId)).toBe(false);
    expect(viewName(again as ViewId)).toBe('5@10.0.0.1:4000/2');
  });

  it('have an order that is total, and the same as the equality of their names', () => {
    fc.assert(
      fc.property(ids, ids, ids, (a, b, c) => {
        expect(Math.sign(compareViewIds(a, b))).toBe(-Math.sign(compareViewIds(b, a)) || 0);
        expect(sameViewId(a, b)).toBe(viewName(a) === viewName(b));
        const [x, y, z] = [a, b, c].sort(compareViewIds) as [ViewId, ViewId, ViewId];
        expect(compareViewIds(x, y) <= 0 && compareViewIds(y, z) <= 0 && compareViewIds(x, z) <= 0).toBe(true);
      }),
    );
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const writer = new ByteWriter();
        writeViewId(writer, id);
        expect(readViewId(new ByteReader(writer.finish()))).toEqual(id);
      }),
    );
  });
});

describe('a view state', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(read(written(view))).toEqual(view);
      }),
    );
  });

  it('cut short is malformed, wherever it is cut', () => {
    const bytes = written(viewOf([0, 1, 2], { previous: [viewId(4)], message: bytesOf('hello') }));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => read(bytes.subarray(0, length))).toThrow(MalformedError);
    }
  });

  it('made of garbage throws only MalformedError', () => {
    const good = written(viewOf([0, 1, 2], { previous: [viewId(4)], message: bytesOf('hello') }));
    const spoilt = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), spoilt), (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });

  it.each([
    ['has no members', viewOf([])],
    ['is not named after its rank 0', viewOf([0, 1], { id: viewId(5, 1) })],
    ['has a member twice', viewOf([0, 1, 2, 1])],
  ])('is impossible when it %s', (_, view) => {
    expect(() => read(written(view))).toThrow(MalformedError);
  });

  it('may have two members at one address: one has come again before the other was missed', () => {
    const view = viewOf([0], { members: [member(0), member(1, 7), member(1, 8)] });
    expect(read(written(view)).members.map(String)).toEqual(view.members.map(String));
  });
});

describe('singleton', () => {
  it('is a view of one, that comes from nowhere', () => {
    const me = member(3, 9);
    expect(singleton(me, 8, viewOf([0, 1], { params: 'heal_sweep=2:time', primary: true }))).toMatchObject({
      groupName: 'test',
      protocol: STACK,
      params: 'heal_sweep=2:time',
      id: { time: 8, coordinator: me },
      members: [me],
      previous: [],
      primary: false,
      message: new Uint8Array(0),
    });
  });
});

describe('rankIn', () => {
  it('finds equal endpoints, not only the same object', () => {
    expect(rankIn(members(4, 5, 6), new Endpoint('10.0.0.1', 4005))).toBe(1);
    expect(rankIn(members(4, 5, 6), member(5, 1))).toBe(-1);
    expect(rankIn([], member(0))).toBe(-1);
  });
});

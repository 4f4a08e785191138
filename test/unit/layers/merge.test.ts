import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Merge, readMergeMessage, writeMergeMessage } from '../../../ts/layers/merge.js';
import { ByteReader, ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { MergeMessage } from '../../../ts/stack/event.js';
import { bytesOf, member, viewId, viewOf } from '../stack/views.js';
import { type FakeContext, layerIn, PASSING, reader } from './fake-context.js';

const PARAMS = 'merge_sweep=0.1;merge_timeout=1';
const peer = member(9);
/** Of the layer under test: see `layerIn`. */
const mine = viewId(5);

const request: MergeMessage = {
  kind: 'request',
  into: viewId(7, 9),
  from: mine,
  merger: { state: viewOf([0, 1], { time: 6, previous: [mine] }), stateMessages: [bytesOf('a'), bytesOf('')] },
  compatibility: 'all the same',
  joinMessage: bytesOf('please'),
};
const granted: Extract<MergeMessage, { kind: 'granted' }> = {
  kind: 'granted',
  to: mine,
  state: viewOf([9, 0, 1], { time: 8 }),
};
const denied: Extract<MergeMessage, { kind: 'denied' }> = { kind: 'denied', to: mine, reason: 'busy', by: 'busy' };
const taken: MergeMessage = { kind: 'taken', to: mine };
const MESSAGES: MergeMessage[] = [request, granted, denied, { ...denied, by: 'application' }, taken];

function merge(): { layer: Merge; context: FakeContext } {
  return layerIn(Merge, 2, { params: PARAMS });
}

function tell(layer: Merge, message: MergeMessage): void {
  layer.down({ type: 'mergeMessage', peer, message });
}

function hear(layer: Merge, message: MergeMessage): void {
  layer.receiveOutside(peer, reader(writeMergeMessage(message)));
}

function told(context: FakeContext): string[] {
  return context.told.map(({ to, body }) => `${readMergeMessage(reader(body)).kind} to ${to.port - 4000}`);
}

describe('messages of Merge', () => {
  it.each(MESSAGES)('are read as they were written: $kind', (message) => {
    const record = reader(writeMergeMessage(message));
    expect(readMergeMessage(record)).toEqual(message);
    record.end();
  });

  it.each(MESSAGES)('are malformed when cut short: $kind', (message) => {
    const bytes = writeMergeMessage(message).finish();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readMergeMessage(new ByteReader(bytes.subarray(0, length)))).toThrow(MalformedError);
    }
  });

  it('bring as many state messages as the view has members, or are malformed', () => {
    if (request.kind !== 'request') return;
    for (const stateMessages of [[], [bytesOf('a')], [bytesOf('a'), bytesOf('b'), bytesOf('c')]]) {
      const wrong = writeMergeMessage({ ...request, merger: { ...request.merger, stateMessages } });
      expect(() => readMergeMessage(reader(wrong))).toThrow(MalformedError);
    }
  });

  it('made of garbage throw only MalformedError', () => {
    const kinds = fc.nat(4);
    fc.assert(
      fc.property(kinds, fc.uint8Array(), (kind, bytes) => {
        try {
          readMergeMessage(reader(new ByteWriter().u8(kind).raw(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});

describe('Merge', () => {
  it('repeats a request until it is answered', () => {
    const { layer, context } = merge();
    tell(layer, request);
    // After 12.5, 25, 50 and 100 ms, and 100 again.
    const times = [0, 12, 13, 37, 38, 87, 88, 187, 188, 287, 288];
    const counts = times.map((time, i) => {
      context.environment.advance(time - (times[i - 1] ?? 0));
      return told(context).length;
    });
    expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    hear(layer, denied);
    context.environment.advance(5000);
    expect(told(context)).toHaveLength(6);
    expect(context.ups).toEqual([{ type: 'mergeMessage', peer, message: denied }]);
    expect(context.environment.pendingTimers).toBe(0);
  });

  it('gives up a request that nobody answers, and says so once', () => {
    const { layer, context } = merge();
    tell(layer, request);
    context.environment.advance(900);
    expect(context.ups).toEqual([]);
    context.environment.advance(5000);
    expect(context.ups).toEqual([{ type: 'mergeFailed', reason: `no answer from ${peer}` }]);
    expect(told(context)).toHaveLength(13);
  });

  it('repeats a grant until it is taken, for each view of its own, and gives it up without a word', () => {
    const { layer, context } = merge();
    const other: MergeMessage = { ...granted, to: viewId(3, 8) };
    tell(layer, { ...granted, to: viewId(7, 9) });
    tell(layer, other);
    context.clear();
    hear(layer, { kind: 'taken', to: viewId(7, 9) });
    context.environment.advance(13);
    expect(told(context)).toEqual(['granted to 9']);
    expect(readMergeMessage(reader(context.told[0]?.body as Uint8Array))).toMatchObject({ to: viewId(3, 8) });
    context.environment.advance(5000);
    expect(context.ups).toEqual([]);
    expect(context.environment.pendingTimers).toBe(0);
  });

  it('says that a grant was taken each time that it comes: the answer may have been lost', () => {
    const { layer, context } = merge();
    tell(layer, request);
    context.clear();
    hear(layer, granted);
    hear(layer, granted);
    expect(told(context)).toEqual(['taken to 9', 'taken to 9']);
    expect(readMergeMessage(reader(context.told[0]?.body as Uint8Array))).toEqual(taken);
    // What comes twice is told twice.
    expect(context.upTypes).toEqual(['mergeMessage', 'mergeMessage']);
  });

  it('ignores answers to another view, of before or after', () => {
    const { layer, context } = merge();
    tell(layer, request);
    for (const to of [viewId(4), viewId(6), viewId(5, 1)]) {
      hear(layer, { ...granted, to });
      hear(layer, { ...denied, to });
    }
    context.clear();
    context.environment.advance(13);
    expect(told(context)).toEqual(['request to 9']);
    expect(context.ups).toEqual([]);
  });

  it('tells denials once: who asks again is answered again', () => {
    const { layer, context } = merge();
    tell(layer, { ...denied, to: viewId(7, 9) });
    context.environment.advance(5000);
    expect(told(context)).toEqual(['denied to 9']);
  });

  it('tells of each request that comes', () => {
    const { layer, context } = merge();
    hear(layer, request);
    hear(layer, request);
    expect(context.ups).toEqual([
      { type: 'mergeMessage', peer, message: request },
      { type: 'mergeMessage', peer, message: request },
    ]);
    expect(context.told).toEqual([]);
  });

  it('has one request at a time: a new one replaces it, with all its time', () => {
    const { layer, context } = merge();
    tell(layer, request);
    context.environment.advance(950);
    tell(layer, request);
    context.environment.advance(900);
    expect(context.ups).toEqual([]);
    context.environment.advance(200);
    expect(context.upTypes).toEqual(['mergeFailed']);
  });

  it.each(PASSING)('lets $type pass', (event) => {
    const { layer, context } = merge();
    layer.up(event);
    layer.down(event);
    expect([context.ups, context.downs]).toEqual([[event], [event]]);
  });
});

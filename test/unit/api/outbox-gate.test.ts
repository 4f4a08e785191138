// What a state transfer holds back, and when it goes out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../ts/api/message-kind.js';
import { Outbox, type OutboxLimits } from '../../../ts/api/outbox.js';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import type { Plane } from '../../../ts/data-plane/plane.js';
import { recordBytes } from '../../../ts/data-plane/record.js';
import type { ViewPlane } from '../../../ts/data-plane/view-plane.js';
import { readSubcast } from '../../../ts/ordering/subcast.js';
import { Pipe, pattern } from '../data-plane/pipe.js';
import { bytesOf } from '../stack/views.js';

const RING_BYTES = 8 * 1024;
const LIMITS: OutboxLimits = { maxMessageSize: 1024 * 1024, highWaterMark: 16 * 1024, maxQueuedBytes: 64 * 1024 };
const OPEN = 0;
const PROTECTED = 1;
const ATOMIC = 2;
const [GENERIC, SAFE, TRANSFER] = [0, 1, 2] as const;

/** A view of four whose streams end in pipes. */
class GatedView {
  readonly outbox: Outbox;
  readonly casts = new Pipe(RING_BYTES);
  readonly sends = [0, 1, 2, 3].map(() => new Pipe(RING_BYTES));

  constructor(gate: number, limits: Partial<OutboxLimits> = {}, subcast = false) {
    const plane = { scheduleFlush: () => {} } as unknown as Plane;
    const streams = { casts: this.casts.writer, pt2pt: (rank: number) => this.sends[rank]?.writer };
    const all = { ...LIMITS, ...limits };
    this.outbox = new Outbox(plane, streams as unknown as ViewPlane, 4, all, false, subcast, gate);
  }

  cast(text: string, safety: number = GENERIC): string {
    return this.outbox.post(this.outbox.casts, bytesOf(text), kindOf(CastKind.message, safety));
  }

  /** The next view, in which this one's outbox is taken over. */
  next(gate: number, rankOf: (rank: number) => number | undefined = (rank) => rank, subcast = false): GatedView {
    this.outbox.block();
    const next = new GatedView(gate, {}, subcast);
    next.outbox.adopt(this.outbox, rankOf);
    return next;
  }

  /** Lets all arrive and go on. Returns how often the sender was told to go on. */
  run(): number {
    let told = 0;
    for (let round = 0; round < 30; round++) {
      for (const pipe of [this.casts, ...this.sends]) pipe.run();
      if (this.outbox.progress()) told++;
    }
    return told;
  }

  get gone(): string[] {
    return textsOf(this.casts);
  }

  goneTo(rank: number): string[] {
    return textsOf(this.sends[rank] as Pipe);
  }
}

function textsOf({ collector }: Pipe): string[] {
  return collector.messages.map(({ bytes }) => Buffer.from(bytes).toString());
}

describe('an outbox in a view with a state transfer', () => {
  it.each([
    [OPEN, ['generic', 'safe', 'transfer'], 0],
    [PROTECTED, ['safe', 'transfer'], 1],
    [ATOMIC, ['transfer'], 2],
  ])('with gate %i lets pass %s', (gate, passes, held) => {
    const view = new GatedView(gate);
    const said = ['generic', 'safe', 'transfer'].map((text, safety) => view.cast(text, safety));
    view.run();
    expect(view.gone).toEqual(passes);
    expect(said).toEqual([...new Array(held).fill('next'), ...new Array(3 - held).fill('current')]);
    expect(view.outbox.heldBytes > 0).toBe(held > 0);
    expect(view.outbox.waitingBytes).toBe(view.outbox.heldBytes);
  });

  it('sends what it held in the first view that lets it pass, in order, before what comes then', () => {
    const first = new GatedView(ATOMIC);
    first.cast('1');
    first.cast('2', SAFE);
    first.outbox.postTo([1, 2], bytesOf('3'));
    first.outbox.postTo([1], bytesOf('4'), SAFE);
    first.cast('5');
    const second = first.next(PROTECTED);
    second.cast('6');
    second.run();
    expect([second.gone, second.goneTo(1), second.goneTo(2)]).toEqual([['2'], ['4'], []]);
    const third = second.next(OPEN);
    expect(third.cast('7')).toBe('unspecified');
    third.run();
    expect([third.gone, third.goneTo(1), third.goneTo(2)]).toEqual([['1', '5', '6', '7'], ['3'], ['3']]);
    expect([third.outbox.waitingBytes, third.cast('8')]).toEqual([0, 'current']);
  });

  it('holds back what waited for flow control in a view without one', () => {
    const first = new GatedView(OPEN);
    first.outbox.block();
    first.cast('generic');
    first.cast('safe', SAFE);
    first.outbox.postTo([2], bytesOf('sent'));
    const second = first.next(PROTECTED);
    second.run();
    expect([second.gone, second.goneTo(2)]).toEqual([['safe'], []]);
    const third = second.next(OPEN);
    third.run();
    expect([third.gone, third.goneTo(2)]).toEqual([['generic'], ['sent']]);
  });

  it('copies what it holds: the caller may use it again at once, also where it is a Buffer', () => {
    const view = new GatedView(PROTECTED);
    for (const payload of [Buffer.from('one'), bytesOf('two')]) {
      view.outbox.post(view.outbox.casts, payload);
      payload.fill(120);
    }
    const next = view.next(OPEN);
    next.run();
    expect(next.gone).toEqual(['one', 'two']);
  });

  it('holds what is longer than the ring, and sends it whole', () => {
    const view = new GatedView(PROTECTED, { maxQueuedBytes: 1 });
    const long = pattern(5 * RING_BYTES, 3);
    view.outbox.post(view.outbox.casts, long);
    const next = view.next(OPEN);
    next.run();
    expect(next.casts.collector.messages.map(({ bytes }) => bytes)).toEqual([long]);
  });

  it('drops what it holds for those who are gone, and follows the others to their new ranks', () => {
    const view = new GatedView(PROTECTED);
    for (const rank of [0, 1, 2, 3]) view.outbox.postTo([rank], bytesOf(`to ${rank}`));
    view.outbox.block();
    const next = new GatedView(OPEN);
    const dropped = next.outbox.adopt(view.outbox, (rank) => [undefined, 2, 1, undefined][rank]);
    expect(dropped).toBe(2 * recordBytes(4));
    next.run();
    expect([0, 1, 2, 3].map((rank) => next.goneTo(rank))).toEqual([[], ['to 2'], ['to 1'], []]);
  });

  it.each([
    ['held', PROTECTED],
    ['waiting', OPEN],
  ])('lets lists follow their members to their new ranks, where they were %s', (_, gate) => {
    const view = new GatedView(gate);
    if (gate === OPEN) view.outbox.block();
    for (const call of [CastKind.scast, CastKind.lsend]) view.outbox.postListed(call, [1, 2], bytesOf('list'), GENERIC);
    const rankOf = (rank: number) => [undefined, undefined, 3, 0][rank];
    const next = view.next(PROTECTED, rankOf).next(OPEN, (rank) => rank);
    next.run();
    const read = next.casts.collector.messages.map(({ kind, bytes }) => {
      const ranks = [0, 1, 2, 3].filter((rank) => readSubcast(Message.of(bytes), rank));
      return [kind, ranks];
    });
    expect(read).toEqual([
      [CastKind.scast, [3]],
      [CastKind.lsend, [3]],
    ]);
  });

  it('clears all of it when the member leaves', () => {
    const view = new GatedView(PROTECTED);
    view.cast('held');
    view.outbox.clear();
    expect(view.outbox.waitingBytes).toBe(0);
  });
});

describe('what is held while sends begin, or cease, to go with the casts', () => {
  it('goes the way of the view that lets it pass', () => {
    const first = new GatedView(PROTECTED);
    first.outbox.postTo([1, 2], bytesOf('sent'), GENERIC);
    first.cast('cast');
    const second = first.next(OPEN, undefined, true);
    second.run();
    const kinds = second.casts.collector.messages.map(({ kind }) => kind);
    expect(kinds).toEqual([CastKind.subcast, CastKind.subcast, CastKind.message]);
    expect(second.goneTo(1)).toEqual([]);
  });

  it('keeps its safety', () => {
    const first = new GatedView(ATOMIC, {}, true);
    first.outbox.postTo([1, 2], bytesOf('safe'), SAFE);
    first.outbox.postTo([2], bytesOf('generic'));
    const second = first.next(PROTECTED);
    second.run();
    expect([second.goneTo(1), second.goneTo(2), second.gone]).toEqual([['safe'], ['safe'], []]);
    const third = second.next(OPEN, undefined, true);
    third.run();
    expect(third.casts.collector.messages.map(({ kind }) => kind)).toEqual([CastKind.subcast]);
  });
});

describe('a sender in a view with a state transfer', () => {
  it('is told to wait, and refused, by what is held; it is told to go on when that has gone', () => {
    const view = new GatedView(PROTECTED);
    let count = 0;
    while (!view.outbox.needDrain) view.cast(`${count++}${'.'.repeat(1000)}`);
    expect(view.outbox.heldBytes).toBeGreaterThanOrEqual(LIMITS.highWaterMark);
    expect(() => {
      for (;;) view.cast('.'.repeat(1000));
    }).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_FULL', message: expect.stringContaining('a state transfer') }),
    );
    expect(view.run()).toBe(0);
    const next = view.next(OPEN);
    expect(next.outbox.needDrain).toBe(true);
    expect([next.run(), next.outbox.needDrain]).toEqual([1, false]);
  });

  it('is refused but for one message, however long it is', () => {
    const view = new GatedView(PROTECTED, { maxQueuedBytes: 100 });
    expect(view.cast('.'.repeat(5000))).toBe('next');
    expect(() => view.cast('')).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    expect(view.cast('', SAFE)).toBe('current');
  });

  it('goes on with safer messages whatever is held of the others', () => {
    const view = new GatedView(PROTECTED, { highWaterMark: 100 });
    view.cast('.'.repeat(200));
    expect([GENERIC, SAFE, TRANSFER].map((each) => view.outbox.needsDrain(each))).toEqual([true, false, false]);
    while (view.cast('.'.repeat(1000), SAFE) === 'current');
    expect([GENERIC, SAFE, TRANSFER].map((each) => view.outbox.needsDrain(each))).toEqual([true, true, true]);
    expect(view.run()).toBe(1);
    expect([GENERIC, SAFE, TRANSFER].map((each) => view.outbox.needsDrain(each))).toEqual([true, false, false]);
    const next = view.next(OPEN);
    expect([SAFE, TRANSFER].map((each) => next.outbox.needsDrain(each))).toEqual([true, true]);
    expect([next.run(), next.outbox.needDrain]).toEqual([1, false]);
  });

  it('has no claims, which are not safe: drain comes when they are possible', () => {
    const view = new GatedView(PROTECTED);
    expect(view.outbox.casts.claim(10)).toBe(-1);
    view.outbox.waitForRoom(10);
    expect([view.outbox.needsDrain(), view.outbox.needsDrain(SAFE), view.run()]).toEqual([true, false, 0]);
    const next = view.next(OPEN);
    expect([next.run(), next.outbox.casts.claim(10) >= 0]).toEqual([1, true]);
  });

  it('that waited for room for a claim waits for the end of the transfer', () => {
    const first = new GatedView(OPEN);
    first.outbox.waitForRoom(10);
    const second = first.next(PROTECTED);
    second.run();
    expect([second.outbox.needsDrain(), second.outbox.needsDrain(SAFE)]).toEqual([true, false]);
    expect(second.next(OPEN).run()).toBe(1);
  });
});

describe('what a transfer needs', () => {
  it('is taken however much waits', () => {
    const view = new GatedView(ATOMIC, { maxQueuedBytes: 100 });
    view.outbox.block();
    const kind = kindOf(CastKind.state, TRANSFER);
    for (let count = 0; count < 5; count++) view.outbox.post(view.outbox.sendsTo(1), pattern(200, count), kind, true);
    expect(() => view.cast('more', TRANSFER)).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    const next = view.next(ATOMIC);
    next.run();
    expect(next.goneTo(1)).toHaveLength(5);
  });

  it('goes out at once or not at all, in parts of the state', () => {
    const view = new GatedView(ATOMIC);
    const part = () =>
      view.outbox.postPart(view.outbox.sendsTo(1), bytesOf('head'), pattern(900, 1), kindOf(CastKind.state, TRANSFER));
    let sent = 0;
    while (part()) sent++;
    expect([sent > 4, view.outbox.waitingBytes]).toEqual([true, 0]);
    view.run();
    expect(part()).toBe(true);
    view.outbox.block();
    expect(part()).toBe(false);
  });
});

describe('whatever views follow each other', () => {
  it('each message goes out once, in a view that lets it pass, and those of one safety in their order', () => {
    const post = fc.record({ safety: fc.nat(2), to: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) });
    const view = fc.record({
      gate: fc.nat(2),
      posts: fc.array(post, { maxLength: 8 }),
      late: fc.array(post, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(view, { maxLength: 6 }), (views) => {
        const gone: { text: string; safety: number; gate: number; to: number | undefined }[] = [];
        let number = 0;
        let current = new GatedView(OPEN);
        const collect = (gate: number) => {
          current.run();
          const pipes = [current.casts, ...current.sends.slice(1)];
          for (const [index, { collector }] of pipes.entries()) {
            for (const { kind, bytes } of collector.messages) {
              const text = Buffer.from(bytes).toString();
              gone.push({ text, safety: kind >> 4, gate, to: index === 0 ? undefined : index });
            }
          }
        };
        const postAll = (posts: readonly { safety: number; to: number | undefined }[]) => {
          for (const { safety, to } of posts) {
            if (to === undefined) current.cast(String(number++), safety);
            else current.outbox.postTo([to], bytesOf(String(number++)), safety);
          }
        };
        for (const { gate, posts, late } of [...views, { gate: OPEN, posts: [], late: [] }]) {
          current = current.next(gate);
          postAll(posts);
          collect(gate);
          current.outbox.block();
          postAll(late);
        }
        expect(gone.map(({ text }) => Number(text)).sort((a, b) => a - b)).toEqual([...new Array(number).keys()]);
        for (const { safety, gate } of gone) expect(safety).toBeGreaterThanOrEqual(gate);
        for (const safety of [GENERIC, SAFE, TRANSFER]) {
          for (const to of [undefined, 1, 2, 3]) {
            const numbers = gone
              .filter((each) => each.safety === safety && each.to === to)
              .map(({ text }) => Number(text));
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          }
        }
      }),
    );
  });
});

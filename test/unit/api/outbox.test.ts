import { describe, expect, it } from 'vitest';
import { Outbox, type OutboxLimits } from '../../../ts/api/outbox.js';
import { Message } from '../../../ts/base/message.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import type { Plane } from '../../../ts/data-plane/plane.js';
import { recordBytes } from '../../../ts/data-plane/record.js';
import type { ViewPlane } from '../../../ts/data-plane/view-plane.js';
import { readSubcast, subcastHeaderBytes } from '../../../ts/ordering/subcast.js';
import { Pipe, pattern } from '../data-plane/pipe.js';

const RING_BYTES = 8 * 1024;
const LIMITS: OutboxLimits = { maxMessageSize: 1024 * 1024, highWaterMark: 16 * 1024, maxQueuedBytes: 64 * 1024 };

interface Taken {
  readonly send: boolean;
  readonly bytes: Uint8Array;
}

/** A view whose streams end in pipes. */
class FakeView {
  readonly castPipe: Pipe;
  readonly sendPipes = new Map<number, Pipe>();
  readonly outbox: Outbox;

  constructor(
    members: number,
    private readonly ringBytes = RING_BYTES,
    limits: Partial<OutboxLimits> = {},
    subcast = false,
  ) {
    this.castPipe = new Pipe(ringBytes);
    const view = { casts: this.castPipe.writer, pt2pt: (rank: number) => this.sendPipe(rank).writer };
    const plane = { scheduleFlush: () => {} };
    const allLimits = { ...LIMITS, ...limits };
    this.outbox = new Outbox(
      plane as unknown as Plane,
      view as unknown as ViewPlane,
      members,
      allLimits,
      false,
      subcast,
    );
  }

  static withSubcast(members: number, limits: Partial<OutboxLimits> = {}): FakeView {
    return new FakeView(members, RING_BYTES, limits, true);
  }

  sendPipe(rank: number): Pipe {
    let pipe = this.sendPipes.get(rank);
    if (pipe === undefined) {
      pipe = new Pipe(this.ringBytes);
      this.sendPipes.set(rank, pipe);
    }
    return pipe;
  }

  cast(payload: Uint8Array): string {
    return this.outbox.post(this.outbox.casts, payload);
  }

  send(to: number, payload: Uint8Array): string {
    return this.outbox.post(this.outbox.sendsTo(to), payload);
  }

  /** Lets all arrive and go on. Returns whether the sender was told to. */
  run(): boolean {
    let told = false;
    for (let round = 0; round < 30; round++) {
      for (const pipe of [this.castPipe, ...this.sendPipes.values()]) pipe.run();
      told = this.outbox.progress() || told;
    }
    return told;
  }

  casts(): Uint8Array[] {
    return this.castPipe.collector.messages.map(({ bytes }) => bytes);
  }

  sends(to: number): Uint8Array[] {
    return this.sendPipe(to).collector.messages.map(({ bytes }) => bytes);
  }

  /** What the stream of casts brings to a rank: casts, and sends that are for it. */
  takenBy(rank: number): Taken[] {
    return this.castPipe.collector.messages.flatMap(({ kind, bytes }): Taken[] => {
      if (kind === CastKind.message) return [{ send: false, bytes }];
      const message = Message.of(bytes);
      return readSubcast(message, rank) === true ? [{ send: true, bytes: message.copy() }] : [];
    });
  }
}

const same = (rank: number) => rank;

describe('an outbox', () => {
  it('says in which view a message goes out', () => {
    const view = new FakeView(2);
    expect(view.cast(pattern(10, 0))).toBe('current');
    expect(view.cast(pattern(2 * RING_BYTES, 1))).toBe('unspecified');
    expect(view.cast(pattern(10, 2))).toBe('unspecified');
    expect(view.send(1, pattern(10, 3))).toBe('current');
    view.outbox.block();
    expect(view.cast(pattern(10, 4))).toBe('next');
    expect(view.send(1, pattern(10, 5))).toBe('next');
  });

  it('writes nothing into a view that is blocked, not even in streams that are opened then', () => {
    const view = new FakeView(3);
    view.outbox.block();
    view.cast(pattern(10, 0));
    view.send(1, pattern(10, 1));
    expect(view.run()).toBe(false);
    expect([view.casts(), view.sends(1)]).toEqual([[], []]);
    expect(view.outbox.queuedBytes).toBe(2 * recordBytes(10));
    expect(view.outbox.casts.claim(10)).toBe(-1);
  });

  it('takes back a claim that was not published: what the application writes there belongs to no view', () => {
    const view = new FakeView(2);
    const { casts } = view.outbox;
    expect(casts.claim(10)).toBeGreaterThanOrEqual(0);
    view.outbox.block();
    expect(() => casts.publishClaim(10)).toThrow(expect.objectContaining({ code: 'ERR_CLAIM_LOST' }));
    view.run();
    expect(view.casts()).toEqual([]);
  });

  it('refuses what is too much while blocked too, but for one message', () => {
    const view = new FakeView(2, RING_BYTES, { maxQueuedBytes: 1000 });
    view.outbox.block();
    expect(view.cast(pattern(5000, 0))).toBe('next');
    expect(() => view.cast(pattern(1, 1))).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    expect(view.outbox.needDrain).toBe(true);
  });
});

describe('a part of a state', () => {
  const HEAD = pattern(5, 1);
  const PART = pattern(1000, 2);
  const KIND = 37;
  const post = ({ outbox }: FakeView) => outbox.postPart(outbox.sendsTo(1), HEAD, PART, KIND);

  it('goes out at once with its head before it, or not at all: it never waits', () => {
    const view = new FakeView(2);
    let sent = 0;
    while (post(view)) sent++;
    expect(sent).toBeGreaterThan(1);
    expect(view.outbox.queuedBytes).toBe(0);
    view.run();
    const whole = Uint8Array.from([...HEAD, ...PART]);
    expect(view.sendPipe(1).collector.messages).toEqual(new Array(sent).fill({ kind: KIND, bytes: whole }));
    expect(post(view)).toBe(true);
  });

  it('lets what waits in its stream go first, and does not go out when the view ends', () => {
    const view = new FakeView(2);
    view.send(1, pattern(2 * RING_BYTES, 1));
    expect(post(view)).toBe(false);
    view.run();
    expect(post(view)).toBe(true);
    view.outbox.block();
    expect(post(view)).toBe(false);
  });

  it('stands back while messages of the application wait, but for one at a time', () => {
    const view = new FakeView(2);
    while (view.outbox.queuedBytes === 0) view.cast(pattern(1000, 1));
    expect([post(view), post(view)]).toEqual([true, false]);
    view.sendPipe(1).run();
    expect([post(view), post(view)]).toEqual([true, false]);
    view.run();
    expect([post(view), post(view)]).toEqual([true, true]);
  });
});

describe('an outbox that takes over from that of the view before', () => {
  it('sends what waits first, and then what comes, in the order of posting', () => {
    const old = new FakeView(2);
    const messages = Array.from({ length: 30 }, (_, i) => pattern(400 + i, i));
    for (const message of messages.slice(0, 20)) old.cast(message);
    old.outbox.block();
    for (const message of messages.slice(20)) old.cast(message);
    old.run();
    const next = new FakeView(2);
    expect(next.outbox.adopt(old.outbox, same)).toBe(0);
    const later = pattern(9, 99);
    expect(next.cast(later)).toBe('unspecified');
    next.run();
    expect([...old.casts(), ...next.casts()]).toEqual([...messages, later]);
    expect(next.outbox.queuedBytes).toBe(0);
    expect(next.cast(pattern(1, 1))).toBe('current');
  });

  it('writes at once where nothing waits', () => {
    const old = new FakeView(2);
    old.cast(pattern(10, 0));
    old.outbox.block();
    const next = new FakeView(2);
    next.outbox.adopt(old.outbox, same);
    expect(next.cast(pattern(10, 1))).toBe('current');
    expect(next.send(1, pattern(10, 2))).toBe('current');
  });

  it('sends a large message whole, of which only parts went into the old view', () => {
    const old = new FakeView(2);
    const large = pattern(5 * RING_BYTES, 1);
    expect(old.cast(large)).toBe('unspecified');
    old.castPipe.run();
    old.outbox.block();
    old.run();
    expect(old.casts()).toEqual([]);
    const next = new FakeView(2);
    next.outbox.adopt(old.outbox, same);
    next.run();
    expect(next.casts()).toEqual([large]);
  });

  it('follows the members to their new ranks, and drops what waits for those who are gone', () => {
    const old = new FakeView(4);
    old.outbox.block();
    for (const to of [1, 2, 3]) for (let i = 0; i < to; i++) old.send(to, pattern(100 * to, 10 * to + i));
    old.cast(pattern(50, 0));
    const next = new FakeView(3);
    const dropped = next.outbox.adopt(old.outbox, (rank) => [undefined, undefined, 1, 0][rank]);
    expect(dropped).toBe(recordBytes(100));
    expect(next.outbox.queuedBytes).toBe(recordBytes(50) + 2 * recordBytes(200) + 3 * recordBytes(300));
    next.run();
    expect(next.sends(1)).toEqual([pattern(200, 20), pattern(200, 21)]);
    expect(next.sends(0)).toEqual([30, 31, 32].map((seed) => pattern(300, seed)));
    expect(next.casts()).toEqual([pattern(50, 0)]);
    expect(next.outbox.queuedBytes).toBe(0);
  });

  it('goes on when everything that waited is dropped', () => {
    const old = new FakeView(2, RING_BYTES, { highWaterMark: 100 });
    old.outbox.block();
    old.send(1, pattern(500, 1));
    expect(old.outbox.needDrain).toBe(true);
    const next = new FakeView(1);
    expect(next.outbox.adopt(old.outbox, () => undefined)).toBe(recordBytes(500));
    expect([next.outbox.queuedBytes, next.run()]).toEqual([0, true]);
  });

  it('still owes a drain to a sender that was told to wait', () => {
    const old = new FakeView(2, RING_BYTES, { highWaterMark: 1000 });
    old.outbox.block();
    old.cast(pattern(2000, 1));
    expect(old.run()).toBe(false);
    const next = new FakeView(2);
    next.outbox.adopt(old.outbox, same);
    expect(next.outbox.needDrain).toBe(true);
    expect(next.run()).toBe(true);
    expect(next.run()).toBe(false);
  });

  it('owes it to whoever waits with a claim too, in a ring that is smaller', () => {
    const old = new FakeView(2, 16 * RING_BYTES);
    const length = old.outbox.casts.mostDirect;
    old.outbox.waitForRoom(length);
    old.outbox.block();
    const next = new FakeView(2, RING_BYTES);
    next.outbox.adopt(old.outbox, same);
    expect(next.run()).toBe(true);
  });

  it('hands on again what it could not send itself', () => {
    const first = new FakeView(2);
    first.outbox.block();
    first.cast(pattern(10, 1));
    first.send(1, pattern(20, 1));
    const second = new FakeView(2);
    second.outbox.block();
    second.outbox.adopt(first.outbox, same);
    second.cast(pattern(10, 2));
    second.send(1, pattern(20, 2));
    second.run();
    expect([second.casts(), second.sends(1)]).toEqual([[], []]);
    const third = new FakeView(2);
    third.outbox.adopt(second.outbox, same);
    third.run();
    expect(third.casts()).toEqual([pattern(10, 1), pattern(10, 2)]);
    expect(third.sends(1)).toEqual([pattern(20, 1), pattern(20, 2)]);
  });
});

const cast = (bytes: Uint8Array) => ({ send: false, bytes });
const sent = (bytes: Uint8Array) => ({ send: true, bytes });

describe('an outbox that posts to several', () => {
  it('sends to each, in a stream of its own', () => {
    const view = new FakeView(4);
    expect(view.outbox.postTo([1, 3], pattern(10, 1))).toBe('current');
    expect(view.outbox.postTo([], pattern(10, 2))).toBe('current');
    view.run();
    expect([1, 2, 3].map((rank) => view.sends(rank))).toEqual([[pattern(10, 1)], [], [pattern(10, 1)]]);
  });

  it('says that the view is open when it is so for one of them', () => {
    const view = new FakeView(3);
    while (view.send(1, pattern(1000, 0)) === 'current');
    expect(view.outbox.postTo([1, 2], pattern(1000, 1))).toBe('unspecified');
    expect(view.outbox.postTo([2], pattern(1000, 1))).toBe('current');
  });

  it('sends once, with the casts, where the view has Subcast', () => {
    const view = FakeView.withSubcast(4);
    view.cast(pattern(10, 0));
    expect(view.outbox.postTo([1, 3], pattern(10, 1))).toBe('current');
    view.cast(pattern(10, 2));
    view.run();
    const casts = [cast(pattern(10, 0)), cast(pattern(10, 2))];
    expect(view.takenBy(2)).toEqual(casts);
    for (const rank of [1, 3]) expect(view.takenBy(rank)).toEqual(casts.toSpliced(1, 0, sent(pattern(10, 1))));
    expect(view.sendPipes.size).toBe(0);
  });

  it('keeps sends behind casts that wait, in parts too', () => {
    const view = FakeView.withSubcast(2);
    const long = pattern(3 * RING_BYTES, 1);
    expect(view.cast(long)).toBe('unspecified');
    expect(view.outbox.postTo([1], long)).toBe('unspecified');
    view.outbox.postTo([1], pattern(5, 2));
    view.run();
    expect(view.takenBy(1)).toEqual([cast(long), sent(long), sent(pattern(5, 2))]);
  });

  it('sends the longest message at once when there is room, though its ranks make it longer', () => {
    const view = FakeView.withSubcast(3, { maxMessageSize: 100 });
    expect(view.outbox.postTo([1, 2], pattern(100, 1))).toBe('current');
    expect(view.outbox.queuedBytes).toBe(0);
    view.castPipe.run();
    expect(view.takenBy(2)).toEqual([sent(pattern(100, 1))]);
  });
});

describe('an outbox with Subcast that takes over from that of the view before', () => {
  it('names those whom its sends are for by their new ranks, and none that is gone', () => {
    const old = FakeView.withSubcast(4);
    old.outbox.block();
    expect(old.outbox.postTo([1, 2, 3], pattern(50, 1))).toBe('next');
    old.cast(pattern(50, 2));
    old.outbox.postTo([1], pattern(50, 3));
    const next = FakeView.withSubcast(3);
    expect(next.outbox.adopt(old.outbox, (rank) => [undefined, undefined, 1, 0][rank])).toBe(0);
    next.run();
    const all = [sent(pattern(50, 1)), cast(pattern(50, 2))];
    expect([0, 1, 2].map((rank) => next.takenBy(rank))).toEqual([all, all, all.slice(1)]);
    expect(next.outbox.queuedBytes).toBe(0);
  });

  it('sends with its casts what waits in a view without Subcast, and counts its bytes', () => {
    const old = new FakeView(4);
    old.outbox.block();
    for (const to of [1, 2, 3]) for (let i = 0; i < 2; i++) old.send(to, pattern(100, 10 * to + i));
    old.cast(pattern(50, 0));
    const next = FakeView.withSubcast(3);
    expect(next.outbox.adopt(old.outbox, (rank) => [undefined, undefined, 1, 0][rank])).toBe(2 * recordBytes(100));
    expect(next.outbox.queuedBytes).toBe(recordBytes(50) + 4 * recordBytes(subcastHeaderBytes(1) + 100));
    expect(next.cast(pattern(9, 99))).toBe('unspecified');
    next.run();
    const casts = [cast(pattern(50, 0)), cast(pattern(9, 99))];
    const with2 = (seed: number) => casts.toSpliced(1, 0, ...[seed, seed + 1].map((each) => sent(pattern(100, each))));
    expect([0, 1, 2].map((rank) => next.takenBy(rank))).toEqual([with2(30), with2(20), casts]);
    expect([next.outbox.queuedBytes, next.sendPipes.size]).toEqual([0, 0]);
  });

  it('sends a large message whole, of which parts went into the old view', () => {
    const old = FakeView.withSubcast(2);
    const large = pattern(5 * RING_BYTES, 1);
    old.outbox.postTo([1], large);
    old.castPipe.run();
    old.outbox.block();
    const next = FakeView.withSubcast(2);
    next.outbox.adopt(old.outbox, same);
    next.run();
    expect([old.takenBy(1), next.takenBy(1)]).toEqual([[], [sent(large)]]);
  });
});

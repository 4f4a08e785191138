// What waits while the stack changes between one with Subcast and one without.
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../ts/api/outbox.js';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import type { Plane } from '../../../ts/data-plane/plane.js';
import type { ViewPlane } from '../../../ts/data-plane/view-plane.js';
import { renumberSubcast, writeSubcast } from '../../../ts/ordering/subcast.js';
import { Pipe, pattern } from '../data-plane/pipe.js';

const LIMITS = { maxMessageSize: 1024 * 1024, highWaterMark: 16 * 1024, maxQueuedBytes: 64 * 1024 };

/** A view of three whose streams end in pipes. */
function view(subcast: boolean): { outbox: Outbox; casts: Pipe; sends: Pipe[] } {
  const casts = new Pipe(8192);
  const sends = [0, 1, 2].map(() => new Pipe(8192));
  const plane = { scheduleFlush: () => {} } as unknown as Plane;
  const streams = { casts: casts.writer, pt2pt: (rank: number) => sends[rank]?.writer } as unknown as ViewPlane;
  return { outbox: new Outbox(plane, streams, 3, LIMITS, false, subcast), casts, sends };
}

function arrived(pipe: Pipe): { kind: number; bytes: Uint8Array }[] {
  pipe.run();
  return pipe.collector.messages.map(({ kind, bytes }) => ({ kind, bytes }));
}

describe('what waited with Subcast', () => {
  it('goes beside the casts in a view without it, before later sends', () => {
    const old = view(true);
    old.outbox.block();
    old.outbox.postTo([1, 2], pattern(20, 1));
    old.outbox.post(old.outbox.casts, pattern(30, 2));
    old.outbox.postTo([2], pattern(40, 3));
    const next = view(false);
    next.outbox.adopt(old.outbox, (rank) => rank);
    next.outbox.postTo([2], pattern(50, 4));
    next.outbox.progress();
    expect(next.outbox.queuedBytes).toBe(0);
    expect(arrived(next.casts)).toEqual([{ kind: 0, bytes: pattern(30, 2) }]);
    expect(arrived(next.sends[1] as Pipe)).toEqual([{ kind: 0, bytes: pattern(20, 1) }]);
    expect(arrived(next.sends[2] as Pipe).map(({ bytes }) => bytes)).toEqual([
      pattern(20, 1),
      pattern(40, 3),
      pattern(50, 4),
    ]);
  });

  it('is for whoever is still there, after two views too', () => {
    const first = view(true);
    first.outbox.block();
    first.outbox.postTo([1, 2], pattern(20, 1));
    const second = view(true);
    second.outbox.block();
    const gone = (rank: number) => {
      if (rank > 2) throw new RangeError(`nobody ever had rank ${rank}`);
      return rank === 1 ? undefined : rank;
    };
    second.outbox.adopt(first.outbox, gone);
    const third = view(true);
    third.outbox.adopt(second.outbox, gone);
    third.outbox.progress();
    const bytes = writeSubcast([1, 2], pattern(20, 1));
    renumberSubcast(bytes, gone);
    expect(arrived(third.casts)).toEqual([{ kind: CastKind.subcast, bytes }]);
  });
});

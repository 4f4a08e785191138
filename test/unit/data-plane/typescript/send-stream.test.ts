import { describe, expect, it } from 'vitest';
import { Burst } from '../../../../ts/data-plane/typescript/burst.js';
import {
  SLOT_WORDS,
  Slot,
  WORD_FROM_PLANE,
  WORD_FROM_SCRIPT,
  WORD_STABLE,
} from '../../../../ts/data-plane/typescript/counters.js';
import { newHeader, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { HEARTBEAT_MAX_US, HEARTBEAT_MIN_US, NEVER } from '../../../../ts/data-plane/typescript/limits.js';
import { Ring } from '../../../../ts/data-plane/typescript/ring.js';
import { SendStream } from '../../../../ts/data-plane/typescript/send-stream.js';
import type { Row } from '../../../../ts/data-plane/typescript/stability.js';

const RING = 8192;

const said = (received: number, consumed: number, seen: number, stable = 0) => ({
  received,
  consumed,
  seen,
  stableLow: stable >>> 0,
});

function setUp(to: readonly number[] = [1, 2], ringBytes = RING) {
  const slot = new Slot(new Int32Array(SLOT_WORDS), 0);
  const stream = new SendStream(StreamKind.cast, to, new Ring(new Uint8Array(ringBytes)), slot, 1024, ringBytes);
  const burst = new Burst(false);
  return {
    slot,
    stream,
    burst,
    publish(end: number) {
      slot.store(WORD_FROM_SCRIPT, end);
      stream.refresh();
    },
    send(now = 0) {
      burst.begin(stream.stability.live(), true);
      stream.fill(burst, newHeader(), 0);
      stream.commit(now);
    },
  };
}

describe('a send stream', () => {
  it('lets JavaScript write a ring from the start', () => {
    const { slot, stream } = setUp();
    expect(slot.load(WORD_FROM_PLANE)).toBe(RING);
    expect([stream.sent, stream.floor, stream.hasDataToSend()]).toEqual([0, 0, false]);
  });

  it('cuts what was published into full frames and a rest', () => {
    const { stream, burst, publish, send } = setUp();
    publish(2560);
    send();
    expect([burst.frames, burst.segment, stream.sent, stream.hasDataToSend()]).toEqual([3, 1056, 2560, false]);
  });

  it('sends the same again until the burst is committed', () => {
    const { stream, burst, publish } = setUp();
    publish(64);
    for (let i = 0; i < 2; i++) {
      burst.begin([1], true);
      stream.fill(burst, newHeader(), 0);
      expect([burst.frames, stream.sent]).toEqual([1, 0]);
    }
  });

  it('does not believe JavaScript that it published more than it may', () => {
    const { stream, publish } = setUp();
    publish(RING + 8);
    expect(stream.published).toBe(0);
    publish(RING);
    expect(stream.published).toBe(RING);
  });

  it('makes room by what the slowest has consumed, and tells what all have', () => {
    const { slot, stream, publish, send } = setUp();
    publish(4096);
    send();
    expect(stream.handleStatus(1, said(4096, 4096, 4096))).toBe(true);
    expect(slot.load(WORD_FROM_PLANE)).toBe(RING);
    expect(stream.handleStatus(2, said(2048, 1024, 4096))).toBe(true);
    expect([slot.load(WORD_FROM_PLANE), slot.load(WORD_STABLE), stream.floor]).toEqual([RING + 1024, 2048, 1024]);
  });

  it('refuses a claim to have seen what was never sent', () => {
    const { stream, publish, send } = setUp();
    publish(64);
    send();
    expect(stream.handleStatus(1, said(0, 0, 72))).toBe(false);
    expect(stream.stability.find(1)?.seen).toBe(0);
  });

  it('holds back what does not fit in the window', () => {
    const slot = new Slot(new Int32Array(SLOT_WORDS), 0);
    const ring = new Ring(new Uint8Array(256 * 1024));
    const stream = new SendStream(StreamKind.cast, [1], ring, slot, 8192, 1);
    slot.store(WORD_FROM_SCRIPT, 256 * 1024);
    stream.refresh();
    const burst = new Burst(false);
    while (stream.hasDataToSend()) {
      burst.begin([1], true);
      stream.fill(burst, newHeader(), 0);
      stream.commit(0);
    }
    expect(stream.sent).toBe(64 * 1024);
    stream.handleStatus(1, said(0, 0, 8192));
    expect(stream.hasDataToSend()).toBe(true);
  });

  it('sends nothing beyond the cut', () => {
    const { stream, publish, send } = setUp();
    publish(2048);
    stream.stopAt(512);
    send();
    expect([stream.sent, stream.hasDataToSend()]).toEqual([512, false]);
  });

  it('waits no longer for a receiver that failed', () => {
    const { slot, stream, publish, send } = setUp();
    publish(4096);
    send();
    stream.handleStatus(1, said(4096, 4096, 4096));
    stream.exclude(2);
    expect([slot.load(WORD_FROM_PLANE), stream.stable]).toEqual([RING + 4096, 4096]);
    stream.handleStatus(1, said(4096, 4096, 4096, 4096));
    expect(stream.somebodyLags()).toBe(false);
  });

  it('beats until everybody has confirmed what is stable', () => {
    const { stream, publish, send } = setUp();
    publish(64);
    send();
    for (const rank of [1, 2]) stream.handleStatus(rank, said(64, 64, 64));
    const lags = () => [1, 2].map((rank) => stream.lags(stream.stability.find(rank) as Row));
    expect([stream.somebodyLags(), lags()]).toEqual([true, [true, true]]);
    stream.handleStatus(2, said(64, 64, 64, 64));
    expect([stream.somebodyLags(), lags()]).toEqual([true, [true, false]]);
    stream.handleStatus(1, said(64, 64, 64, 64));
    expect([stream.somebodyLags(), lags()]).toEqual([false, [false, false]]);
  });

  it('has much to tell when a quarter of a ring has become stable since it was told', () => {
    const { stream, publish, send } = setUp();
    publish(RING);
    while (stream.hasDataToSend()) send();
    const everywhere = (end: number) => {
      for (const rank of [1, 2]) stream.handleStatus(rank, said(end, end, RING));
    };
    everywhere(RING / 4 - 8);
    expect(stream.muchIsStable()).toBe(false);
    everywhere(RING / 4);
    expect(stream.muchIsStable()).toBe(true);
    stream.heartbeatSent(0);
    expect(stream.muchIsStable()).toBe(false);
  });

  it('judges a round by the receiver that lost most, not by all of them together', () => {
    const ring = 1024 * 1024;
    const { stream, publish, send } = setUp([1, 2, 3], ring);
    // A round is a ring here: all of it is sent, a first STATUS begins the round, some is lost, all of it is seen.
    const round = (...lost: number[]) => {
      const begin = stream.sent;
      const end = begin + ring;
      publish(end);
      while (stream.hasDataToSend()) send();
      stream.handleStatus(1, said(begin, begin, begin + 8));
      for (const [index, bytes] of lost.entries()) stream.handleLost(1 + index, bytes);
      for (const rank of [1, 2, 3]) stream.handleStatus(rank, said(end, end, end));
      return stream.flow.window;
    };
    expect(round(ring / 5, ring / 5, ring / 5)).toBe(ring);
    expect(round(ring / 5, ring / 3, 0)).toBeLessThan(ring);
  });

  it('with nobody to send to is at once everywhere', () => {
    const { slot, stream, publish } = setUp([]);
    for (let end = RING; end < 10 * RING; end += RING) publish(end);
    expect([stream.sent, stream.stable, slot.load(WORD_STABLE)]).toEqual([9 * RING, 9 * RING, 9 * RING]);
    expect([stream.hasDataToSend(), stream.heartbeatDeadline()]).toEqual([false, NEVER]);
    slot.store(WORD_FROM_SCRIPT, 9 * RING + 8);
    expect([stream.refresh(), stream.refresh()]).toEqual([true, false]); // there is room, once
  });

  it('beats while somebody lags, and ever less often', () => {
    const { stream, publish, send } = setUp();
    expect(stream.heartbeatDeadline()).toBe(NEVER);
    publish(64);
    send(1000);
    expect(stream.heartbeatDeadline()).toBe(1000 + HEARTBEAT_MIN_US);
    stream.heartbeatSent(6000);
    expect(stream.heartbeatDeadline()).toBe(6000 + 2 * HEARTBEAT_MIN_US);
    for (let i = 0; i < 10; i++) stream.heartbeatSent(7000);
    expect(stream.heartbeatDeadline()).toBe(7000 + HEARTBEAT_MAX_US);
    for (const rank of [1, 2]) stream.handleStatus(rank, said(64, 64, 64));
    expect(stream.heartbeatDeadline()).toBe(7000 + HEARTBEAT_MAX_US);
    for (const rank of [1, 2]) stream.handleStatus(rank, said(64, 64, 64, 64));
    expect(stream.heartbeatDeadline()).toBe(NEVER);
  });
});

// Twin: native/test/peer_test.cc
import { beforeEach, describe, expect, it } from 'vitest';
import {
  MAX_WATCH_US,
  MIN_WATCH_US,
  NAK_RETRY_MAX_US,
  NAK_RETRY_MIN_US,
  NEVER,
  PROBE_INTERVAL_US,
} from '../../../../ts/data-plane/typescript/limits.js';
import { Peer } from '../../../../ts/data-plane/typescript/peer.js';

describe('a peer', () => {
  let peer: Peer;
  beforeEach(() => {
    peer = new Peer(3);
  });

  it('stands for itself until another holds its casts', () => {
    expect([peer.holder, peer.live, peer.heard]).toEqual([3, true, 0]);
  });

  it('that is not watched is probed for the round trip only: while there is traffic, now and then', () => {
    expect(peer.watchDeadline()).toBe(NEVER);
    expect([peer.mustProbe(1000, false), peer.mustProbe(1000, true)]).toEqual([false, true]);
    peer.probeSent(1000);
    const next = 1000 + PROBE_INTERVAL_US;
    expect([peer.mustProbe(next - 1, true), peer.mustProbe(next, true)]).toEqual([false, true]);
  });

  it('that is watched is probed at once, then after each interval in which it was silent, until it has failed', () => {
    peer.watch(50_000);
    expect([peer.watchDeadline(), peer.mustProbe(1000, false)]).toEqual([0, true]);
    peer.probeSent(1000);
    expect(peer.watchDeadline()).toBe(51_000);
    peer.noteHeard(30_000);
    expect([peer.heard, peer.watchDeadline()]).toEqual([1, 80_000]);
    expect([peer.mustProbe(79_999, false), peer.mustProbe(80_000, false)]).toEqual([false, true]);
    peer.live = false;
    expect(peer.watchDeadline()).toBe(NEVER);
  });

  it('is watched within bounds, and no more from 0 on', () => {
    const deadlineOf = (interval: number) => {
      peer.watch(interval);
      peer.probeSent(0);
      return peer.watchDeadline();
    };
    expect([1, MAX_WATCH_US + 1, 0].map(deadlineOf)).toEqual([MIN_WATCH_US, MAX_WATCH_US, NEVER]);
  });

  it('has smoothed round trips, and gets a NAK again after four of them, within bounds', () => {
    const retryAfter = (us: number) => {
      peer.noteRoundTrip(us);
      return peer.retryUs;
    };
    expect(peer.retryUs).toBe(NAK_RETRY_MIN_US);
    expect([1000, 2001, 2 ** 53].map(retryAfter)).toEqual([4000, 4 * 1250, NAK_RETRY_MAX_US]);
    for (let i = 0; i < 100; i++) peer.noteRoundTrip(1);
    expect(peer.retryUs).toBe(NAK_RETRY_MIN_US);
  });
});

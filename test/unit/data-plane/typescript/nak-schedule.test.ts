import { describe, expect, it } from 'vitest';
import {
  MAX_INTERVALS,
  MAX_NAK_RANGES,
  MAX_OUTSTANDING_NAKS,
  NAK_DELAY_US,
  NAK_RETRY_MAX_US,
  NEVER,
} from '../../../../ts/data-plane/typescript/limits.js';
import { RETRY, setUp } from './lone-stream.js';

describe('the NAK schedule of a receive stream asks', () => {
  it('for a gap, once, after a short delay', () => {
    const { stream, data, naks } = setUp();
    data(64, 64, 1000);
    const due = stream.nakDeadline();
    expect(due).toBeGreaterThanOrEqual(1000);
    expect(due).toBeLessThanOrEqual(1000 + NAK_DELAY_US);
    expect(naks(due - 1)).toEqual([]);
    expect(naks(due)).toEqual([{ serial: 1, ranges: [[0, 64]] }]);
    expect(naks(due)).toEqual([]);
    expect(stream.nakDeadline()).toBe(due + RETRY);
  });

  it('for the end that a HEARTBEAT announced', () => {
    const { data, announce, naks } = setUp();
    data(0, 64);
    announce(256);
    expect(naks(1000)).toEqual([{ serial: 1, ranges: [[64, 192]] }]);
  });

  it('for gaps that appear later by themselves', () => {
    const { data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 2000);
    data(512, 64, 2000);
    expect(naks(3000)).toEqual([
      {
        serial: 2,
        ranges: [
          [128, 128],
          [320, 192],
        ],
      },
    ]);
  });

  it('for what is still missing at once when NAK_DONE came, and does not count that as silence', () => {
    const { stream, data, naks } = setUp();
    data(512, 64);
    naks(1000);
    data(0, 128);
    stream.handleNakDone(1);
    expect(stream.nakDeadline()).toBe(0);
    expect(naks(1100)).toEqual([{ serial: 2, ranges: [[128, 384]] }]);
    expect(stream.nakDeadline()).toBe(1100 + RETRY);
  });

  it('again for all that was asked before what is done', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 1000);
    naks(1200);
    stream.handleNakDone(2);
    expect(naks(1300).map(({ ranges }) => ranges)).toEqual([[[0, 64]], [[128, 128]]]);
    stream.handleNakDone(2);
    expect(naks(1400)).toEqual([]);
  });

  it('again after a time-out that grows while nobody answers', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(100);
    let now = 100;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const due = stream.nakDeadline();
      waits.push(due - now);
      now = due;
      expect(naks(now)).toHaveLength(1);
    }
    expect(waits).toEqual([5000, 10000, 20000, 40000, 80000, 160000, NAK_RETRY_MAX_US, NAK_RETRY_MAX_US]);
  });

  it('no more once the gap is whole', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(0, 64);
    expect(naks(1_000_000)).toEqual([]);
    expect([stream.outstandingCount, stream.nakDeadline()]).toEqual([0, NEVER]);
  });

  it('no more for what lies beyond the cut', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    data(256, 64, 1000);
    expect(naks(2000)).toEqual([{ serial: 2, ranges: [[128, 128]] }]);
    data(512, 64, 2000);
    expect(naks(3000)).toEqual([{ serial: 3, ranges: [[320, 192]] }]);
    stream.stopAt(192);
    expect(stream.outstandingCount).toBe(2);
    const again = naks(1_000_000).map(({ ranges }) => ranges);
    expect(again).toEqual([[[0, 64]], [[128, 64]]]);
    data(0, 64);
    data(128, 64);
    expect([naks(2_000_000), stream.received, stream.nakDeadline()]).toEqual([[], 192, NEVER]);
  });

  it('for nothing when all that was missing lay beyond the cut', () => {
    const { stream, data, announce, naks } = setUp();
    data(0, 64);
    data(128, 64);
    announce(1024);
    stream.stopAt(64);
    expect([naks(1000), stream.nakDeadline()]).toEqual([[], NEVER]);
  });

  it('for no more ranges at a time than a NAK holds, and no more NAKs than it can keep', () => {
    const { stream, data, naks } = setUp(64 * 1024);
    for (let i = 0; i < MAX_INTERVALS; i++) data(16 * i + 8, 8);
    const asked = naks(1000);
    expect(asked.map(({ ranges }) => ranges.length)).toEqual(
      Array(MAX_INTERVALS / MAX_NAK_RANGES).fill(MAX_NAK_RANGES),
    );
    for (let i = MAX_INTERVALS; i < 2 * MAX_INTERVALS; i++) {
      data(16 * i + 8, 8, 1000 + i);
      naks(2000 + i);
    }
    expect(stream.outstandingCount).toBeLessThanOrEqual(MAX_OUTSTANDING_NAKS);
  });

  it('keeps no more than so many NAKs when each gap is asked for by itself', () => {
    const { stream, data, naks } = setUp(64 * 1024);
    let asked = 0;
    for (let i = 0; i < 4 * MAX_OUTSTANDING_NAKS; i++) {
      data(16 * i + 8, 8, i);
      asked += naks(i + 200).length;
    }
    expect([asked, stream.outstandingCount]).toEqual([MAX_OUTSTANDING_NAKS, MAX_OUTSTANDING_NAKS]);
    // When the first is whole there is room for what was not asked for yet: all of it, in as few as hold it.
    data(0, 8);
    const later = naks(500);
    expect(later).toHaveLength(1);
    expect(later[0]?.ranges[0]).toEqual([16 * MAX_OUTSTANDING_NAKS, 8]);
  });

  it('for everything again, at once, when the one to ask has changed', () => {
    const { stream, data, naks } = setUp();
    data(64, 64);
    naks(1000);
    stream.askAgain();
    expect(naks(1001)).toEqual([{ serial: 2, ranges: [[0, 64]] }]);
    expect(stream.outstandingCount).toBe(1);
  });
});

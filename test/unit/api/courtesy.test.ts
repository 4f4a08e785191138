import { describe, expect, it } from 'vitest';
import { Courtesy } from '../../../ts/api/courtesy.js';

const PART = 100_000;

describe('what is sent of a state', () => {
  it('is as much as there is room for while nothing of the application waits', () => {
    const courtesy = new Courtesy();
    expect(courtesy.isOwed).toBe(false);
    for (let i = 0; i < 100; i++) expect(courtesy.take(PART)).toBe(true);
  });

  it('is a share of what the application sends while that waits', () => {
    const courtesy = new Courtesy();
    courtesy.messageWaits(1000);
    expect(courtesy.take(PART)).toBe(false);
    let parts = 0;
    let sent = 1000;
    for (let i = 0; i < 1000; i++) {
      sent += PART;
      courtesy.batch(sent, true);
      if (courtesy.take(PART)) parts++;
    }
    expect(parts).toBeGreaterThan(50);
    expect(parts).toBeLessThan(250);
  });

  it('is not saved up without end', () => {
    const courtesy = new Courtesy();
    courtesy.messageWaits(0);
    courtesy.batch(1e12, true);
    let parts = 0;
    while (courtesy.take(PART)) parts++;
    expect(parts).toBeLessThan(10);
  });

  it('is as much as there is room for again when nothing has waited for a while', () => {
    const courtesy = new Courtesy();
    courtesy.messageWaits(0);
    for (let i = 0; i < 100; i++) courtesy.batch(0, true);
    expect(courtesy.take(PART)).toBe(false);
    let batches = 0;
    for (; courtesy.isOwed; batches++) courtesy.batch(0, false);
    expect(batches).toBeGreaterThan(1);
    expect(courtesy.take(PART)).toBe(true);
  });
});

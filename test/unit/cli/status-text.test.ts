import { describe, expect, it } from 'vitest';
import { StatusScreen, statusLine, syncLine } from '../../../ts/cli/store/status-text.js';
import type { StoreStatus } from '../../../ts/store/store-standing.js';

const follower: StoreStatus = {
  name: 'b',
  members: ['a', 'b', 'c'],
  state: 'follower',
  stale: false,
  epoch: 3,
  leader: 'a',
  present: ['a', 'b'],
  firstCommitted: 10,
  lastCommitted: 1234,
  lastApplied: 1234,
  sync: undefined,
  reason: undefined,
};
const sync = { provider: 'c', bytes: 26e6, totalBytes: 104e6, keys: 30_210 };

/** What was written, with carriage returns and escapes as they are. */
function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, screen: new StatusScreen({ isTTY, write: (text) => written.push(text) }) };
}

describe('a store’s status', () => {
  it('is one line', () => {
    expect(statusLine(follower)).toBe('b follows a · epoch 3 · 2 of 3 are here: a, b · versions 10 to 1234 in the log');
    expect(statusLine({ ...follower, state: 'leader', lastApplied: 1200 })).toMatch(
      /^b leads · .*, applied up to 1200$/,
    );
    const alone = { state: 'no-quorum', reason: 'missing: a, c', leader: undefined, present: ['b'], lastCommitted: 0 };
    expect(statusLine({ ...follower, ...alone } as StoreStatus)).toBe(
      'b has no quorum (missing: a, c) · epoch 3 · 1 of 3 are here: b · nothing committed, applied up to 1234',
    );
  });

  it('has a bar while it takes the whole store', () => {
    expect(syncLine(sync)).toBe('██████░░░░░░░░░░░░░░░░░░ 25 % of about 104.0 MB: 26.0 MB from c, 30210 keys');
    expect(syncLine({ ...sync, totalBytes: 0, provider: '' })).toBe('26.0 MB, 30210 keys');
    expect(syncLine({ ...sync, bytes: 104e6 })).toMatch(/^█{24} 100 %/);
  });
});

describe('a screen of statuses', () => {
  it('shows what has changed, once', () => {
    const { written, screen: shown } = screen(false);
    for (const status of [follower, follower, { ...follower, epoch: 4 }]) shown.show(status);
    shown.end();
    expect(written).toHaveLength(2);
    expect(written[1]).toContain('epoch 4');
  });

  it('draws the bar in place on a terminal', () => {
    const { written, screen: shown } = screen(true);
    const synchronizing = { ...follower, state: 'synchronizing' as const };
    shown.show({ ...synchronizing, sync });
    shown.show({ ...synchronizing, sync: { ...sync, bytes: 52e6 } });
    shown.show(follower);
    expect(written.map((text) => text.slice(0, 1))).toEqual(['b', '\r', '\r', '\n', 'b']);
    expect(written[2]).toContain('50 %');
  });

  it('has a line for each tenth elsewhere', () => {
    const { written, screen: shown } = screen(false);
    const synchronizing = { ...follower, state: 'synchronizing' as const };
    for (let percent = 0; percent <= 100; percent++) {
      shown.show({ ...synchronizing, sync: { ...sync, bytes: percent * 1.04e6 } });
    }
    expect(written.slice(1)).toHaveLength(11);
  });
});

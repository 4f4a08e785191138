import { describe, expect, it } from 'vitest';
import type { GroupReport } from '../../../bench/roles/group-role.js';
import { findFaults } from '../../../bench/verify/check-group.js';
import type { TallyReport } from '../../../bench/verify/tally.js';

const traffic = {
  dataBytesSent: 0,
  datagramsSent: 0,
  resentBytes: 0,
  datagramsReceived: 0,
  bytesReceived: 0,
  droppedOnPurpose: 0,
  systemCalls: 0,
};
const cpu = { pid: 1, userSeconds: 0, systemSeconds: 0 };
const good: TallyReport = { messages: 10, hash: 5, firstMs: 0, lastMs: 1, compared: 1, ended: true, faults: [] };

function report(member: number, changes: Partial<GroupReport>): GroupReport {
  return { member, sent: undefined, received: [], failures: [], cpu, traffic, ...changes };
}

/** Member 0 sends to members 1 and 2; what member 1 got is to be judged. */
function judge(tally: TallyReport | undefined): readonly string[] {
  return findFaults(
    [
      report(0, { sent: { messages: 10, hash: 5 }, received: [undefined, undefined, undefined] }),
      report(1, { received: [tally, undefined, undefined] }),
      report(2, { received: [good, undefined, undefined] }),
    ],
    1,
  );
}

describe('the check of a group', () => {
  it('passes when every receiver has what was sent', () => {
    expect(judge(good)).toEqual([]);
  });

  it.each<[string, TallyReport | undefined]>([
    ['fewer messages than were sent', { ...good, messages: 9 }],
    ['other messages than were sent', { ...good, hash: 6 }],
    ['no end', { ...good, ended: false }],
    ['nothing that was compared', { ...good, compared: 0 }],
    ['a fault of its own', { ...good, faults: ['message 3 begins with 4, not 3'] }],
    ['no tally', undefined],
  ])('fails for a receiver with %s', (_, tally) => {
    expect(judge(tally)).toEqual([expect.stringMatching(/^member 1 from member 0: /)]);
  });

  it('fails when a member reports an error, or has not sent', () => {
    const reports = [
      report(0, { sent: undefined, received: [undefined, good] }),
      report(1, { sent: { messages: 10, hash: 5 }, received: [good, undefined], failures: ['ERR_X: broken'] }),
    ];
    expect(findFaults(reports, 2)).toEqual(['member 0: has not sent what it should', 'member 1: ERR_X: broken']);
  });

  it('looks at what a sender delivers to itself, where it does', () => {
    const sent = { messages: 10, hash: 5 };
    const faultsOf = (own: TallyReport) =>
      findFaults([report(0, { sent, received: [own, undefined] }), report(1, { received: [good, undefined] })], 1);
    expect(faultsOf(good)).toEqual([]);
    expect(faultsOf({ ...good, messages: 9 })).toEqual([expect.stringMatching(/^member 0 from member 0: /)]);
  });

  it('looks at each pair when all send', () => {
    const sent = { messages: 10, hash: 5 };
    const reports = [
      report(0, { sent, received: [undefined, good, { ...good, messages: 1 }] }),
      report(1, { sent, received: [good, undefined, good] }),
      report(2, { sent, received: [good, { ...good, ended: false }, undefined] }),
    ];
    expect(findFaults(reports, 3).map((fault) => fault.slice(0, 22))).toEqual([
      'member 0 from member 2',
      'member 2 from member 1',
    ]);
  });
});

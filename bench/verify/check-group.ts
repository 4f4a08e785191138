/** Whether everybody has got what everybody has sent: every receiver, from each sender, all of it, in order, unchanged. */
import type { GroupReport } from '../roles/group-role.js';

/** What was wrong, for people; empty: nothing. */
export function findFaults(reports: readonly GroupReport[], senders: number): readonly string[] {
  return reports.flatMap((report) => [
    ...report.failures.map((failure) => `member ${report.member}: ${failure}`),
    ...(report.member < senders && report.sent === undefined
      ? [`member ${report.member}: has not sent what it should`]
      : []),
    ...Array.from({ length: senders }, (_, from) => from)
      // Its own casts count where it delivers them.
      .filter((from) => from !== report.member || report.received[from] !== undefined)
      .flatMap((from) => faultsBetween(report, reports[from], from)),
  ]);
}

function faultsBetween(receiver: GroupReport, sender: GroupReport | undefined, from: number): readonly string[] {
  const who = `member ${receiver.member} from member ${from}: `;
  const tally = receiver.received[from];
  const sent = sender?.sent;
  if (tally === undefined) return [`${who}nothing was expected, so nothing was checked`];
  const faults = [...tally.faults];
  if (!tally.ended) faults.push(`the end has not come after ${tally.messages} messages`);
  else if (sent !== undefined && sent.messages !== tally.messages) {
    faults.push(`${tally.messages} messages came, ${sent.messages} were sent`);
  } else if (sent !== undefined && sent.hash !== tally.hash) {
    faults.push(`the hash of what came is not that of what was sent`);
  }
  if (tally.messages > 0 && tally.compared === 0) faults.push('no content was compared');
  return faults.map((fault) => who + fault);
}

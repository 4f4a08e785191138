/** What must hold after every run (docs/simulation.md): checked over the logs of all members. */
import { checkCausal } from './dependency-checks.js';
import { type Epoch, type History, historyOf, type Violation } from './history.js';
import { checkCreation, checkSeams, checkSendingViews, checkVirtualSynchrony, hears } from './message-checks.js';
import { checkAgree, checkSelfDelivery, checkSubcast, checkTotal } from './order-checks.js';
import type { RunResult } from './run.js';
import { checkTransfers } from './transfer-checks.js';

export type { Violation } from './history.js';

type Fail = (violation: Violation) => void;

/** More than these of one kind tell nothing more. */
const MOST_VIOLATIONS = 20;

export function checkRun(result: RunResult): Violation[] {
  const violations: Violation[] = [];
  const fail = (violation: Violation) => {
    if (violations.length < MOST_VIOLATIONS) violations.push(violation);
  };
  const history = historyOf(result.members);
  checkHistory(history, fail);
  checkErrors(result, fail);
  checkLiveness(result, history, fail);
  return violations;
}

/** What holds whatever happened: of simulated members, and of real ones. */
export function checkHistory(history: History, fail: Fail): void {
  for (const stray of history.strays) fail(stray);
  checkViews(history, fail);
  checkCreation(history, fail);
  checkSeams(history, fail);
  checkSendingViews(history, fail);
  checkVirtualSynchrony(history, fail);
  checkSelfDelivery(history, fail);
  checkSubcast(history, fail);
  checkCausal(history, fail);
  checkTotal(history, fail);
  checkAgree(history, fail);
  checkTransfers(history, fail);
  checkPrimary(history, fail);
  checkTalk(history, fail);
}

/** Invariants 1 and 2. */
function checkViews(history: History, fail: Fail): void {
  const known = new Map<string, Epoch>();
  for (const { epochs } of history.members.values()) {
    for (const epoch of epochs) {
      const { member, view, index } = epoch;
      if (view.members[view.rank] !== member)
        fail({
          invariant: 'self-inclusion',
          text: `${member} has rank ${view.rank} in ${name(epoch)}`,
          members: [member],
        });
      if (view.members[0] !== view.coordinator)
        fail({ invariant: 'view agreement', text: `${name(epoch)} is not named after its rank 0`, members: [member] });
      const before = epochs[index - 1];
      if (before !== undefined && before.view.time >= view.time)
        fail({
          invariant: 'view agreement',
          text: `${member} went from ${name(before)} back to ${name(epoch)}`,
          members: [member],
        });
      const same = known.get(view.view);
      if (same === undefined) known.set(view.view, epoch);
      else if (contents(same) !== contents(epoch))
        fail({
          invariant: 'view agreement',
          text: `${view.view} is ${contents(same)} at ${same.member}, and ${contents(epoch)} at ${member}`,
          members: [same.member, member],
        });
    }
  }
}

function name({ view }: Epoch): string {
  return `${view.view} [${view.members.join(' ')}]`;
}

function contents({ view }: Epoch): string {
  const { servers, xferServers, viewType } = view.roles ?? {};
  const roles = servers === undefined ? '' : ` servers [${servers.join(' ')}] ${viewType} [${xferServers?.join(' ')}]`;
  return `[${view.members.join(' ')}]${view.primary ? ' primary' : ''} ${view.protocol} '${view.message}'${roles}`;
}

/** Invariant 12: any two primary views have a member in common, so the one came after the other. */
function checkPrimary(history: History, fail: Fail): void {
  const primaries = new Map<string, Epoch>();
  for (const { epochs } of history.members.values())
    for (const epoch of epochs) if (epoch.view.primary) primaries.set(epoch.view.view, epoch);
  const all = [...primaries.values()];
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) {
      if (a.view.members.some((member) => b.view.members.includes(member))) continue;
      fail({
        invariant: 'primary',
        text: `${name(a)} and ${name(b)} are both primary, and nobody was in both`,
        members: [a.member, b.member],
      });
    }
  }
}

/** What members say at a view change comes from them, and is told whole. */
function checkTalk(history: History, fail: Fail): void {
  for (const { name: member, result, epochs } of history.members.values()) {
    for (const entry of result.log) {
      if (entry.type !== 'propose') continue;
      for (const [from, text] of entry.states) {
        if (entry.members.includes(from) && text.startsWith(`state ${from} `)) continue;
        fail({
          invariant: 'state messages',
          text: `${member} was given '${text}' as that of ${from}`,
          members: [member, from],
        });
      }
    }
    for (const { view } of epochs) {
      if (view.message === '' || view.message === `message ${view.coordinator} ${view.view}`) continue;
      fail({
        invariant: 'state messages',
        text: `${member} got '${view.message}' with ${view.view}`,
        members: [member],
      });
    }
  }
}

/** Nothing is reported but what the scenario makes happen: stacks that differ can't merge. */
function checkErrors({ members, scenario }: RunResult, fail: Fail): void {
  const switches = scenario.steps.some((step) => step.do === 'protocol');
  for (const { name: member, log } of members) {
    for (const entry of log) {
      if (entry.type !== 'error' || (entry.code === 'ERR_INCOMPATIBLE' && switches)) continue;
      fail({ invariant: 'no error', text: `${member}: ${entry.code} ${entry.message}`, members: [member] });
    }
  }
}

/** Invariant 11. */
function checkLiveness(result: RunResult, history: History, fail: Fail): void {
  const { members, togetherAt, lastWordsAt, scenario } = result;
  const live = members.filter(({ end }) => end === 'alive');
  const names = live.map((member) => member.name);
  const liveness = (text: string, involved: readonly string[] = names) =>
    fail({ invariant: 'liveness', text, members: involved });
  if (result.hung) liveness('something happens over and over at one moment');
  for (const { name: member, log, end, leaving } of members) {
    const exit = log.findIndex(({ type }) => type === 'exit');
    if (exit >= 0 && exit < log.length - 1) liveness(`${member}: exit is not the last that it was told`, [member]);
    if (leaving && end === 'alive') liveness(`${member} was to leave, and never did`, [member]);
  }
  const views = live.map(({ name: member }) => {
    const last = history.members.get(member)?.epochs.at(-1);
    const state = last?.view.roles === undefined ? '' : ` as ${last.view.roles.state}`;
    return `${member} in ${last === undefined ? 'no view' : name(last)}${state}`;
  });
  const seconds = ((result.endedAt - scenario.end) / 1e6).toFixed(1);
  if (togetherAt === undefined)
    return liveness(
      `${seconds} s after all faults ended they are apart, or not what they want to be: ${views.join('; ')}`,
    );
  if (new Set(live.map(({ name: member }) => history.members.get(member)?.epochs.at(-1)?.view.view)).size > 1)
    liveness(`they were together, and came apart without any fault: ${views.join('; ')}`);
  for (const { name: member, log } of live) {
    const last = log.findLast(({ type }) => type === 'view' || type === 'block');
    if (last?.type === 'block') liveness(`${member} stays blocked`, [member]);
    const held = log.find(({ type }) => type === 'held');
    if (held?.type === 'held')
      liveness(`${member} holds back ${held.bytes} B, and no transfer is in progress`, [member]);
  }
  checkLastWords(history, names, lastWordsAt, liveness);
}

/** What was said when all was well has come to all. */
function checkLastWords(
  history: History,
  live: readonly string[],
  since: number,
  liveness: (text: string, involved: readonly string[]) => void,
): void {
  for (const stream of history.streams.values()) {
    const { sender, to, messages } = stream;
    if (!live.includes(sender)) continue;
    const last = messages.findLast(({ at, id }) => at >= since && id !== '');
    if (last === undefined) continue;
    for (const receiver of to === undefined ? live : [to]) {
      const { epochs = [], result } = history.members.get(receiver) ?? {};
      const log = result?.log ?? [];
      const epoch = epochs.at(-1);
      if (epoch === undefined || !hears(epoch, stream)) continue;
      if (!live.includes(receiver)) continue;
      if (log.some((entry) => entry.type === 'received' && entry.id === last.id)) continue;
      liveness(`${last.id}, which ${sender} sent when all were together, never came to ${receiver}`, [
        sender,
        receiver,
      ]);
    }
  }
}

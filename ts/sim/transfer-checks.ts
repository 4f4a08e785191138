/**
 * Invariant 13: what holds while the state of servers is transferred, and after it. Checked over the logs of members of groups with clients and servers;
 * others have nothing of it.
 *
 * States are compared where a view ends, and between those only who end it together: of what happened in a view each piece has what arrived in it. They
 * are equal as sets, and as sequences where all views of a run were totally ordered.
 */
import { gateOf, SAFETIES } from '../client-server/safety.js';
import { safetyOfId } from './calls.js';
import type { Epoch, History, MemberHistory, SentMessage, Violation } from './history.js';
import type { LogEntry, RolesEntry } from './log.js';
import { transitionsOf } from './message-checks.js';
import { promisesOf } from './promises.js';
import { checkStates } from './state-checks.js';

type Fail = (violation: Violation) => void;

export function checkTransfers(history: History, fail: Fail): void {
  const all = [...history.members.values()];
  if (!all.some(({ epochs }) => epochs.some(({ view }) => view.roles !== undefined))) return;
  for (const member of all) {
    checkBeginnings(member, fail);
    for (const epoch of member.epochs) {
      checkRoles(epoch, fail);
      checkHeldBack(epoch, fail);
      checkListed(history, epoch, fail);
    }
    checkClasses(history, member, fail);
    checkRequests(member, fail);
    checkDone(member, fail);
  }
  for (const group of transitionsOf(history).values()) checkListedTogether(history, group, fail);
  checkStates(history, fail);
}

/** Each member of a view has one role, and is in a state that goes with it. */
function checkRoles({ member, view }: Epoch, fail: Fail): void {
  const { roles } = view;
  if (roles === undefined) return;
  const wrong = (text: string) =>
    fail({ invariant: 'roles', text: `${member} in ${view.view}: ${text}`, members: [member] });
  const all = [...roles.servers, ...roles.xferServers, ...roles.clients];
  if ([...all].sort().join(' ') !== [...view.members].sort().join(' '))
    wrong(`[${all.join(' ')}] are servers and clients of [${view.members.join(' ')}]`);
  const isGetting = roles.xferServers.includes(member);
  const { state, startTransfer } = roles;
  if (roles.servers.includes(member) !== (state === 'server-normal')) wrong(`it is in the state ${state}`);
  if (isGetting !== (state === 'server-xfer' || state === 'server-xfer-done')) wrong(`it is in the state ${state}`);
  if (startTransfer && state !== 'server-xfer') wrong(`a transfer begins, and it is in the state ${state}`);
}

/** A transfer begins with a view in which this member is getting the state, and once, unless it wanted something else meanwhile. */
function checkBeginnings({ name, result }: MemberHistory, fail: Fail): void {
  let last: RolesEntry | undefined;
  let insisted = true;
  let wantsNone = false;
  for (const entry of result.log) {
    if (entry.type === 'want') {
      insisted = false;
      wantsNone = entry.transfer === undefined;
    }
    if (entry.type !== 'view' || entry.roles === undefined) continue;
    const { startTransfer, servers, xferServers } = entry.roles;
    const wrong = (text: string) =>
      fail({ invariant: 'roles', text: `${name} in ${entry.view}: ${text}`, members: [name] });
    const wasGetting = last?.xferServers.includes(name) === true;
    if (xferServers.includes(name) && !wasGetting && !startTransfer && !wantsNone)
      wrong('it is getting the state, and no transfer has begun');
    // Only when nobody is left who has the state, and one of those who were getting it is taken for the one who has. Who does without a transfer may come to be a server beside it.
    const heirs = servers.filter((server) => last?.xferServers.includes(server));
    const isFromHeir = heirs.length === 1 && !servers.some((server) => last?.servers.includes(server));
    if (startTransfer && wasGetting && insisted && !isFromHeir)
      wrong(`its transfer begins again, beside the servers [${servers.join(' ')}]`);
    if (startTransfer) insisted = true;
    last = entry.roles;
  }
}

/** What is less safe than the transfer in progress asks for is delivered in no view with it. */
function checkHeldBack(epoch: Epoch, fail: Fail): void {
  const { member, view } = epoch;
  const gate = gateOf(view.roles?.viewType ?? 'none');
  if (gate === 0) return;
  for (const { from, entries } of epoch.got.values()) {
    const unsafe = entries.find(({ id }) => SAFETIES.indexOf(safetyOfId(id)) < gate);
    if (unsafe === undefined) continue;
    fail({
      invariant: 'held back',
      text: `${member} got ${unsafe.id || 'a message of 0 bytes'} of ${from} in ${view.view}, during a transfer that is ${view.roles?.viewType}`,
      members: [member, from],
    });
  }
}

/** What was cast to the servers comes to others only where it lists them. */
function checkListed(history: History, { member, got, view }: Epoch, fail: Fail): void {
  for (const { call, from, entries } of got.values()) {
    if (call !== 'listed') continue;
    for (const { id, bytes } of entries) {
      const message = scastOf(history, from, id);
      if (message?.bytes === bytes && message.list.includes(member)) continue;
      const what =
        message === undefined ? 'which was never sent' : `of [${message.list.join(' ')}], ${message.bytes} B`;
      fail({
        invariant: 'servers only',
        text: `${member}, a client in ${view.view}, got the scast ${id}, ${what}`,
        members: [member, from],
      });
    }
  }
}

/** Those clients that go on together with a server have got what that one got, and lists them. */
function checkListedTogether(history: History, group: readonly Epoch[], fail: Fail): void {
  const server = group.find(({ serves }) => serves);
  if (server === undefined) return;
  const { local } = promisesOf(server.view.protocol);
  for (const { call, from, entries } of server.got.values()) {
    if (call !== 'scast') continue;
    for (const { id } of entries) {
      const message = scastOf(history, from, id);
      for (const client of group) {
        if (client.serves || (client.member === from && !local)) continue;
        if (message === undefined || !stayedListed(history, from, message, client)) continue;
        if ([...client.got.values()].some((got) => got.call === 'listed' && got.entries.some((each) => each.id === id)))
          continue;
        fail({
          invariant: 'virtual synchrony',
          text: `${server.member} and ${client.member} went on from ${client.view.view} together, and only the first got the scast ${id}, which lists both`,
          members: [server.member, client.member, from],
        });
      }
    }
  }
}

/** Whom a message lists is forgotten in a view without it. */
function stayedListed(history: History, sender: string, message: SentMessage, { member, view }: Epoch): boolean {
  if (!message.list.includes(member)) return false;
  const epochs = history.members.get(sender)?.epochs ?? [];
  const last = epochs.findIndex((epoch) => epoch.view.view === view.view);
  return epochs.slice(Math.max(0, message.epoch), last + 1).every((epoch) => epoch.view.members.includes(member));
}

function scastOf(history: History, sender: string, id: string): SentMessage | undefined {
  for (const { call, byId, messages } of history.streamsOf.get(sender) ?? []) {
    const place = call === 'scast' ? byId.get(id) : undefined;
    if (place !== undefined) return messages[place];
  }
  return undefined;
}

/** Messages that go with the casts come in the order in which they were sent, of whatever call, if they are of one safety: they wait together. */
function checkClasses(history: History, { name, epochs }: MemberHistory, fail: Fail): void {
  const last = new Map<string, SentMessage>();
  for (const epoch of epochs) {
    for (const { got, index } of epoch.order) {
      const id = got.entries[index]?.id ?? '';
      if (got.call === 'send' || id === '') continue;
      const message = sentAs(history, got.from, id, got.stream);
      if (message === undefined) continue;
      const kind = `${got.from} ${safetyOfId(id)}`;
      const before = last.get(kind);
      last.set(kind, message);
      if (before === undefined || before.nth < message.nth) continue;
      const text = `${name} got ${id} of ${got.from} in ${epoch.view.view}, after ${before.id}, which was sent later`;
      fail({ invariant: 'FIFO', text, members: [name, got.from] });
    }
  }
}

function sentAs(history: History, sender: string, id: string, key: string): SentMessage | undefined {
  const stream = history.streams.get(key);
  return stream === undefined ? scastOf(history, sender, id) : stream.messages[stream.byId.get(id) ?? -1];
}

/** Each request ends once, of whoever lives: with the state, or an error, or because nobody wants it any more. */
function checkRequests({ name, result }: MemberHistory, fail: Fail): void {
  const open = new Map<number, Extract<LogEntry, { type: 'request' }>>();
  const wrong = (text: string) => fail({ invariant: 'one end', text: `${name}: ${text}`, members: [name] });
  let latest = 0;
  for (const entry of result.log) {
    if (entry.type === 'transfer' && entry.what === 'begun') latest = entry.transfer;
    if (entry.type !== 'request') continue;
    const { number, transfer, what } = entry;
    if (what === 'asked') open.set(number, entry);
    else if (!open.delete(number))
      wrong(`request ${number} of transfer ${transfer} has ended before, and again: ${what}`);
    if (what === 'whole' && transfer !== latest)
      wrong(`request ${number} of transfer ${transfer} got a state, in transfer ${latest}`);
  }
  if (result.end !== 'alive') return;
  for (const { number, transfer } of open.values()) wrong(`request ${number} of transfer ${transfer} has no end`);
}

/** That a member has the state counts once for each transfer, and for the last one that has begun. */
function checkDone({ name, result }: MemberHistory, fail: Fail): void {
  let latest = 0;
  let done = 0;
  for (const entry of result.log) {
    if (entry.type !== 'transfer') continue;
    if (entry.what === 'begun') latest = entry.transfer;
    if (entry.what !== 'done') continue;
    if (entry.transfer !== latest || entry.transfer === done)
      fail({
        invariant: 'one end',
        text: `${name}: that it has the state of transfer ${entry.transfer} counted ${entry.transfer === done ? 'twice' : `in transfer ${latest}`}`,
        members: [name],
      });
    done = entry.transfer;
  }
}

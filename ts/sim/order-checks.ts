/**
 * Invariants 7, 9 and 10, and 6 with Subcast: what the ordering layers of a stack promise beyond FIFO.
 *
 * Where a view ends in pieces, each piece has what arrived in it. So much is promised of a *regular* delivery, one that a member makes before
 * the view has ended below it, that another member may be in any piece; of the *late* ones, which belong to what the view change has found, it is
 * promised to those who go on together (as in the transitional configurations of extended virtual synchrony).
 */
import { safetyOfId } from './calls.js';
import type { Delivery, Epoch, History, SentMessage, Violation } from './history.js';
import { firstMissing, hears, nameOf, transitionsOf } from './message-checks.js';
import { epochsThat, messageOf, type Promises, promisesOf } from './promises.js';

type Fail = (violation: Violation) => void;

/** Invariant 7: with Local or Total whoever goes on to a next view has delivered what it cast in this one. */
export function checkSelfDelivery(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ local }) => local)) {
    if (epoch.next === undefined) continue;
    for (const stream of history.streamsOf.get(epoch.member) ?? []) {
      if (stream.to !== undefined || !hears(epoch, stream)) continue;
      const missing = firstMissing(stream, epoch, epoch.got.get(stream.key));
      if (missing === undefined) continue;
      fail({
        invariant: 'self-delivery',
        text: `${epoch.member} went on from ${epoch.view.view}, and did not get its own ${missing}`,
        members: [epoch.member],
      });
    }
  }
}

/** Invariant 6 with Subcast: what a member gets of another, casts and sends, comes as it was sent; of each safety, where some may have to wait. */
export function checkSubcast(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ subcast }) => subcast)) {
    const last = new Map<string, SentMessage>();
    for (const delivery of epoch.order) {
      const { from } = delivery.got;
      const message = messageOf(history, delivery);
      if (message === undefined || !alwaysSubcast(history, from, message.epoch, epoch)) continue;
      const kind = `${from} ${safetyOfId(message.id)}`;
      const before = last.get(kind);
      last.set(kind, message);
      if (before === undefined || before.nth < message.nth) continue;
      const text = `${epoch.member} in ${epoch.view.view} got ${nameOf(message, message.nth)} of ${from} after ${nameOf(before, before.nth)}`;
      fail({ invariant: 'FIFO', text: `${text}, which was sent later`, members: [epoch.member, from] });
    }
  }
}

/** What waits for the next view while the stack changes does so in two queues. */
function alwaysSubcast(history: History, sender: string, from: number, { view }: Epoch): boolean {
  const epochs = history.members.get(sender)?.epochs ?? [];
  const to = epochs.findIndex((epoch) => epoch.view.view === view.view);
  for (let index = from; index <= to; index++) {
    const epoch = epochs[index];
    if (epoch === undefined || !promisesOf(epoch.view.protocol).subcast) return false;
  }
  return true;
}

/**
 * Invariant 9, with Total: those who go on together delivered the same casts in the same order; and of any two members of a view, wherever they
 * went, or failed, the one made the same regular deliveries as the other, as far as it came. The late ones of two pieces may differ in order: where
 * the sequencer is not, what it has not told yet follows by rank.
 */
export function checkTotal(history: History, fail: Fail): void {
  for (const [transition, group] of transitionsOf(history)) {
    const [first, ...others] = group as [Epoch, ...Epoch[]];
    if (!promisesOf(first.view.protocol).total) continue;
    for (const other of others) compareOrder(transition, first, castsIn(first), other, castsIn(other), 'equal', fail);
  }
  for (const epochs of viewsThat(history, ({ total }) => total)) {
    const furthest = longest(epochs);
    for (const epoch of epochs)
      compareOrder(epoch.view.view, epoch, regularIn(epoch), furthest, regularIn(furthest), 'prefix', fail);
    // What everyone had, and the order of it, each takes on.
    if (!promisesOf(furthest.view.protocol).agree) continue;
    for (const epoch of epochs) {
      if (epoch.next === undefined) continue;
      compareOrder(epoch.view.view, furthest, regularIn(furthest), epoch, castsIn(epoch), 'prefix', fail);
    }
  }
}

function compareOrder(
  where: string,
  one: Epoch,
  first: readonly Delivery[],
  other: Epoch,
  second: readonly Delivery[],
  want: 'equal' | 'prefix',
  fail: Fail,
): void {
  const length = want === 'equal' ? Math.max(first.length, second.length) : first.length;
  for (let i = 0; i < length; i++) {
    const [a, b] = [first[i], second[i]];
    if (a?.got.stream === b?.got.stream && a?.index === b?.index) continue;
    const text = `${where}: cast number ${i} is ${castName(a)} for ${one.member}, and ${castName(b)} for ${other.member}`;
    return fail({ invariant: 'total', text, members: [one.member, other.member] });
  }
}

function castName(delivery: Delivery | undefined): string {
  if (delivery === undefined) return 'none';
  const { got, index } = delivery;
  return got.entries[index]?.id || `one of 0 bytes of ${got.from}`;
}

/**
 * Invariant 10, with Agree: what anyone has delivered regularly, each member of the view that goes on to a next view, any next view, has delivered;
 * also when whoever delivered it has failed since.
 */
export function checkAgree(history: History, fail: Fail): void {
  for (const epochs of viewsThat(history, ({ agree }) => agree)) {
    const { members } = (epochs[0] as Epoch).view;
    for (const sender of members) {
      const regular = (epoch: Epoch) =>
        epoch.order.filter((each) => isRegular(each) && each.got.from === sender && each.got.cast);
      const counts = epochs.map((epoch) => regular(epoch).length);
      const most = Math.max(...counts);
      const whoever = epochs[counts.indexOf(most)] as Epoch;
      for (const epoch of epochs) checkHas(epoch, sender, most, whoever, fail);
    }
  }
}

function checkHas(epoch: Epoch, sender: string, count: number, whoever: Epoch, fail: Fail): void {
  const { member, view, next } = epoch;
  if (next === undefined || (sender === member && !promisesOf(view.protocol).local)) return;
  const has = castsIn(epoch).filter(({ got }) => got.from === sender).length;
  if (has >= count) return;
  const missing = castName(castsIn(whoever).filter(({ got }) => got.from === sender)[has]);
  const text = `${whoever.member} delivered ${missing} of ${sender} in ${view.view}, and ${member} went on to ${next.view.view} without it`;
  fail({ invariant: 'agree', text, members: [whoever.member, member, sender] });
}

// ---- parts ----

/** By view, those who were in it. */
function viewsThat(history: History, promise: (promises: Promises) => boolean): Iterable<Epoch[]> {
  const views = new Map<string, Epoch[]>();
  for (const epoch of epochsThat(history, promise)) {
    const there = views.get(epoch.view.view);
    if (there === undefined) views.set(epoch.view.view, [epoch]);
    else there.push(epoch);
  }
  return views.values();
}

function castsIn({ order }: Epoch): Delivery[] {
  return order.filter(({ got }) => got.cast);
}

/** Real members do not log which of their deliveries are regular. */
function isRegular({ late }: Delivery): boolean {
  return late === false;
}

/** What comes late is last. */
function regularIn(epoch: Epoch): Delivery[] {
  return castsIn(epoch).filter(isRegular);
}

function longest(epochs: readonly Epoch[]): Epoch {
  const lengths = epochs.map((epoch) => regularIn(epoch).length);
  return epochs[lengths.indexOf(Math.max(...lengths))] as Epoch;
}

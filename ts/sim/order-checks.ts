/**
 * Invariants 7 to 10: what the ordering layers of a stack promise beyond FIFO.
 *
 * Where a view ends in pieces, each piece has what arrived in it. So much is promised of a *regular* delivery, one that a member makes before
 * the view has ended below it, that another member may be in any piece; of the *late* ones, which belong to what the view change has found, it is
 * promised to those who go on together (as in the transitional configurations of extended virtual synchrony).
 */
import {
  castsOf,
  type Delivery,
  type Epoch,
  type Got,
  type History,
  type SentMessage,
  sendsOf,
  type Violation,
} from './history.js';
import { firstMissing, nameOf, transitionsOf } from './message-checks.js';
import { type Promises, promisesOf } from './promises.js';

type Fail = (violation: Violation) => void;

/** Invariant 7: with Local or Total whoever goes on to a next view has delivered what it cast in this one. */
export function checkSelfDelivery(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ local }) => local)) {
    if (epoch.next === undefined) continue;
    const key = castsOf(epoch.member);
    const missing = firstMissing(history.streams.get(key), epoch, epoch.got.get(key));
    if (missing === undefined) continue;
    fail({
      invariant: 'self-delivery',
      text: `${epoch.member} went on from ${epoch.view.view}, and did not get its own ${missing}`,
      members: [epoch.member],
    });
  }
}

/** Invariant 6 with Subcast: what a member gets of another, casts and sends, comes as it was sent. */
export function checkSubcast(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ subcast }) => subcast)) {
    const last = new Map<string, SentMessage>();
    for (const delivery of epoch.order) {
      const { from } = delivery.got;
      const message = messageOf(history, delivery);
      if (message === undefined || !alwaysSubcast(history, from, message.epoch, epoch)) continue;
      const before = last.get(from);
      last.set(from, message);
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
 * Invariant 8: with Causal or Total nothing is delivered before what it depends on, in the same view: the casts that its sender had delivered, and
 * those that it had cast, which FIFO sees to. Without Local a member's own casts are delivered to it by nobody, and are left out.
 */
export function checkCausal(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ causal }) => causal)) {
    for (const sender of epoch.view.members) {
      if (sender === epoch.member) continue;
      checkDependencies(history, epoch, epoch.got.get(castsOf(sender)), fail);
      // Without Subcast sends go their own ways.
      if (promisesOf(epoch.view.protocol).subcast)
        checkDependencies(history, epoch, epoch.got.get(sendsOf(sender, epoch.member)), fail);
    }
  }
}

function checkDependencies(history: History, epoch: Epoch, got: Got | undefined, fail: Fail): void {
  const sender = got && epochIn(history, got.from, epoch.view.view);
  if (got === undefined || sender === undefined) return;
  const { local } = promisesOf(epoch.view.protocol);
  // Of the sender's deliveries so many have been looked at: those that one message depends on, the next does, too.
  let looked = 0;
  for (let index = 0; index < got.entries.length; index++) {
    const message = messageOf(history, { got, index });
    if (message === undefined || message.epoch !== sender.index) continue;
    for (; looked < message.after; looked++) {
      const needed = sender.order[looked] as Delivery;
      if (!needed.got.cast || (needed.got.from === epoch.member && !local)) continue;
      const at = epoch.got.get(needed.got.stream)?.at[needed.index];
      if (at !== undefined && at < (got.at[index] as number)) continue;
      const what = nameOf(message, message.nth);
      fail({
        invariant: 'causal',
        text:
          `${epoch.member} in ${epoch.view.view} got ${what} of ${got.from} ${at === undefined ? 'without' : 'before'} ` +
          `${needed.got.entries[needed.index]?.id || 'a cast of 0 bytes'} of ${needed.got.from}, which it depends on`,
        members: [epoch.member, got.from, needed.got.from],
      });
      return;
    }
  }
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
      const regular = (epoch: Epoch) => epoch.order.filter((each) => isRegular(each) && each.got.from === sender && each.got.cast);
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
  const has = epoch.got.get(castsOf(sender))?.entries.length ?? 0;
  if (has >= count) return;
  const missing = whoever.got.get(castsOf(sender))?.entries[has]?.id || 'a cast of 0 bytes';
  const text = `${whoever.member} delivered ${missing} of ${sender} in ${view.view}, and ${member} went on to ${next.view.view} without it`;
  fail({ invariant: 'agree', text, members: [whoever.member, member, sender] });
}

// ---- parts ----

function* epochsThat(history: History, promise: (promises: Promises) => boolean): Generator<Epoch> {
  for (const { epochs } of history.members.values())
    for (const epoch of epochs) if (promise(promisesOf(epoch.view.protocol))) yield epoch;
}

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

function epochIn(history: History, member: string, view: string): Epoch | undefined {
  return history.members.get(member)?.epochs.find((epoch) => epoch.view.view === view);
}

function messageOf(history: History, { got, index }: Pick<Delivery, 'got' | 'index'>): SentMessage | undefined {
  return got.start === undefined ? undefined : history.streams.get(got.stream)?.messages[got.start + index];
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

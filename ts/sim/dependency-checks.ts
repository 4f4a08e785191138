/** Invariant 8: nothing is delivered before what it depends on. */
import type { Delivery, Epoch, Got, History, Violation } from './history.js';
import { nameOf } from './message-checks.js';
import { epochsThat, messageOf, promisesOf } from './promises.js';

type Fail = (violation: Violation) => void;

/**
 * With Causal or Total nothing is delivered before what it depends on, in the same view: the casts that its sender had delivered, and
 * those that it had cast, which FIFO sees to. Without Local a member's own casts are delivered to it by nobody, and are left out.
 */
export function checkCausal(history: History, fail: Fail): void {
  for (const epoch of epochsThat(history, ({ causal }) => causal)) {
    for (const got of epoch.got.values()) {
      // Without Subcast sends go their own ways.
      const goesWithCasts = got.call !== 'send' || promisesOf(epoch.view.protocol).subcast;
      if (got.from !== epoch.member && goesWithCasts) checkDependencies(history, epoch, got, fail);
    }
  }
}

function checkDependencies(history: History, epoch: Epoch, got: Got, fail: Fail): void {
  const sender = epochIn(history, got.from, epoch.view.view);
  if (sender === undefined) return;
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

function epochIn(history: History, member: string, view: string): Epoch | undefined {
  return history.members.get(member)?.epochs.find((epoch) => epoch.view.view === view);
}

// Run me in three terminals: node examples/ordering.mjs [group]
// An account that nobody keeps and all have: with total order every member sees the same payments in the same order, its own too, so all come to the
// same decision about each, without asking. `+100` pays in, `-60` takes out, if there is as much. Ctrl-D leaves.
import { createInterface } from 'node:readline';
import { GroupMember } from 'consort';

class Account extends GroupMember {
  balance = 0;
  /** Payments of a view with new members wait for the balance that it begins with. */
  waiting;

  // Who is new has to be told the balance: by the member of rank 0, in a cast, so that it has a place in the order, too.
  onAcceptedView(view) {
    console.log(`${view.nmembers} here`);
    if (view.newMembers.length === 0) return;
    this.waiting = [];
    if (view.myRank === 0) this.cast(`=${this.balance}`);
  }

  onReceiveCast(origin, message) {
    const text = message.text();
    if (text.startsWith('=')) this.begin(Number(text.slice(1)));
    else if (this.waiting !== undefined) this.waiting.push([origin, Number(text)]);
    else this.pay(origin, Number(text));
  }

  begin(balance) {
    const { waiting = [] } = this;
    this.balance = balance;
    this.waiting = undefined;
    console.log(`balance: ${balance}`);
    for (const [origin, amount] of waiting) this.pay(origin, amount);
  }

  pay(origin, amount) {
    const ok = this.balance + amount >= 0;
    if (ok) this.balance += amount;
    console.log(`${origin} ${amount > 0 ? '+' : ''}${amount}: ${ok ? 'done' : 'refused'}, balance: ${this.balance}`);
  }
}

const account = new Account({
  groupName: process.argv[2] ?? 'account',
  properties: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow:Total',
});
await account.join();
for await (const line of createInterface(process.stdin)) {
  if (/^[+-]\d+$/.test(line)) account.cast(line);
  else console.log('+100 pays in, -60 takes out');
}
await account.close();

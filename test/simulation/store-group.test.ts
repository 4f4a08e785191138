// The model of a group under a simulated store is checked by the same invariants as whole stacks are: it may be nasty, but not more than groups are.
import { describe, expect, it } from 'vitest';
import { SimClock } from '../../ts/sim/clock.js';
import { historyOf, type Violation } from '../../ts/sim/history.js';
import { checkHistory } from '../../ts/sim/invariants.js';
import type { LogEntry, MemberLog } from '../../ts/sim/log.js';
import { Dice } from '../../ts/sim/seeds.js';
import { SimGroup, type SimGroupMember } from '../../ts/sim/store/group.js';
import { makeStoreScenario } from '../../ts/sim/store/scenario.js';

const MS = 1000;
const PLACES = 5;
const SEEDS = 300;

interface Logged {
  readonly name: string;
  readonly log: LogEntry[];
  end: MemberLog['end'];
}

/** What some members saw who cast, sent, crashed, left, were cut off and suspected for a while. */
class GroupRun {
  private readonly clock = new SimClock();
  private readonly group: SimGroup;
  private readonly dice: Dice;
  readonly logs = new Map<SimGroupMember, Logged>();
  private ids = 0;

  constructor(seed: number) {
    this.dice = new Dice(seed, 0);
    const nothing = () => {};
    const { group } = makeStoreScenario(seed);
    this.group = new SimGroup(this.clock, new Dice(seed, 1), group, { onSend: nothing, onDeliver: nothing });
  }

  run(): void {
    for (let place = 0; place < PLACES; place++) this.clock.schedule(this.dice.below(20 * MS), () => this.join(place));
    for (let count = 0; count < 150; count++) this.clock.schedule(this.dice.below(600 * MS), () => this.act());
    this.clock.runUntil(600 * MS);
    this.group.isCalm = true;
    this.group.partition([]);
    this.join(0);
    this.clock.runUntil(60_000 * MS);
  }

  get isOne(): boolean {
    return this.group.isOne;
  }

  private join(place: number): void {
    const log: LogEntry[] = [];
    const name = `${this.logs.size}@${place}`;
    const at = () => this.clock.now;
    const member: SimGroupMember = this.group.join(place, {
      onView: (view, members, rank) => {
        const names = members.map((each) => this.nameOf(each));
        const time = Number(view.slice('view '.length));
        const base = { type: 'view', at: at(), members: names, rank, time } as const;
        log.push({ ...base, view, coordinator: names[0] as string, primary: false, protocol: '', message: '' });
        if (this.dice.chance(0.5)) this.post(member);
      },
      onReceive: (from, bytes, cast) => {
        const sender = this.nameOf(member.view?.members[from] as SimGroupMember);
        const id = new TextDecoder().decode(bytes);
        log.push({ type: 'received', at: at(), cast, from: sender, id, bytes: bytes.length });
      },
      onDrain: () => {},
    });
    this.logs.set(member, { name, log, end: 'alive' });
  }

  private nameOf(member: SimGroupMember): string {
    return this.logs.get(member)?.name ?? 'nobody';
  }

  private act(): void {
    const { dice, group } = this;
    const member = dice.pick(group.members);
    const what = dice.below(20);
    if (member === undefined || what === 0) return this.join(dice.below(PLACES));
    if (what === 1) {
      const crashes = dice.chance(0.7);
      (this.logs.get(member) as Logged).end = crashes ? 'crashed' : 'left';
      if (crashes) group.crash(member);
      else group.leave(member);
    } else if (what === 2) group.partition(Array.from({ length: PLACES }, () => dice.below(3)));
    else if (what === 3) group.partition([]);
    else if (what === 4) group.suspect(member);
    else if (what === 5) group.congest(member, dice.below(50 * MS));
    else if (what === 6) member.slowUntil = this.clock.now + dice.below(50 * MS);
    else this.post(member);
  }

  private post(member: SimGroupMember): void {
    const { view } = member;
    const to = view === undefined || this.dice.chance(0.6) ? undefined : this.dice.below(view.members.length);
    if (view === undefined || to === member.rank) return;
    const id = `m${this.ids++}`;
    const name = to === undefined ? undefined : this.nameOf(view.members[to] as SimGroupMember);
    const { log } = this.logs.get(member) as Logged;
    // Whether it waits, and for what, is the group's to know.
    log.push({ type: 'sent', at: this.clock.now, id, to: name, sendView: 'unspecified', bytes: id.length });
    if (to === undefined) member.cast(new TextEncoder().encode(id));
    else member.send(to, new TextEncoder().encode(id));
  }
}

describe('the model of a group', () => {
  it('keeps what groups promise, and comes together', { timeout: 60_000 }, () => {
    const seen = { partings: 0, late: 0, views: 0, received: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = new GroupRun(seed);
      run.run();
      const logs = [...run.logs.values()].map((each) => ({ ...each, leaving: false }));
      const history = historyOf(logs);
      const violations: Violation[] = [];
      checkHistory(history, (violation) => violations.push(violation));
      expect(violations.map(({ invariant, text }) => `seed ${seed}: ${invariant}: ${text}`)).toEqual([]);
      expect(run.isOne, `seed ${seed}`).toBe(true);
      for (const { epochs } of history.members.values()) {
        for (const { view, next, order } of epochs) {
          seen.views++;
          seen.received += order.length;
          if (next !== undefined && next.view.members.length < view.members.length) seen.partings++;
        }
      }
    }
    expect(seen.views).toBeGreaterThan(20 * SEEDS);
    expect(seen.partings).toBeGreaterThan(2 * SEEDS);
    expect(seen.received).toBeGreaterThan(50 * SEEDS);
  });
});

/** A leader and a follower by themselves, each with a real log, told by hand what the other would say. */
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../ts/store/election.js';
import { Follower } from '../../../ts/store/follower.js';
import { Leader } from '../../../ts/store/leader.js';
import { STORE_LIMITS } from '../../../ts/store/limits.js';
import { MemoryDatabase } from '../../../ts/store/memory-database.js';
import { writeRecord } from '../../../ts/store/record.js';
import type { Seat } from '../../../ts/store/seat.js';
import { StateMachine } from '../../../ts/store/state-machine.js';
import type { StoreMessage } from '../../../ts/store/store-messages.js';
import { bytes, HandClock, put, SETTINGS } from './replicas.js';

const NAMES = ['a', 'b', 'c'];
const EPOCH = 2;

/** At rank 0, or at another; what it says is kept. */
function seatAt(myRank: number, limits = {}) {
  const clock = new HandClock();
  const said: StoreMessage[] = [];
  const part: { leader?: Leader; follower?: Follower; ready: boolean } = { ready: false };
  const machine = new StateMachine(
    new MemoryDatabase((callback) => clock.defer(callback)),
    clock,
    { ...STORE_LIMITS, ...limits },
    true,
    {
      onDurable: () => (part.leader ?? part.follower)?.durable(),
      onApplied: (first, entries) => {
        part.leader?.onApplied(first, entries);
        part.follower?.onApplied();
      },
      onWritten: () => {
        part.leader?.drained();
        part.follower?.written();
      },
      onFailed: (error) => {
        throw error;
      },
    },
  );
  const replicas = new Map(NAMES.map((name, rank) => [rank, { name, rank, incarnation: 1 } as Candidate]));
  const seat: Seat = {
    environment: clock,
    settings: { ...SETTINGS, name: NAMES[myRank] as string, members: NAMES, incarnation: 1 },
    limits: { ...STORE_LIMITS, ...limits },
    group: { cast: () => {}, send: () => {}, isFull: false },
    machine,
    epoch: EPOCH,
    storeId: 's',
    myRank,
    leaderRank: 0,
    replicas,
    cast: (message) => said.push(message),
    send: (rank, message) => {
      said.push(message);
      if (rank === myRank) part.leader?.receive(rank, message);
    },
    ready: () => {
      part.ready = true;
    },
  };
  return { clock, said, part, machine, seat };
}

function leading(limits = {}, isTrimDisabled = () => false) {
  const all = seatAt(0, limits);
  const leader = new Leader(all.seat, { counted: new Set([0, 1, 2]), begins: () => {}, isTrimDisabled });
  all.part.leader = leader;
  return { ...all, leader };
}

function following(limits = {}) {
  const all = seatAt(1, limits);
  const follower = new Follower(all.seat, {
    mustSync: () => {},
    isCopying: false,
    beforeAppend: () => {},
    isHalf: false,
  });
  all.part.follower = follower;
  return { ...all, follower };
}

const ofType = (said: readonly StoreMessage[], type: StoreMessage['type']) => said.filter((each) => each.type === type);
const entry = (key: string, value: string) => ({ origin: undefined, effects: [put(key, value)] });

describe('Leader', () => {
  it('writes nothing before a majority has promised its epoch, and what counts is what is durable', () => {
    const { clock, said, machine, leader, part } = leading();
    leader.receive(0, { type: 'promised', epoch: EPOCH });
    clock.advance(1);
    expect([said, machine.log.lastVersion]).toEqual([[], 0]);
    leader.receive(1, { type: 'promised', epoch: EPOCH });
    clock.advance(1);
    expect(ofType(said, 'record').length).toBe(1);
    expect([machine.durable, machine.committed, part.ready]).toEqual([1, 0, false]);
    leader.receive(2, { type: 'accepted', epoch: EPOCH, version: 1, counts: false });
    expect(machine.committed).toBe(0);
    leader.receive(2, { type: 'accepted', epoch: EPOCH, version: 1, counts: true });
    expect([machine.committed, part.ready]).toEqual([1, true]);
  });

  it('commits nothing of an earlier epoch before the first entry of its own', () => {
    const { clock, machine, leader } = leading();
    machine.append(writeRecord(1, 1, [entry('key', 'old')]));
    clock.advance(1);
    for (const rank of [0, 1]) leader.receive(rank, { type: 'promised', epoch: EPOCH });
    clock.advance(1);
    leader.receive(1, { type: 'accepted', epoch: EPOCH, version: 1, counts: true });
    expect(machine.committed).toBe(0);
    leader.receive(1, { type: 'accepted', epoch: EPOCH, version: 2, counts: true });
    expect(machine.committed).toBe(2);
  });

  it('compares with what earlier leaders have left, though a follower has applied that before it', () => {
    const { clock, said, machine, leader, part } = leading({ applyBytes: 1 });
    for (const [version, value] of [
      [1, 'older'],
      [2, 'old'],
    ] as const)
      machine.append(writeRecord(1, version, [entry('key', value)]));
    clock.advance(1);
    for (const rank of [0, 1]) leader.receive(rank, { type: 'promised', epoch: EPOCH });
    clock.advance(1);
    leader.receive(1, { type: 'accepted', epoch: EPOCH, version: 3, counts: true });
    expect([machine.committed, machine.applied, part.ready]).toEqual([3, 1, false]);
    const compares = [{ type: 'value' as const, key: bytes('key'), value: bytes('old') }];
    leader.receive(1, {
      type: 'submit',
      epoch: EPOCH,
      number: 1,
      transaction: { compares, effects: [put('key', 'new')] },
    });
    clock.advance(10);
    expect(part.ready).toBe(true);
    expect([ofType(said, 'refused'), ofType(said, 'record').length]).toEqual([[], 2]);
  });

  /** It leads, and its first entry is committed. */
  function begun(isTrimDisabled?: () => boolean) {
    const all = leading({}, isTrimDisabled);
    const { clock, leader, said } = all;
    for (const rank of [0, 1]) leader.receive(rank, { type: 'promised', epoch: EPOCH });
    clock.advance(1);
    const accepted = (version: number) => leader.receive(1, { type: 'accepted', epoch: EPOCH, version, counts: true });
    accepted(1);
    clock.advance(1);
    let number = 0;
    const submit = (rank: number) => {
      const transaction = { compares: [], effects: [put('key', 'value')] };
      leader.receive(rank, { type: 'submit', epoch: EPOCH, number: ++number, transaction });
    };
    const count = (type: StoreMessage['type']) => ofType(said, type).length;
    return { ...all, accepted, submit, count };
  }

  it('tells at once what is committed when another waits for it, and else a little later, or with a record', () => {
    const { clock, said, accepted, submit, count } = begun();
    expect(count('committed')).toBe(1);
    submit(1);
    clock.advance(1);
    accepted(2);
    clock.advance(1);
    expect(ofType(said, 'committed').at(-1)).toMatchObject({ committed: 2 });
    submit(0);
    clock.advance(1);
    accepted(3);
    clock.advance(1);
    expect(count('committed')).toBe(2);
    clock.advance(STORE_LIMITS.wordMs);
    expect(ofType(said, 'committed').at(-1)).toMatchObject({ committed: 3 });
    submit(0);
    clock.advance(1);
    accepted(4);
    submit(0);
    clock.advance(10);
    expect(ofType(said, 'record').at(-1)).toMatchObject({ committed: 4 });
    expect(count('committed')).toBe(3);
  });

  it('looks what to trim when its log has grown by an eighth, and not at each commit', () => {
    let looks = 0;
    const { clock, machine, leader, accepted, submit } = begun(() => {
      looks++;
      return looks < 3;
    });
    for (let version = 2; version <= 1500; version++) {
      submit(0);
      clock.advance(1);
      accepted(version);
    }
    clock.advance(20);
    expect([looks, machine.log.lastVersion, machine.log.base.version]).toEqual([3, 1500, 378]);
    leader.trim();
    expect(machine.log.length).toBe(1000);
  });

  it('makes no short records while long ones are on their way', () => {
    const { clock, machine, accepted, submit, count } = begun();
    for (let i = 0; i < 8; i++) submit(1);
    clock.advance(1);
    expect([count('record'), machine.durable]).toEqual([2, 9]);
    for (let i = 0; i < 3; i++) submit(1);
    clock.advance(1);
    expect(count('record')).toBe(2);
    submit(1);
    clock.advance(1);
    expect([count('record'), machine.log.lastVersion]).toEqual([3, 13]);
    submit(2);
    clock.advance(1);
    expect(count('record')).toBe(3);
    accepted(13);
    clock.advance(1);
    expect([count('record'), machine.log.lastVersion]).toEqual([4, 14]);
  });
});

describe('Follower', () => {
  const record = (version: number, previousEpoch = EPOCH): StoreMessage => ({
    type: 'record',
    epoch: EPOCH,
    committed: 0,
    previousEpoch,
    record: writeRecord(EPOCH, version, [entry(`key ${version}`, 'value')]),
  });
  const committed = (version: number): StoreMessage => ({
    type: 'committed',
    epoch: EPOCH,
    committed: version,
    trim: 0,
    first: 1,
  });

  it('acknowledges what is durable, once for all of one write', () => {
    const { clock, said, follower } = following();
    follower.receive(record(1, 0));
    follower.receive(record(2));
    expect(said).toEqual([]);
    clock.advance(1);
    expect(said).toEqual([{ type: 'accepted', epoch: EPOCH, version: 2, counts: true }]);
  });

  it('keeps what is the same as in the log of its leader, and cuts off what is not', () => {
    const { clock, said, machine, follower } = following();
    machine.append(writeRecord(1, 1, [entry('key', 'same')]));
    machine.append(writeRecord(1, 2, [entry('key', 'other')]));
    clock.advance(1);
    follower.receive({
      type: 'replay',
      epoch: EPOCH,
      committed: 0,
      previousEpoch: 0,
      record: writeRecord(1, 1, [entry('key', 'same')]),
    });
    expect([machine.log.lastVersion, machine.log.lastEpoch]).toEqual([2, 1]);
    follower.receive(record(2, 1));
    expect([machine.log.lastVersion, machine.log.lastEpoch]).toEqual([2, EPOCH]);
    clock.advance(1);
    expect(ofType(said, 'accepted').at(-1)).toMatchObject({ version: 2 });
  });

  it('asks for what it lacks, when a record does not follow', () => {
    const { said, follower } = following();
    follower.receive(record(3));
    follower.receive(record(4));
    expect(said).toEqual([{ type: 'catch-up', epoch: EPOCH, runs: [{ epoch: 0, first: 0, last: 0 }] }]);
  });

  it('asks for what came before it could take it, when it hears that that is committed', () => {
    const { said, machine, follower } = following();
    follower.receive(committed(1));
    expect(ofType(said, 'catch-up').length).toBe(1);
    expect(machine.committed).toBe(0);
  });

  it('takes for committed only what is the same as in the log of its leader', () => {
    const { machine, follower } = following();
    follower.receive(record(1, 0));
    follower.receive(committed(1));
    expect(machine.applied).toBe(1);
    follower.receive(committed(5));
    expect(machine.committed).toBe(1);
  });
});

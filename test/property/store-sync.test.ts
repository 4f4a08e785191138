// Whatever crashes, whichever links are cut, whatever is damaged on its way: a replica whose database is not marked half has a whole state of the store, what is
// under way is bounded, and when they are left alone all of them have the same store.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SMALL, SyncCrew, type TestReplica } from '../unit/store/sync-crew.js';

const NAMES = ['a', 'b', 'c', 'd'];
const name = fc.constantFrom(...NAMES);
const kept = fc.constantFrom(0, 1, 2, 5, 1000);
const key = fc.nat(30).map((n) => `key ${String(n).padStart(2, '0')}`);
const value = fc.option(fc.string({ maxLength: 20 }), { nil: undefined });

const events = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('carry' as const), from: name, to: name, times: fc.nat(4) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('disk' as const), name, times: fc.nat(4) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('follow' as const), name, times: fc.nat(4) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('settle' as const), steps: fc.nat(40) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('write' as const), key, value }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pass' as const), milliseconds: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('trim' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), name, kept }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), name }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('enter' as const), name, kept }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget' as const), name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('full' as const), name, isFull: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('damage' as const), from: name, to: name, at: fc.nat(300) }) },
);
type Event = typeof events extends fc.Arbitrary<infer T> ? T : never;

function times(count: number, step: () => boolean): void {
  for (let i = 0; i <= count && step(); i++);
}

function apply(event: Event, crew: SyncCrew): void {
  switch (event.type) {
    case 'carry':
      return times(event.times, () => crew.carry(event.from, event.to));
    case 'disk':
      return times(event.times, () => crew.replica(event.name).database.step());
    case 'follow':
      return times(event.times, () => crew.replica(event.name).follow());
    case 'settle':
      return crew.settle(event.steps);
    case 'write':
      return crew.write(event.key, event.value);
    case 'pass':
      return crew.environment.advance(event.milliseconds);
    case 'trim':
      return crew.trim();
    case 'crash':
      return crash(crew, event.name, event.kept);
    case 'leave':
      return crew.leave(event.name);
    case 'enter':
      return crew.enter(event.name, event.kept);
    // A provider that fails, and says nothing.
    case 'forget':
      return crew.replica(event.name).sync.provider.resetSync();
    case 'full':
      crew.replica(event.name).isFull = event.isFull;
      return crew.replica(event.name).sync.provider.drained();
    case 'damage':
      return damage(crew.link(event.from, event.to)[0], event.at);
  }
}

function crash(crew: SyncCrew, victim: string, keptWrites: number): void {
  crew.crash(victim, keptWrites);
  const { isMarkedHalf, data, written } = crew.replica(victim);
  if (!isMarkedHalf) expect(data).toEqual(crew.stateAt(written));
}

/** Only chunks are checked; what else is damaged would be another message. */
function damage(message: Uint8Array | undefined, at: number): void {
  if (message !== undefined && message[0] === 0x46) message[1 + (at % (message.length - 1))]! ^= 0x10;
}

/** Bytes of a chunk at most: with a key and a value more than the bound, and what is around them. */
const MOST_CHUNK = SMALL.chunkBytes + 200;

function expectBounds(crew: SyncCrew, replica: TestReplica): void {
  for (const from of NAMES) {
    let bytes = 0;
    for (const message of crew.link(from, replica.name)) if (message[0] === 0x46) bytes += message.length;
    expect(bytes).toBeLessThanOrEqual(SMALL.windowBytes + MOST_CHUNK);
  }
  if (replica.mode === 'half')
    expect(replica.database.chunkBytes).toBeLessThanOrEqual(SMALL.writingBytes + SMALL.windowBytes + 2 * MOST_CHUNK);
}

it('a store is whole or marked half, and in the end the same everywhere', () => {
  let synchronized = 0;
  let changedProvider = 0;
  fc.assert(
    fc.property(fc.array(events, { maxLength: 120 }), (all) => {
      const crew = new SyncCrew(NAMES);
      for (let i = 0; i < 6; i++) crew.write(`key ${i}`, 'first');
      crew.settle();
      crew.leave('c');
      crew.leave('d');
      for (let i = 0; i < 24; i++) crew.write(`key ${String(i).padStart(2, '0')}`, `value ${i}`);
      for (let i = 0; i < 4; i++) crew.write(`key ${i}`, undefined);
      crew.settle();
      crew.environment.advance(60_000);
      crew.trim();
      crew.enter('c');
      for (const event of all) {
        apply(event, crew);
        for (const replica of crew.replicas.values()) expectBounds(crew, replica);
      }
      // From here on nothing disturbs them.
      for (const each of NAMES) {
        crew.enter(each);
        apply({ type: 'full', name: each, isFull: false }, crew);
      }
      crew.runUntil(() => [...crew.replicas.values()].every((replica) => replica.isDone));
      for (const replica of crew.replicas.values()) {
        expect(replica.isMarkedHalf).toBe(false);
        expect(replica.data).toEqual(crew.stateAt(crew.committed));
        expect(replica.database.openSnapshots).toBe(0);
        synchronized += replica.results.length;
        changedProvider += replica.results.filter(({ low, high }) => low.version < high).length;
      }
    }),
    { numRuns: 500 },
  );
  // It is no test of a synchronization unless there are some.
  expect(synchronized).toBeGreaterThan(500);
  expect(changedProvider).toBeGreaterThan(5);
});

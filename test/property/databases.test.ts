// Databases under a store against a model: a list of entries in order, copied for each snapshot.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseReads, DatabaseSnapshot, Entry, Operation, Range } from '../../ts/store/database.js';
import { compareBytes } from '../../ts/store/sorted-map.js';
import { close, DATABASES, rangeOf, write } from '../helpers/database-crew.js';

/** LevelDB has files to make for each. */
const RUNS: Readonly<Record<string, number>> = { LevelDB: 40, memory: 400, 'simulated disk': 200 };

type Model = readonly Entry[];

// Few bytes, so that keys meet; and none of them so long that ranges end early only by their count.
const key = fc.uint8Array({ min: 0, max: 3, minLength: 1, maxLength: 3 });
const bound = fc.oneof(key, fc.constant(new Uint8Array(0)), fc.constant(new Uint8Array([255])));
const value = fc.uint8Array({ maxLength: 20 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), key, value }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deleteRange' as const), from: bound, to: bound }) },
);
const range: fc.Arbitrary<Range> = fc.record({
  from: bound,
  to: bound,
  reverse: fc.boolean(),
  limit: fc.oneof(fc.nat(10), fc.constant(1_000)),
  bytes: fc.oneof(fc.nat(100), fc.constant(100_000)),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      operations: fc.array(operation, { maxLength: 12 }),
      durable: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('snapshot' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('read' as const), key, range, which: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close' as const), which: fc.nat(4) }) },
);

function without(model: Model, isGone: (key: Uint8Array) => boolean): Model {
  return model.filter(([each]) => !isGone(each));
}

function changed(model: Model, operations: readonly Operation[]): Model {
  return operations.reduce((now, operation) => {
    if (operation.type === 'deleteRange') {
      const { from, to } = operation;
      return without(now, (each) => compareBytes(each, from) >= 0 && compareBytes(each, to) < 0);
    }
    const rest = without(now, (each) => compareBytes(each, operation.key) === 0);
    return operation.type === 'delete' ? rest : [...rest, [operation.key, operation.value]];
  }, model);
}

function expected(model: Model, { from, to, reverse, limit, bytes }: Range): string[] {
  const inRange = model
    .filter(([each]) => Buffer.compare(each, from) >= 0 && Buffer.compare(each, to) < 0)
    .sort(([a], [b]) => Buffer.compare(a, b));
  if (reverse) inRange.reverse();
  let taken = 0;
  const isMore = ([k, v]: Entry, i: number) => {
    const fits = i < limit && (i === 0 || taken < bytes);
    taken += fits ? k.length + v.length : Number.POSITIVE_INFINITY;
    return fits;
  };
  return inRange.filter(isMore).map(shown);
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const shown = ([k, v]: Entry) => `${hex(k)}=${hex(v)}`;

async function expectSame(reads: DatabaseReads, model: Model, range: Range, key: Uint8Array): Promise<void> {
  expect((await rangeOf(reads, range)).map(shown)).toEqual(expected(model, range));
  const wanted = model.find(([each]) => compareBytes(each, key) === 0);
  const found = reads.get(key);
  expect(found === undefined ? undefined : hex(found)).toBe(wanted === undefined ? undefined : hex(wanted[1]));
}

describe.each(DATABASES)('a database: $name', ({ name, open }) => {
  it('is what a list of entries in order is', { timeout: 60_000 }, async (context) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const database = await open(context);
        let model: Model = [];
        const snapshots: (readonly [DatabaseSnapshot, Model])[] = [];
        let writes: Promise<void>[] = [];
        for (const each of steps) {
          if (each.type === 'write') {
            model = changed(model, each.operations);
            writes.push(write(database, each.operations, each.durable));
            continue;
          }
          // Only what is done must be seen.
          await Promise.all(writes);
          writes = [];
          if (each.type === 'snapshot') snapshots.push([database.snapshot(), model]);
          else if (each.type === 'close') snapshots.splice(each.which, 1)[0]?.[0].close();
          else if (each.type === 'read') {
            const [reads, as] = snapshots[each.which] ?? [database, model];
            await expectSame(reads, as, each.range, each.key);
          }
        }
        await Promise.all(writes);
        await expectSame(
          database,
          model,
          { from: new Uint8Array(0), to: new Uint8Array([255]), limit: 1e6, bytes: 1e6 },
          new Uint8Array(1),
        );
        for (const [snapshot] of snapshots) snapshot.close();
        await close(database);
      }),
      { numRuns: RUNS[name] as number },
    );
  });
});

/** The log of a replica: against a list of what should be in it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../ts/store/database.js';
import { commonVersion, Log } from '../../../ts/store/log.js';
import { MemoryDatabase } from '../../../ts/store/memory-database.js';
import { readEntries, readHead, writeRecord } from '../../../ts/store/record.js';
import { put } from './replicas.js';

function record(epoch: number, version: number, count = 1): Uint8Array {
  const entries = Array.from({ length: count }, (_, index) => ({
    origin: { replica: 1, incarnation: 2, number: index },
    effects: [put(`${epoch} ${version + index}`, 'x')],
  }));
  return writeRecord(epoch, version, entries);
}

class Bench {
  readonly database = new MemoryDatabase((callback) => callback());
  log = new Log(this.database, 100);

  write(operations: readonly Operation[]): void {
    this.database.write(operations, true, () => {});
  }

  append(epoch: number, version: number, count = 1): void {
    this.write([this.log.append(record(epoch, version, count))]);
  }

  reload(): Log {
    const log = new Log(this.database, 100);
    let failed: Error | undefined;
    log.load((error) => {
      failed = error;
    });
    if (failed !== undefined) throw failed;
    return log;
  }
}

function facts(log: Log): unknown {
  const { base, lastVersion, lastEpoch, bytes, length, runs } = log;
  return { base, lastVersion, lastEpoch, bytes, length, runs };
}

describe('records', () => {
  it('are what was written', () => {
    const entries = [
      { origin: undefined, effects: [] },
      {
        origin: { replica: 30, incarnation: 1 << 30, number: 2 ** 40 },
        effects: [put('key', 'value'), { type: 'delete' as const, key: put('k', '').key }],
      },
    ];
    const bytes = writeRecord(7, 2 ** 33, entries);
    expect(readHead(bytes)).toEqual({ epoch: 7, version: 2 ** 33, count: 2 });
    expect(readEntries(bytes)).toEqual(entries);
  });

  it('that are cut or garbled are malformed, and nothing else', () => {
    const bytes = record(3, 9, 3);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bad = cut ? bytes.slice(0, at) : bytes.with(at, byte);
        try {
          readEntries(bad);
        } catch (error) {
          expect((error as Error).name).toBe('MalformedError');
        }
      }),
    );
  });
});

describe('Log', () => {
  it('knows which version is of which epoch, and what follows what', () => {
    const bench = new Bench();
    bench.append(1, 1, 3);
    bench.append(3, 4, 2);
    const { log } = bench;
    expect([0, 1, 3, 4, 5, 6].map((version) => log.epochAt(version))).toEqual([0, 1, 1, 3, 3, undefined]);
    expect(log.runs).toEqual([
      { epoch: 0, first: 0, last: 0 },
      { epoch: 1, first: 1, last: 3 },
      { epoch: 3, first: 4, last: 5 },
    ]);
    expect(log.recordAt(4)).toEqual(record(3, 4, 2));
    expect(log.recordAt(5)).toBeUndefined();
    expect(() => log.append(record(3, 7))).toThrow('version 7 of epoch 3 after 5 of 3');
    expect(() => log.append(record(2, 6))).toThrow('version 6 of epoch 2 after 5 of 3');
  });

  it('is trimmed by whole records, and never the last', () => {
    const bench = new Bench();
    for (let version = 1; version < 20; version += 2) bench.append(1, version, 2);
    bench.write(bench.log.trimTo(5));
    expect(bench.log.base).toEqual({ version: 4, epoch: 1 });
    expect(bench.log.versionWithin(6, 1 << 20)).toBe(14);
    bench.write(bench.log.trimTo(99));
    expect(facts(bench.log)).toMatchObject({ base: { version: 18, epoch: 1 }, lastVersion: 20, length: 2 });
    expect(facts(bench.reload())).toEqual(facts(bench.log));
  });

  it('lets go at once of the bytes of what is trimmed', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { log } = new Bench();
    const kept = (version: number) => {
      const bytes = record(1, version);
      log.append(bytes);
      return new WeakRef(bytes);
    };
    const records = [1, 2, 3, 4].map(kept);
    log.trimTo(3);
    const left = () => {
      collect();
      return records.map((each) => each.deref() !== undefined);
    };
    await expect.poll(left).toEqual([false, false, false, true]);
  });

  it('gives what is in a record once as it was given, and then as it is read', () => {
    const { log } = new Bench();
    const entries = readEntries(record(1, 1, 2));
    log.append(writeRecord(1, 1, entries), entries);
    expect(log.takeEntries(1)).toBe(entries);
    const read = log.takeEntries(1);
    expect(read).toEqual(entries);
    expect(read).not.toBe(entries);
    expect(log.takeEntries(3)).toBeUndefined();
  });

  it('reads from the database only what it has there', () => {
    const bench = new Bench();
    const { log } = bench;
    const write = (...operations: Operation[]) => bench.write(operations);
    write(log.append(record(1, 1, 9)));
    write(log.append(record(1, 10, 9)));
    log.written(18);
    const cut = log.truncateAfter(9);
    const next = log.append(record(2, 10, 9));
    const last = log.append(record(2, 19, 9));
    expect(readHead(log.recordAt(10) as Uint8Array).epoch).toBe(2);
    write(...cut, next, last);
    log.written(27);
    expect([1, 10, 19].map((version) => readHead(log.recordAt(version) as Uint8Array).epoch)).toEqual([1, 2, 2]);
  });

  it('does not begin with a gap', () => {
    const bench = new Bench();
    bench.append(1, 1);
    const gap = bench.log.append(record(1, 2));
    bench.append(1, 3);
    expect(gap.type).toBe('put');
    expect(() => bench.reload()).toThrow('the log goes on with version 3 after 1');
  });

  it('after any changes is what it is when it is read again', () => {
    const change = fc.oneof(
      fc.record({ do: fc.constant('append' as const), by: fc.integer({ min: 1, max: 4 }), epochs: fc.nat(1) }),
      fc.record({ do: fc.constant('truncate' as const), by: fc.nat(6), epochs: fc.nat(1) }),
      fc.record({ do: fc.constant('trim' as const), by: fc.nat(6), epochs: fc.nat(1) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const bench = new Bench();
        const { log } = bench;
        for (const { do: what, by, epochs } of changes) {
          if (what === 'append') bench.append(log.lastEpoch + epochs, log.lastVersion + 1, by);
          else if (what === 'trim') bench.write(log.trimTo(log.base.version + by));
          else {
            const place = log.placeOf(log.lastVersion - by);
            if (place !== undefined) bench.write(log.truncateAfter(place.version - 1));
          }
        }
        expect(facts(bench.reload())).toEqual(facts(log));
        for (let version = log.base.version + 1; version <= log.lastVersion; version++) {
          const place = log.placeOf(version);
          expect(place && readHead(log.recordAt(place.version) as Uint8Array).version).toBe(place?.version);
        }
      }),
    );
  });
});

describe('commonVersion', () => {
  const run = (epoch: number, first: number, last: number) => ({ epoch, first, last });

  it('is the last that both have of one epoch', () => {
    const mine = [run(0, 0, 0), run(1, 1, 5), run(3, 6, 9)];
    expect(commonVersion(mine, [run(0, 0, 0), run(1, 1, 7), run(2, 8, 8)])).toBe(5);
    expect(commonVersion(mine, [run(0, 0, 0), run(1, 1, 5), run(3, 6, 7)])).toBe(7);
    expect(commonVersion(mine, [run(0, 0, 0)])).toBe(0);
  });

  it('is not known where one of them is trimmed beyond', () => {
    const mine = [run(3, 8, 9)];
    expect(commonVersion(mine, [run(1, 1, 5), run(3, 6, 7)])).toBeUndefined();
    expect(commonVersion(mine, [run(1, 1, 5), run(3, 6, 8)])).toBe(8);
    expect(commonVersion(mine, [run(0, 0, 0)])).toBeUndefined();
  });
});

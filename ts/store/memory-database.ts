/** A database in the memory of this process: for stores that are to be fast rather than durable, and for tests. What is durable ends with the process. */
import type {
  Database,
  DatabaseReads,
  DatabaseSnapshot,
  Done,
  Entry,
  Operation,
  Range,
  RangeDone,
} from './database.js';
import { SortedMap, type SortedView } from './sorted-map.js';

export type Defer = (callback: () => void) => void;

/** Reads of a map or of a snapshot. What is handed out is the caller's, so it is copied. */
export class SortedReads<View extends SortedView = SortedView> implements DatabaseReads {
  constructor(
    protected readonly view: View,
    private readonly later: Defer,
  ) {}

  get(key: Uint8Array): Uint8Array | undefined {
    return copyOf(this.view.get(key));
  }

  range(range: Range, done: RangeDone): void {
    const entries = this.view.range(range).map(([key, value]): Entry => [copyOf(key), copyOf(value)]);
    this.later(() => done(undefined, entries));
  }
}

class MemorySnapshot extends SortedReads implements DatabaseSnapshot {
  /** The rest is the garbage collector's. */
  close(): void {}
}

export class MemoryDatabase extends SortedReads<SortedMap> implements Database {
  /** `defer` calls back soon, when what runs now has returned; in the order of asking. */
  constructor(private readonly defer: Defer) {
    super(new SortedMap(), defer);
  }

  write(operations: readonly Operation[], _durable: boolean, done: Done): void {
    applyTo(this.view, operations);
    this.defer(() => done());
  }

  snapshot(): DatabaseSnapshot {
    return new MemorySnapshot(this.view.snapshot(), this.defer);
  }

  close(done: Done): void {
    this.defer(() => done());
  }
}

/** The bytes are copied: they are the caller's again when the write is done. */
export function applyTo(map: SortedMap, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') map.set(copyOf(operation.key), copyOf(operation.value));
    else if (operation.type === 'delete') map.delete(operation.key);
    else map.deleteRange(operation.from, operation.to);
  }
}

/** Not `slice`, which of a Buffer gives no copy. */
function copyOf<Bytes extends Uint8Array | undefined>(bytes: Bytes): Bytes;
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}

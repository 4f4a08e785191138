// A database whose disk does what the test says, when it says it: writes and reads wait until a step is taken, and a crash loses what was not durable,
// from some write on.
import type {
  Database,
  DatabaseSnapshot,
  Done,
  Entry,
  Operation,
  Range,
  RangeDone,
} from '../../../ts/store/database.js';

interface Write {
  readonly operations: readonly Operation[];
  readonly durable: boolean;
  readonly done: Done;
}

type State = Map<string, Uint8Array>;

export class FakeDatabase implements Database {
  /** Keys as latin1, whose order is that of the bytes. */
  state: State = new Map();
  /** What is on the disk for certain. */
  private durable: State = new Map();
  /** Done since then, and lost by a crash, from some one on. */
  private undurable: Write[] = [];
  readonly writes: Write[] = [];
  readonly reads: (() => void)[] = [];
  openSnapshots = 0;
  /** It can't, unless a test says how. */
  makeRoom?: NonNullable<Database['makeRoom']>;
  /** What all writes and reads fail with. */
  error: Error | undefined;

  get(key: Uint8Array): Uint8Array | undefined {
    return this.state.get(text(key));
  }

  range(range: Range, done: RangeDone): void {
    this.reads.push(() => {
      if (this.error === undefined) done(undefined, entriesOf(this.state, range));
      else done(this.error, []);
    });
  }

  write(operations: readonly Operation[], durable: boolean, done: Done): void {
    this.writes.push({ operations, durable, done });
  }

  snapshot(): DatabaseSnapshot {
    const state = new Map(this.state);
    this.openSnapshots++;
    let isOpen = true;
    return {
      get: (key) => state.get(text(key)),
      range: (range, done) => {
        if (!isOpen) throw new Error('the snapshot is closed');
        this.reads.push(() => {
          if (!isOpen) throw new Error('the snapshot was closed while it was read');
          if (this.error === undefined) done(undefined, entriesOf(state, range));
          else done(this.error, []);
        });
      },
      close: () => {
        if (!isOpen) throw new Error('the snapshot is closed already');
        isOpen = false;
        this.openSnapshots--;
      },
    };
  }

  close(done: Done): void {
    this.writes.push({ operations: [], durable: true, done });
  }

  /** Bytes of keys and values in writes that are not done, and are not durable. */
  get chunkBytes(): number {
    let bytes = 0;
    for (const { operations, durable } of this.writes) {
      for (const each of operations) if (!durable && each.type === 'put') bytes += each.key.length + each.value.length;
    }
    return bytes;
  }

  get isBusy(): boolean {
    return this.reads.length + this.writes.length > 0;
  }

  /** One read or write is done. False: there is none. */
  step(): boolean {
    const read = this.reads.shift();
    if (read !== undefined) {
      read();
      return true;
    }
    const write = this.writes.shift();
    if (write === undefined) return false;
    if (this.error !== undefined) {
      write.done(this.error);
      return true;
    }
    apply(this.state, write);
    this.undurable.push({ ...write, operations: write.operations.map(copyOf) });
    if (write.durable) {
      this.durable = new Map(this.state);
      this.undurable = [];
    }
    write.done();
    return true;
  }

  /** Nothing that was asked for is answered any more; of what was not durable the first `kept` writes, those not yet done included, are there. */
  crash(kept: number): void {
    this.state = new Map(this.durable);
    for (const write of [...this.undurable, ...this.writes].slice(0, kept)) apply(this.state, write);
    this.durable = new Map(this.state);
    this.undurable = [];
    this.writes.length = 0;
    this.reads.length = 0;
    this.openSnapshots = 0;
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** The bytes are the caller's again when the write is done. */
function copyOf(operation: Operation): Operation {
  if (operation.type !== 'put') return operation;
  return { ...operation, key: operation.key.slice(), value: operation.value.slice() };
}

function apply(state: State, { operations }: Write): void {
  for (const operation of operations) {
    if (operation.type === 'put') state.set(text(operation.key), operation.value.slice());
    else if (operation.type === 'delete') state.delete(text(operation.key));
    else for (const key of keysIn(state, operation)) state.delete(key);
  }
}

function keysIn(state: State, { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }): string[] {
  const [first, end] = [text(from), text(to)];
  return [...state.keys()].filter((key) => key >= first && key < end).sort();
}

function entriesOf(state: State, range: Range): Entry[] {
  const entries: Entry[] = [];
  const keys = keysIn(state, range);
  let bytes = 0;
  for (const key of range.reverse === true ? keys.reverse() : keys) {
    if (entries.length === range.limit || bytes >= range.bytes) break;
    const value = state.get(key) as Uint8Array;
    entries.push([Buffer.from(key, 'latin1'), value.slice()]);
    bytes += key.length + value.length;
  }
  return entries;
}

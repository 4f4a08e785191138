/** Clients of simulated replicas: what they ask for, and what they were told, kept for the checks. */
import { isConsortError } from '../../base/errors.js';
import type { Replica } from '../../store/replica.js';
import type { Compare, Effect, Outcome } from '../../store/transaction.js';
import type { SimClock } from '../clock.js';
import type { ClientAction } from './actions.js';
import type { Cell, ClientOperation, Guard, Key, OperationResult } from './history.js';
import type { ProcessWorld, StoreProcess } from './process.js';
import { keyBytes, valueBytes, valueIn } from './values.js';

type Swap = Extract<ClientAction, { do: 'swap' }>;

/** Beyond all versions, and all values. */
const NEVER = 1_000_000;

export class Clients {
  readonly operations: ClientOperation[] = [];
  private readonly keys = new Set<Key>();

  constructor(
    private readonly clock: SimClock,
    private readonly world: ProcessWorld,
    private readonly nextMoment: () => number,
  ) {}

  /** Undefined: there is nobody to ask. */
  act(process: StoreProcess, action: ClientAction): ClientOperation | undefined {
    const { replica } = process;
    if (replica === undefined || process.member === undefined) return undefined;
    switch (action.do) {
      case 'read':
        return this.read(process, replica, action);
      case 'put':
        return this.submit(process, replica, this.begin(process, action, [], action.keys, []), action.bytes);
      case 'delete':
        return this.submit(process, replica, this.begin(process, action, [], [], action.keys), 0);
      case 'swap': {
        if (!replica.isWhole) return undefined;
        const guards = action.compares.map((key) => guardOf(action, key, look(process, key)));
        return this.submit(process, replica, this.begin(process, action, guards, action.keys, []), action.bytes);
      }
    }
  }

  /** Reads all that was ever written, as it is here. */
  lookAround(process: StoreProcess): void {
    this.act(process, { do: 'read', place: process.place, how: 'local', keys: [...this.keys] });
  }

  private begin(
    process: StoreProcess,
    action: ClientAction,
    guards: readonly Guard[],
    puts: readonly Key[],
    deletes: readonly Key[],
  ): ClientOperation {
    const operation: ClientOperation = {
      id: this.operations.length + 1,
      replica: process.name,
      run: process.run,
      action,
      called: this.nextMoment(),
      at: this.clock.now,
      guards,
      puts,
      deletes,
      returned: undefined,
      returnedAt: undefined,
      result: undefined,
    };
    this.operations.push(operation);
    for (const key of puts) this.keys.add(key);
    process.pending++;
    this.world.log(process, { type: 'called', operation });
    return operation;
  }

  private end(process: StoreProcess, operation: ClientOperation, result: OperationResult): void {
    if (!process.isAlive) return;
    if (operation.result !== undefined)
      this.world.found('no error', `operation ${operation.id} came to an end twice`, process);
    else process.pending--;
    operation.result = result;
    operation.returned = this.nextMoment();
    operation.returnedAt = this.clock.now;
    this.world.log(process, { type: 'returned', operation });
  }

  /** Nothing can be read now. */
  private drop(process: StoreProcess): void {
    process.pending--;
  }

  private submit(process: StoreProcess, replica: Replica, operation: ClientOperation, bytes: number): ClientOperation {
    const { id, guards, puts, deletes } = operation;
    const compares = guards.map(
      ({ key, by, value, version }): Compare =>
        by === 'version'
          ? { type: 'version', key: keyBytes(key), version }
          : {
              type: 'value',
              key: keyBytes(key),
              value: value === 0 ? undefined : valueBytes(value, this.bytesOf(value)),
            },
    );
    const effects: Effect[] = [
      ...puts.map((key): Effect => ({ type: 'put', key: keyBytes(key), value: valueBytes(id, bytes) })),
      ...deletes.map((key): Effect => ({ type: 'delete', key: keyBytes(key) })),
    ];
    replica.submit({ compares, effects }, (error, outcome) => {
      this.end(process, operation, error === undefined ? outcomeOf(outcome as Outcome) : errorOf(error));
    });
    return operation;
  }

  /** Of the value that an operation has written. */
  private bytesOf(value: number): number {
    const action = this.operations[value - 1]?.action;
    return action !== undefined && 'bytes' in action ? action.bytes : 0;
  }

  private read(
    process: StoreProcess,
    replica: Replica,
    action: Extract<ClientAction, { do: 'read' }>,
  ): ClientOperation | undefined {
    if (!replica.isWhole) return undefined;
    const operation = this.begin(process, action, [], [], []);
    const found = (cells: ReadonlyMap<Key, Cell>) => this.end(process, operation, { type: 'read', cells });
    if (action.how === 'local') found(lookAt(process, action.keys));
    else if (action.how === 'snapshot')
      process.readAll((cells) => (cells === undefined ? this.drop(process) : found(cells)));
    else {
      replica.barrier((error) => {
        if (error !== undefined) this.end(process, operation, errorOf(error));
        // Between the answer and now its whole state may have been taken from it.
        else if (replica.isWhole) found(lookAt(process, action.keys));
        else this.drop(process);
      });
    }
    return operation;
  }
}

/** `wrong`: as the key never was. */
function guardOf({ by, wrong }: Swap, key: Key, cell: Cell): Guard {
  if (wrong) return { key, by, value: NEVER, version: NEVER };
  return { key, by, value: cell?.value ?? 0, version: cell?.version ?? 0 };
}

function lookAt(process: StoreProcess, keys: readonly Key[]): Map<Key, Cell> {
  process.checkWhole('something was read');
  return new Map(keys.map((key) => [key, look(process, key)]));
}

function look({ replica }: StoreProcess, key: Key): Cell {
  const found = replica?.get(keyBytes(key));
  return found && { version: found.version, value: valueIn(found.value) };
}

function outcomeOf({ committed, version }: Outcome): OperationResult {
  return { type: committed ? 'committed' : 'unchanged', version };
}

function errorOf(error: Error): OperationResult {
  return { type: 'error', code: isConsortError(error) ? error.code : 'none', message: error.message };
}

/** What is told of a scenario of a store: what failed, what was done, and what its replicas and clients saw. */
import type { StoreStep } from './actions.js';
import type { ClientOperation, LogLine, OperationResult, ReplicaEntry } from './history.js';
import type { StoreOutcome } from './outcome.js';
import { describeCell, describeEffects } from './truth.js';

/** Lines of what replicas saw; of more the last are shown. */
const MOST_LINES = 150;

export interface StoreReportOptions {
  /** How to run it again. */
  readonly replay: string;
  /** All entries. */
  readonly all: boolean;
}

export function renderStoreOutcome(outcome: StoreOutcome, { replay, all }: StoreReportOptions): string {
  const { scenario, violations, lines } = outcome;
  const { seed, places, durability, steps, end, ...rest } = scenario;
  const told = lines.map((line) => `${time(line.at)}  ${line.replica}${line.run}: ${describeEntry(line)}`);
  const shown = all ? told : told.slice(-MOST_LINES);
  return `${[
    violations.length === 0 ? `seed ${seed}: all is well` : `seed ${seed} violates`,
    ...violations.map(({ invariant, text }) => `  ${invariant}: ${text}`),
    '',
    `  replay: ${replay}`,
    `  ${places} ${places === 1 ? 'replica' : 'replicas'}, durability ${durability}`,
    ...Object.entries(rest).map(([name, value]) => `  ${name} ${JSON.stringify(value)}`),
    '',
    'what was done (milliseconds)',
    ...steps.map(describeStep),
    `${time(end)}  all faults end`,
    '',
    'what replicas and clients saw',
    ...(shown.length < told.length ? [`(the last ${shown.length} of ${told.length} lines; --trace shows all)`] : []),
    ...shown,
  ].join('\n')}\n`;
}

function describeStep({ at, do: what, ...rest }: StoreStep): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${time(at)}  ${what} ${details.join(', ')}`;
}

function describeEntry({ entry }: LogLine): string {
  switch (entry.type) {
    case 'ended':
      return `${entry.how}${entry.text === '' ? '' : `: ${entry.text}`}`;
    case 'view':
      return `view [${entry.members.join(' ')}]`;
    case 'status':
      return describeStatus(entry);
    case 'applied':
      return `applied ${entry.versions.map((each) => `${each.version} (${describeEffects(each)})`).join(', ')}`;
    case 'replaced':
      return `replaced by a synchronization, up to version ${entry.version}`;
    case 'trouble':
      return `${entry.code}: ${entry.message}`;
    case 'called':
      return `${describeCall(entry.operation)} ...`;
    case 'returned':
      return `${describeCall(entry.operation)}: ${describeResult(entry.operation.result)}`;
    case 'message':
      return entry.text;
    default:
      return entry.type;
  }
}

function describeStatus(status: Extract<ReplicaEntry, { type: 'status' }>): string {
  const { state, epoch, leader, committed, applied } = status;
  return `${state}, epoch ${epoch}, leader ${leader ?? 'none'}, committed ${committed}, applied ${applied}`;
}

function describeCall({ id, action, guards, puts, deletes }: ClientOperation): string {
  const effects = [...puts.map((key) => ({ key, value: id })), ...deletes.map((key) => ({ key, value: 0 }))];
  if (action.do === 'read') return `${action.how} read ${id}`;
  const compares = guards.map(({ key, by, value, version }) => `k${key} is ${by === 'value' ? value : `@${version}`}`);
  const condition = compares.length > 0 ? ` if ${compares.join(' and ')}` : '';
  return `${action.do} ${id} (${describeEffects({ effects })}${condition})`;
}

function describeResult(result: OperationResult | undefined): string {
  switch (result?.type) {
    case 'committed':
      return `committed as version ${result.version}`;
    case 'unchanged':
      return `a compare did not hold in version ${result.version}`;
    case 'error':
      return `${result.code}: ${result.message}`;
    case 'read':
      return [...result.cells].map(([key, cell]) => `k${key} ${describeCell(cell)}`).join(', ') || 'nothing';
    default:
      return 'no result';
  }
}

function time(micros: number): string {
  return (micros / 1000).toFixed(3).padStart(11);
}

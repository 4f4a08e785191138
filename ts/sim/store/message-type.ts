/** What the bytes between two replicas say: by its name for ambushes, and for those who read a trace. */
import { readHead } from '../../store/record.js';
import { readMessage, type StoreMessage } from '../../store/store-messages.js';
import { isSyncMessage, readSync, type SyncMessage } from '../../store/sync-messages.js';

/** By the first byte, which says it. */
const known = new Map<number, string>();

export function messageType(bytes: Uint8Array): string {
  const tag = bytes[0] ?? -1;
  let type = known.get(tag);
  if (type === undefined) {
    ({ type } = read(bytes));
    known.set(tag, type);
  }
  return type;
}

export function describeMessage(bytes: Uint8Array): string {
  const { type, ...rest } = read(bytes);
  const details = Object.entries(rest).map(([name, value]) => `${name} ${describeValue(name, value)}`);
  return `${type} ${details.join(', ')}`;
}

function describeValue(name: string, value: unknown): string {
  if (name === 'record') return JSON.stringify(readHead(value as Uint8Array));
  if (name === 'entries') return `${(value as readonly unknown[]).length}`;
  if (name === 'transaction') return '...';
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : JSON.stringify(value);
}

function read(bytes: Uint8Array): StoreMessage | SyncMessage {
  return isSyncMessage(bytes) ? readSync(bytes) : readMessage(bytes);
}

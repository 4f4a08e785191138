/** What kind of message the bytes between two replicas are: by its name, for ambushes. */
import { readMessage } from '../../store/store-messages.js';
import { isSyncMessage, readSync } from '../../store/sync-messages.js';

/** By the first byte, which says it. */
const known = new Map<number, string>();

export function messageType(bytes: Uint8Array): string {
  const tag = bytes[0] ?? -1;
  let type = known.get(tag);
  if (type === undefined) {
    type = isSyncMessage(bytes) ? readSync(bytes).type : readMessage(bytes).type;
    known.set(tag, type);
  }
  return type;
}

/** Entries that a provider has read of its store and has not sent yet, in their order. */
import type { Entry } from './database.js';

export class ReadAhead {
  /** Of keys and values. */
  bytes = 0;
  private entries: readonly Entry[] = [];
  /** Of `entries`, the first that is still there. */
  private first = 0;

  push(entries: readonly Entry[]): void {
    this.entries = [...this.entries.slice(this.first), ...entries];
    this.first = 0;
    for (const entry of entries) this.bytes += bytesOf(entry);
  }

  /** So many at most, and no more once there are so many bytes; but one, if there is one. */
  take(bytes: number, most: number): readonly Entry[] {
    const { entries, first } = this;
    let end = first;
    for (let taken = 0; end < entries.length && end - first < most && taken < bytes; end++) {
      taken += bytesOf(entries[end] as Entry);
    }
    const chunk = entries.slice(first, end);
    this.first = end;
    for (const entry of chunk) this.bytes -= bytesOf(entry);
    return chunk;
  }
}

function bytesOf([key, value]: Entry): number {
  return key.length + value.length;
}

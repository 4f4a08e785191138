/** Messages that a state transfer holds back, oldest first. */
import { recordBytes } from '../data-plane/record.js';

/** A message that waits, or is held back. */
export interface Waiting {
  /** The rank that it is for, or CASTS. */
  readonly to: number;
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Of `Waiting.to`: it goes with the casts. */
export const CASTS = -1;

export class HeldMessages {
  private messages: Waiting[] = [];
  /** With the header that each will have. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  /** Keeps a copy of the payload. */
  add({ to, kind, payload }: Waiting): void {
    this.messages.push({ to, kind, payload: new Uint8Array(payload) });
    this.bytes += recordBytes(payload.length);
  }

  waiting(): readonly Waiting[] {
    return this.messages;
  }

  clear(): void {
    this.messages = [];
    this.bytes = 0;
  }
}

/** Where a simulated member has the state come: it takes its time over each part, and may want no other server to go on. */
import type { RequestingSink } from '../api/transfers.js';
import type { StateRequest } from '../client-server/state-requester.js';

export interface SinkOwner {
  /** The first part of it has come. */
  onPart(): void;
  /** Its last part has come. */
  onEnd(): void;
  /** All of it was taken in. */
  onWhole(bytes: Uint8Array): void;
  onFailed(error: Error): void;
}

export class SimSink implements RequestingSink {
  request: StateRequest | undefined;
  private parts: Uint8Array[] = [];
  private waiting = 0;
  private takenBytes = 0;
  private ended = false;
  private begun = false;
  /** How many servers it has had. */
  private attempt = 0;

  constructor(
    private readonly takes: 'collect' | 'stream' | 'resume',
    /** Over each part. Microseconds. */
    private readonly takeMicros: number,
    private readonly later: (micros: number, callback: () => void) => unknown,
    private readonly owner: SinkOwner,
  ) {}

  part(part: Uint8Array): void {
    this.parts.push(part.slice());
    this.waiting++;
    const { attempt } = this;
    const taken = () => attempt === this.attempt && this.taken(part.length);
    if (this.takeMicros === 0) taken();
    else this.later(this.takeMicros, taken);
    if (this.begun) return;
    this.begun = true;
    this.owner.onPart();
  }

  /** What it has not taken in yet counts for nothing. */
  restart(): number | undefined {
    if (this.takes === 'stream') return undefined;
    const stays = this.takes === 'resume' ? this.takenBytes : 0;
    this.parts = [Buffer.concat(this.parts).subarray(0, stays)];
    this.takenBytes = stays;
    this.waiting = 0;
    this.attempt++;
    return stays;
  }

  end(): void {
    this.ended = true;
    this.owner.onEnd();
    this.look();
  }

  fail(error: Error): void {
    this.owner.onFailed(error);
  }

  private taken(bytes: number): void {
    this.waiting--;
    this.takenBytes += bytes;
    this.request?.taken(bytes);
    this.look();
  }

  private look(): void {
    if (!this.ended || this.waiting > 0) return;
    this.ended = false;
    this.owner.onWhole(Buffer.concat(this.parts));
  }
}

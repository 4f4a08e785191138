/** Casts as fast as flow control lets it, for some time or so many messages; then the end marker. */
import { encodeMarker } from '../verify/end-marker.js';
import { CHECK_INTERVAL, mixSent, type Pattern } from '../verify/pattern.js';

/** Written before the event loop gets a turn, though there is room for more. */
const TURN_BYTES = 1024 * 1024;
/** Written between two looks at the clock. */
const CLOCK_BYTES = 64 * 1024;

export interface Sent {
  readonly messages: number;
  readonly hash: number;
}

/** How much is sent: one of both. */
export interface Amount {
  readonly milliseconds?: number;
  readonly messages?: number;
}

/** Who casts: a member. */
export interface Caster {
  cast(payload: Uint8Array): unknown;
  readonly writableNeedDrain: boolean;
}

export class CastPump {
  private messages = 0;
  private hash = 0;
  private endMs = 0;
  private most = Number.POSITIVE_INFINITY;
  private scheduled = false;
  private done: ((sent: Sent) => void) | undefined;
  private failed: ((error: unknown) => void) | undefined;
  private readonly payload: Uint8Array;
  private readonly messagesPerLook: number;

  constructor(
    private readonly member: Caster,
    private readonly pattern: Pattern,
    private readonly phase: number,
  ) {
    this.payload = new Uint8Array(pattern.sizeBytes);
    this.messagesPerLook = Math.max(1, Math.min(CHECK_INTERVAL, Math.floor(CLOCK_BYTES / pattern.sizeBytes)));
  }

  /** Resolves when all is cast, with what that was. `resume` must be called when the member has room again. */
  run({ milliseconds = Number.POSITIVE_INFINITY, messages = Number.POSITIVE_INFINITY }: Amount): Promise<Sent> {
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.failed = reject;
      this.endMs = performance.now() + milliseconds;
      this.most = messages;
      this.resume();
    });
  }

  /** Before its time is over. */
  stop(): void {
    this.endMs = 0;
  }

  readonly resume = (): void => {
    if (this.done === undefined || this.scheduled || this.member.writableNeedDrain) return;
    try {
      this.pump();
    } catch (error) {
      this.done = undefined;
      this.failed?.(error);
    }
  };

  private readonly nextTurn = (): void => {
    this.scheduled = false;
    this.resume();
  };

  private pump(): void {
    const { member } = this;
    const looks = Math.ceil(TURN_BYTES / (this.messagesPerLook * this.pattern.sizeBytes));
    for (let look = 0; look < looks; look++) {
      if (this.messages >= this.most || (performance.now() >= this.endMs && this.messages > 1)) return this.finish();
      this.castSome(Math.min(this.messagesPerLook, this.most - this.messages));
      if (member.writableNeedDrain) return;
    }
    this.scheduled = true;
    setImmediate(this.nextTurn);
  }

  /** The loop that is measured. */
  private castSome(count: number): void {
    const { member, payload } = this;
    const lastAt = payload.length - 1;
    let { messages, hash } = this;
    for (let i = 0; i < count; i++) {
      if ((messages & (CHECK_INTERVAL - 1)) === 0) this.pattern.fill(payload, messages);
      payload[lastAt] = messages >>> 8;
      payload[0] = messages;
      hash = mixSent(hash, messages, lastAt + 1);
      member.cast(payload);
      messages++;
      if (member.writableNeedDrain) break;
    }
    this.messages = messages;
    this.hash = hash;
  }

  private finish(): void {
    const { messages, hash, done } = this;
    this.done = undefined;
    this.member.cast(encodeMarker({ phase: this.phase, count: messages, hash }, this.pattern.sizeBytes));
    done?.({ messages, hash });
  }
}

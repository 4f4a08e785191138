/**
 * What was handed over in a view, and in which order, for the layers that check it (Chk_total, Chk_causal, Chk_agree). It is kept only where one of
 * them is in the stack: it costs some nanoseconds a cast.
 *
 *   runs   0: 0-96 | 2: 0-40 | 0: 96-112 | ...       casts of one member without another's between them are one run
 */
import type { Message } from '../base/message.js';
import type { RecordReceiver } from '../data-plane/record-reader.js';
import type { Deliveries } from '../stack/layer.js';

/** Runs that are remembered; what was longer ago cannot be asked for. */
const MOST_RUNS = 4096;

/** So many bytes of a member's stream were handed over from `start` on, until something of another was. */
interface Run {
  readonly rank: number;
  readonly start: number;
}

export class DeliveryLog implements Deliveries {
  count = 0;
  digest = 0;
  private readonly ends: number[];
  /** A ring: the run of number n is at n modulo its length. */
  private readonly runs: Run[] = [];
  private runCount = 0;

  /** @param endOf up to where a member's stream was handed over, the record that is being handled included */
  constructor(
    members: number,
    private readonly endOf: (rank: number) => number,
  ) {
    this.ends = new Array<number>(members).fill(0);
  }

  /** Notes what this receiver gets. */
  over(receiver: RecordReceiver): RecordReceiver {
    return {
      onMessage: (origin: number, kind: number, message: Message) => {
        this.note(origin, this.endOf(origin));
        return receiver.onMessage(origin, kind, message);
      },
      onTooLong: (origin, length) => receiver.onTooLong(origin, length),
      onMalformed: (origin) => receiver.onMalformed(origin),
    };
  }

  delivered(): number[] {
    return [...this.ends];
  }

  before(origin: number, position: number): number[] | undefined {
    const ends = this.delivered();
    if ((ends[origin] as number) <= position) return undefined;
    const oldest = Math.max(0, this.runCount - MOST_RUNS);
    for (let number = this.runCount - 1; number >= oldest; number--) {
      const { rank, start } = this.runs[number % MOST_RUNS] as Run;
      ends[rank] = start;
      if (rank === origin && start <= position) return ends;
    }
    return undefined;
  }

  private note(rank: number, end: number): void {
    if (this.runCount === 0 || this.runs[(this.runCount - 1) % MOST_RUNS]?.rank !== rank) {
      this.runs[this.runCount % MOST_RUNS] = { rank, start: this.ends[rank] as number };
      this.runCount++;
    }
    this.ends[rank] = end;
    this.count++;
    this.digest = mix(mix(this.digest, rank), end);
  }
}

/** After MurmurHash3: what comes earlier and what comes later do not change places unseen. */
function mix(digest: number, value: number): number {
  const mixed = Math.imul(digest ^ Math.imul(value | 0, 0xcc9e2d51), 0x1b873593);
  return (((mixed << 13) | (mixed >>> 19)) + 0x6546b64) >>> 0;
}

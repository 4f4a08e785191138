/** What the leader knows of the log of one other replica, and how it brings it up to its own. */
import { commonVersion } from './log.js';
import { lastOf } from './record.js';
import type { Seat } from './seat.js';
import type { EpochRun } from './store-messages.js';

export class PeerLog {
  /** Up to here it has this leader's log, durably. */
  matched = 0;
  /** The next record that it is sent; undefined: it takes records as they are cast. */
  replayNext: number | undefined;
  private inFlight: { readonly last: number; readonly bytes: number }[] = [];
  private inFlightBytes = 0;
  private hasAccepted = false;

  constructor(
    readonly rank: number,
    private readonly seat: Seat,
  ) {}

  get isLive(): boolean {
    return this.hasAccepted && this.replayNext === undefined;
  }

  accepted(version: number, counts: boolean): void {
    if (counts) {
      this.matched = Math.max(this.matched, version);
      this.hasAccepted = true;
    }
    while (this.inFlight.length > 0 && (this.inFlight[0] as { last: number }).last <= version) {
      this.inFlightBytes -= (this.inFlight.shift() as { bytes: number }).bytes;
    }
    // What it has it says once, and not again when it is sent once more.
    if (this.replayNext !== undefined) this.replayNext = Math.max(this.replayNext, version + 1);
    this.replay();
  }

  /** It lacks something: from the last version on that both have. */
  begin(runs: readonly EpochRun[]): void {
    const common = commonVersion(this.seat.machine.log.runs, runs);
    this.inFlight = [];
    this.inFlightBytes = 0;
    if (common === undefined) return this.mustSync();
    this.replayNext = common + 1;
    this.replay();
  }

  /** Sends as much as the window has room for. When it has all, what is cast goes on from there. */
  replay(): void {
    const { machine, group, limits, epoch } = this.seat;
    const { log } = machine;
    while (this.replayNext !== undefined && !group.isFull && this.inFlightBytes < limits.replayWindowBytes) {
      if (this.replayNext > log.lastVersion) {
        this.replayNext = undefined;
        return this.seat.send(this.rank, { type: 'replayed', epoch });
      }
      const record = log.recordAt(this.replayNext);
      const place = log.placeOf(this.replayNext);
      const previousEpoch = log.epochAt(this.replayNext - 1);
      if (record === undefined || place === undefined || previousEpoch === undefined) return this.mustSync();
      this.seat.send(this.rank, { type: 'replay', epoch, committed: machine.committed, previousEpoch, record });
      this.inFlight.push({ last: lastOf(place), bytes: record.length });
      this.inFlightBytes += record.length;
      this.replayNext = lastOf(place) + 1;
    }
  }

  /** Nothing in common that is still in the log. */
  private mustSync(): void {
    this.replayNext = undefined;
    this.hasAccepted = false;
    this.seat.send(this.rank, { type: 'must-sync', epoch: this.seat.epoch });
  }
}

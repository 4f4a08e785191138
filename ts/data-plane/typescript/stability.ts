// What each receiver of one of my streams has said that it has. Twin: native/core/stability.cc
//
//   0 ......... consumed ......... received ......... seen ......... sent
//     handled by    |   all arrived    |   holes in here  |  on its way
//
// The smallest `received` over all who have not failed is the stable position. Over all, the failed ones too, it is the safe position: who was
// taken for failed may be on the other side of a partition, and lives.

import type { Progress } from './frame.js';
import type { Position, Rank } from './limits.js';
import { MAX_POSITION } from './limits.js';

/** What one receiver has said. */
export interface Row {
  readonly rank: Rank;
  live: boolean;
  received: Position;
  consumed: Position;
  seen: Position;
  toldStable: Position; // of what I told it about the stable position, the last that it has confirmed
  lost: Position; // bytes that it asked for again in this round
}

export class Stability {
  private readonly rows: Row[];
  private liveRanks: readonly Rank[];
  private smallestReceived: Position = 0;
  private smallestOfAll: Position = 0;
  private smallestConsumed: Position = 0;
  private smallestSeen: Position = 0;
  private smallestToldStable: Position = 0;

  constructor(receivers: readonly Rank[]) {
    const nothing = { live: true, received: 0, consumed: 0, seen: 0, toldStable: 0, lost: 0 };
    this.rows = receivers.map((rank) => ({ rank, ...nothing }));
    this.liveRanks = receivers;
    this.recompute();
  }

  /** News from a receiver; what is older than known changes nothing. Returns whether anything grew; false for a stranger. */
  update(rank: Rank, progress: Readonly<Progress>): boolean {
    const row = this.find(rank);
    if (row === undefined) return false;
    const { received, consumed, seen, stableLow } = progress;
    // The full position behind the half that was told: no further than what is safe.
    const safe = this.smallestOfAll;
    const told = safe - (((safe >>> 0) - stableLow) >>> 0);
    const confirmed = told > row.toldStable && told <= safe;
    if (received <= row.received && consumed <= row.consumed && seen <= row.seen && !confirmed) return false;
    row.received = Math.max(row.received, received);
    row.consumed = Math.max(row.consumed, consumed);
    row.seen = Math.max(row.seen, seen);
    if (confirmed) row.toldStable = told;
    this.recompute();
    return true;
  }

  /** Bytes that a receiver asked for again, until the round is over. */
  noteLost(rank: Rank, bytes: Position): void {
    const row = this.find(rank);
    if (row !== undefined) row.lost += bytes;
  }

  /** The most that any live receiver asked for again; begins the next round. */
  takeLost(): Position {
    let most = 0;
    for (const row of this.rows) {
      if (row.live) most = Math.max(most, row.lost);
      row.lost = 0;
    }
    return most;
  }

  /** A failed receiver no longer holds anything back. */
  exclude(rank: Rank): void {
    const row = this.find(rank);
    if (row !== undefined) row.live = false;
    this.liveRanks = this.liveRanks.filter((live) => live !== rank);
    this.recompute();
  }

  // The smallest over the live receivers; `none` when there are none.
  received(none: Position): Position {
    return this.liveRanks.length === 0 ? none : this.smallestReceived;
  }

  /** The smallest over all receivers, whoever has failed. */
  safe(none: Position): Position {
    return this.rows.length === 0 ? none : this.smallestOfAll;
  }

  consumed(none: Position): Position {
    return this.liveRanks.length === 0 ? none : this.smallestConsumed;
  }

  seen(none: Position): Position {
    return this.liveRanks.length === 0 ? none : this.smallestSeen;
  }

  toldStable(none: Position): Position {
    return this.liveRanks.length === 0 ? none : this.smallestToldStable;
  }

  /** The ranks of the live receivers. */
  live(): readonly Rank[] {
    return this.liveRanks;
  }

  find(rank: Rank): Row | undefined {
    for (const row of this.rows) {
      if (row.rank === rank) return row;
    }
    return undefined;
  }

  /** Allocates nothing, for each STATUS that brings news comes here; the check's `layer: stability of 16 receivers` watches it. */
  private recompute(): void {
    this.smallestReceived = this.smallestConsumed = MAX_POSITION;
    this.smallestSeen = this.smallestToldStable = this.smallestOfAll = MAX_POSITION;
    for (const row of this.rows) {
      this.smallestOfAll = Math.min(this.smallestOfAll, row.received);
      if (!row.live) continue;
      this.smallestReceived = Math.min(this.smallestReceived, row.received);
      this.smallestConsumed = Math.min(this.smallestConsumed, row.consumed);
      this.smallestSeen = Math.min(this.smallestSeen, row.seen);
      this.smallestToldStable = Math.min(this.smallestToldStable, row.toldStable);
    }
  }
}

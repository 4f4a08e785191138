/**
 * Who coordinates: the lowest-ranked member that has not failed and does not leave.
 *
 * Source: Ensemble's Elect. Those who leave count as failed here, so that whoever composes a view is always its rank 0: a view id, which is
 * named after rank 0, then names one view only (invariant 2).
 */
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class Elect extends Layer {
  private readonly out = new Set<Rank>();
  private elected = false;

  override up(event: StackEvent): void {
    switch (event.type) {
      case 'init':
        this.context.up(event);
        return this.elect();
      case 'suspect':
        for (const rank of event.ranks) this.out.add(rank);
        break;
      case 'leaving':
        this.out.add(event.rank);
        break;
      case 'block':
        for (const rank of event.failed) this.out.add(rank);
        for (const rank of event.leaving) this.out.add(rank);
        break;
    }
    this.context.up(event);
    this.elect();
  }

  private elect(): void {
    const { myRank } = this.context;
    if (this.elected || this.out.has(myRank)) return;
    for (let rank = 0; rank < myRank; rank++) {
      if (!this.out.has(rank)) return;
    }
    this.elected = true;
    this.context.up({ type: 'elect' });
  }
}

/**
 * Members share whom they suspect, so that one whom only some cannot reach is removed for all. Whoever slanders me is suspected by me: we can't
 * both be right.
 *
 * Source: Ensemble's Slander.
 */
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class Slander extends Layer {
  private readonly known = new Set<Rank>();

  override up(event: StackEvent): void {
    if (event.type === 'suspect' && this.isNews(event.ranks)) this.context.cast(new ByteWriter().ranks(event.ranks));
    this.context.up(event);
  }

  override receive(from: Rank, record: ByteReader): void {
    const ranks = record.ranks(this.context.view.members.length);
    const { myRank } = this.context;
    if (ranks.includes(myRank)) {
      this.context.up({ type: 'suspect', ranks: [from], reason: 'it suspects me' });
      return;
    }
    if (this.isNews(ranks)) this.context.up({ type: 'suspect', ranks, reason: `member ${from} suspects it` });
  }

  private isNews(ranks: readonly Rank[]): boolean {
    const before = this.known.size;
    for (const rank of ranks) this.known.add(rank);
    return this.known.size > before;
  }
}

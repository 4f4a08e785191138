/**
 * Checks causal order (invariant 8) in a live group. Every `chk_sweep` each member tells the others how far it has cast, and what it has delivered:
 * whatever it casts from there on depends on that. Whoever delivers such a cast before, reports it. The positions travel apart from the casts
 * and what orders them, so this does not trust the policy to tell its own mistakes.
 *
 * Source: Ensemble's Chk_causal, which had a vector in each cast.
 */
import { ConsortError } from '../base/errors.js';
import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { viewName } from '../stack/view-state.js';

/** Casts beyond the position `written` depend on the casts up to `delivered`, positions by rank. */
interface Claim {
  readonly written: number;
  readonly delivered: readonly number[];
}

export class ChkCausal extends Layer {
  private ended = false;
  /** One of each member whose next cast has not been delivered here. What it says meanwhile about later casts is not needed. */
  private readonly pending = new Map<Rank, Claim>();

  override up(event: StackEvent): void {
    this.context.up(event);
    if (event.type === 'init') this.schedule();
    if (event.type === 'block') this.ended = true;
  }

  override progress(): void {
    for (const [from, claim] of this.pending) {
      if (this.check(from, claim)) this.pending.delete(from);
    }
  }

  override receive(from: Rank, record: ByteReader): void {
    const claim = { written: record.integer(), delivered: record.integers() };
    if (claim.delivered.length !== this.context.view.members.length)
      throw new MalformedError('a position for each member');
    const before = this.pending.get(from);
    // The same position again: it has delivered more since.
    if ((before === undefined || before.written === claim.written) && !this.check(from, claim))
      this.pending.set(from, claim);
  }

  private schedule(): void {
    const { environment, params, plane, myRank } = this.context;
    environment.setTimer(params.milliseconds('chk_sweep'), () => {
      if (this.ended) return;
      const written = plane.received()[myRank] as number;
      this.context.cast(new ByteWriter().integer(written).integers(plane.deliveries.delivered()));
      this.schedule();
    });
  }

  /** False: no cast has come that it speaks of. */
  private check(from: Rank, { written, delivered }: Claim): boolean {
    const { deliveries } = this.context.plane;
    if ((deliveries.delivered()[from] as number) <= written) return false;
    const had = deliveries.before(from, written);
    // Of my own casts I deliver none without Local; and its own came in their order.
    const others = (rank: Rank) => rank !== this.context.myRank && rank !== from;
    const late = had?.findIndex((position, rank) => others(rank) && position < (delivered[rank] as number));
    if (had !== undefined && late !== undefined && late >= 0) this.report(from, late, had, delivered);
    return true;
  }

  private report(from: Rank, late: Rank, had: readonly number[], delivered: readonly number[]): void {
    const { view, application } = this.context;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_causal: in the view ${viewName(view.id)} a cast of ${view.members[from]} was delivered, which depends on ${delivered[late]} ` +
          `bytes of ${view.members[late]}, after ${had[late]} of them; this is a bug of consort: report it`,
        { details: { had, delivered } },
      ),
    );
  }
}

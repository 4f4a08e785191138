/**
 * Checks total order (invariant 9) in a live group: members that go on together tell the coordinator of the view change how many casts they have
 * delivered, and a digest of them in their order, and it reports whoever differs.
 *
 * Source: Ensemble's Chk_total, which compared the sequences themselves.
 */
import { ConsortError } from '../base/errors.js';
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { viewName } from '../stack/view-state.js';

/** What a member has delivered in the view. */
interface Sequence {
  readonly count: number;
  readonly digest: number;
}

export class ChkTotal extends Layer {
  private coordinator: Rank = 0;
  private waiting = false;
  private mine: Sequence | undefined;
  /** What others have said before I knew mine. */
  private readonly early: (readonly [from: Rank, theirs: Sequence])[] = [];

  override up(event: StackEvent): void {
    if (event.type === 'block') this.coordinator = event.coordinator;
    if (event.type === 'view') this.waiting = true;
    this.context.up(event);
  }

  override progress(): void {
    const { plane, myRank } = this.context;
    if (!this.waiting || !plane.hasDeliveredAll()) return;
    this.waiting = false;
    const { count, digest } = plane.deliveries;
    this.mine = { count, digest };
    if (this.coordinator !== myRank)
      return this.context.send(this.coordinator, new ByteWriter().integer(count).u32(digest));
    for (const [from, theirs] of this.early) this.compare(from, theirs, this.mine);
  }

  override receive(from: Rank, record: ByteReader): void {
    const theirs = { count: record.integer(), digest: record.u32() };
    if (this.mine === undefined) this.early.push([from, theirs]);
    else this.compare(from, theirs, this.mine);
  }

  private compare(from: Rank, theirs: Sequence, mine: Sequence): void {
    if (theirs.count === mine.count && theirs.digest === mine.digest) return;
    const { view, application } = this.context;
    const difference =
      theirs.count === mine.count ? 'in another order' : `of which this member delivered ${mine.count}`;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_total: in the view ${viewName(view.id)} ${view.members[from]} delivered ${theirs.count} casts, ${difference}; this is a bug ` +
          'of consort: report it',
        { details: { theirs, mine } },
      ),
    );
  }
}

/**
 * Checks virtual synchrony (invariant 3) in a live group: members that go on together tell the coordinator of the view change how much of each
 * stream they have delivered, and it reports whoever differs.
 *
 * Source: Ensemble's Chk_sync.
 */
import { ConsortError } from '../base/errors.js';
import type { ByteReader } from '../stack/codec.js';
import { ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { viewName } from '../stack/view-state.js';

export class ChkSync extends Layer {
  private coordinator: Rank = 0;
  private waiting = false;
  private mine: readonly number[] | undefined;
  /** What others have said before I knew mine. */
  private readonly early: (readonly [from: Rank, delivered: readonly number[]])[] = [];

  override up(event: StackEvent): void {
    if (event.type === 'block') this.coordinator = event.coordinator;
    if (event.type === 'view') this.waiting = true;
    this.context.up(event);
  }

  override progress(): void {
    const { plane, myRank } = this.context;
    if (!this.waiting || !plane.hasDeliveredAll()) return;
    this.waiting = false;
    this.mine = plane.received();
    if (this.coordinator !== myRank) return this.context.send(this.coordinator, new ByteWriter().integers(this.mine));
    for (const [from, delivered] of this.early) this.compare(from, delivered);
  }

  override receive(from: Rank, record: ByteReader): void {
    const delivered = record.integers();
    if (this.mine === undefined) this.early.push([from, delivered]);
    else this.compare(from, delivered);
  }

  private compare(from: Rank, delivered: readonly number[]): void {
    const { view, application } = this.context;
    if (delivered.length === this.mine?.length && delivered.every((position, rank) => position === this.mine?.[rank]))
      return;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_sync: in the view ${viewName(view.id)} ${view.members[from]} delivered ${delivered.join(' ')} bytes by rank, this member ` +
          `${this.mine?.join(' ')}; this is a bug of consort: report it`,
        { details: { delivered, mine: this.mine } },
      ),
    );
  }
}

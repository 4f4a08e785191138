/**
 * Checks virtual synchrony (invariant 3) in a live group: members that go on together tell the coordinator of the view change how much of each
 * stream they have delivered, and it reports whoever differs.
 *
 * Source: Ensemble's Chk_sync.
 */
import { ConsortError } from '../base/errors.js';
import type { ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank } from '../stack/event.js';
import { viewName } from '../stack/view-state.js';
import { ChkAtEnd } from './chk-at-end.js';

export class ChkSync extends ChkAtEnd<readonly number[]> {
  protected override know(): readonly number[] {
    return this.context.plane.received();
  }

  protected override write(mine: readonly number[], to: ByteWriter): void {
    to.integers(mine);
  }

  protected override read(from: ByteReader): readonly number[] {
    return from.integers();
  }

  protected override compare(from: Rank, delivered: readonly number[], mine: readonly number[]): void {
    const { view, application } = this.context;
    if (delivered.length === mine.length && delivered.every((position, rank) => position === mine[rank])) return;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_sync: in the view ${viewName(view.id)} ${view.members[from]} delivered ${delivered.join(' ')} bytes by rank, this member ` +
          `${mine.join(' ')}; this is a bug of consort: report it`,
        { details: { delivered, mine } },
      ),
    );
  }
}

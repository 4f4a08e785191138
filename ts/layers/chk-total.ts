/**
 * Checks total order (invariant 9) in a live group: members that go on together tell the coordinator of the view change how many casts they have
 * delivered, and a digest of them in their order, and it reports whoever differs.
 *
 * Source: Ensemble's Chk_total, which compared the sequences themselves.
 */
import { ConsortError } from '../base/errors.js';
import type { ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank } from '../stack/event.js';
import { viewName } from '../stack/view-state.js';
import { ChkAtEnd } from './chk-at-end.js';

/** What a member has delivered in the view. */
interface Sequence {
  readonly count: number;
  readonly digest: number;
}

export class ChkTotal extends ChkAtEnd<Sequence> {
  protected override know(): Sequence {
    const { count, digest } = this.context.plane.deliveries;
    return { count, digest };
  }

  protected override write({ count, digest }: Sequence, to: ByteWriter): void {
    to.integer(count).u32(digest);
  }

  protected override read(from: ByteReader): Sequence {
    return { count: from.integer(), digest: from.u32() };
  }

  protected override compare(from: Rank, theirs: Sequence, mine: Sequence): void {
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

/**
 * Checks safe delivery (invariant 10) in a live group. Every `chk_sweep` each member tells the others what it has delivered; whoever lacks some of
 * it remembers that, and reports it when it goes on with that member and with who cast it. (Not at once: in a view change those who have failed are
 * not waited for, and one of them may live and hear of it.)
 *
 * Source: the seed document on stacks names the property only; Ensemble had no such layer.
 */
import { ConsortError } from '../base/errors.js';
import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { rankIn, type ViewState, viewName } from '../stack/view-state.js';

/** A member had delivered so much of the casts of `origin`, of which less had arrived here. */
interface Lack {
  readonly from: Rank;
  readonly origin: Rank;
  readonly delivered: number;
  readonly received: number;
}

export class ChkAgree extends Layer {
  private ended = false;
  /** The first for each pair of members. */
  private readonly lacks = new Map<string, Lack>();

  override up(event: StackEvent): void {
    this.context.up(event);
    if (event.type === 'init') this.schedule();
    if (event.type === 'block') this.ended = true;
    if (event.type === 'view') this.reportLacks(event.state);
  }

  override receive(from: Rank, record: ByteReader): void {
    const delivered = record.integers();
    const received = this.context.plane.received();
    if (delivered.length !== received.length) throw new MalformedError('a position for each member');
    for (const [origin, position] of delivered.entries()) {
      const mine = received[origin] as number;
      const key = `${from} ${origin}`;
      if (position > mine && !this.lacks.has(key))
        this.lacks.set(key, { from, origin, delivered: position, received: mine });
    }
  }

  private schedule(): void {
    const { environment, params, plane } = this.context;
    environment.setTimer(params.milliseconds('chk_sweep'), () => {
      if (this.ended) return;
      this.context.cast(new ByteWriter().integers(plane.deliveries.delivered()));
      this.schedule();
    });
  }

  private reportLacks(next: ViewState): void {
    const { view } = this.context;
    const goesOn = (rank: Rank) => rankIn(next.members, view.members[rank] as (typeof view.members)[number]) >= 0;
    for (const lack of this.lacks.values()) {
      if (goesOn(lack.from) && goesOn(lack.origin)) this.report(lack);
    }
    this.lacks.clear();
  }

  private report({ from, origin, delivered, received }: Lack): void {
    const { view, application } = this.context;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_agree: in the view ${viewName(view.id)} ${view.members[from]} had delivered ${delivered} bytes of the casts of ` +
          `${view.members[origin]} when ${received} of them had arrived at this member; this is a bug of consort: report it`,
        { details: { delivered, received } },
      ),
    );
  }
}

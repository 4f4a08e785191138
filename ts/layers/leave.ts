/**
 * A member that leaves tells all; it takes part in the view change that follows, so that everyone has what it sent, and goes when it has the
 * view without it. And the other end of a view: what it holds is kept until all who go on have the next view, so that a lost View can still
 * be had.
 *
 *   member       GOT_VIEW -> coordinator     ALL_GOT -> everyone
 *
 * Where somebody fails meanwhile, and this can't be completed, `leave_timeout` ends it.
 *
 * Source: Ensemble's Leave.
 */
import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

const LEAVE = 1;
const GOT_VIEW = 2;
const ALL_GOT = 3;

export class Leave extends Layer {
  private coordinator: Rank = 0;
  private failed: ReadonlySet<Rank> = new Set();
  private readonly got = new Set<Rank>();
  private leaving = false;
  private hasView = false;
  private ended = false;

  override up(event: StackEvent): void {
    this.context.up(event);
    switch (event.type) {
      case 'leave':
        return this.leave();
      case 'block':
        this.coordinator = event.coordinator;
        this.failed = event.failed;
        return;
      case 'view':
        return this.gotView();
    }
  }

  override receive(from: Rank, record: ByteReader): void {
    switch (record.u8()) {
      case LEAVE:
        return this.context.down({ type: 'leaving', rank: from });
      case GOT_VIEW:
        this.got.add(from);
        return this.check();
      case ALL_GOT:
        if (this.hasView) this.end();
        return;
      default:
        throw new MalformedError('no record of Leave');
    }
  }

  private leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.context.cast(new ByteWriter().u8(LEAVE));
    this.context.down({ type: 'leaving', rank: this.context.myRank });
  }

  private gotView(): void {
    const { context, coordinator } = this;
    this.hasView = true;
    this.got.add(context.myRank);
    context.environment.setTimer(context.params.milliseconds('leave_timeout'), () => this.end());
    if (coordinator === context.myRank) this.check();
    else context.send(coordinator, new ByteWriter().u8(GOT_VIEW));
  }

  private check(): void {
    const { context, got, failed } = this;
    if (!this.hasView || this.coordinator !== context.myRank) return;
    if (!context.view.members.every((_, rank) => got.has(rank) || failed.has(rank))) return;
    context.cast(new ByteWriter().u8(ALL_GOT));
    this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.context.up({ type: 'exit' });
  }
}

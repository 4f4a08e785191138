/**
 * Checks in a live group that what one member says to others arrives in order, without gaps and once (invariant 6): each sends numbered records,
 * to all and to its neighbour, every `chk_sweep`, and reports a number that is not the next.
 *
 * Source: Ensemble's Chk_fifo, which numbered the messages that passed it.
 */
import { ConsortError } from '../base/errors.js';
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { viewName } from '../stack/view-state.js';

const CAST = 0;
const SEND = 1;

export class ChkFifo extends Layer {
  private sent = 0;
  /** The next number of each member: of its casts, and of its sends to me. */
  private readonly next = [new Map<Rank, number>(), new Map<Rank, number>()] as const;
  private ended = false;

  override up(event: StackEvent): void {
    this.context.up(event);
    if (event.type === 'init') this.schedule();
    if (event.type === 'block') this.ended = true;
  }

  override receive(from: Rank, record: ByteReader): void {
    const next = this.next[record.u8() === SEND ? SEND : CAST];
    const number = record.integer();
    const expected = next.get(from) ?? 0;
    next.set(from, number + 1);
    if (number !== expected) this.report(from, number, expected);
  }

  private schedule(): void {
    const { environment, params } = this.context;
    environment.setTimer(params.milliseconds('chk_sweep'), () => {
      if (this.ended) return;
      this.sendNumbers();
      this.schedule();
    });
  }

  private sendNumbers(): void {
    const { view, myRank } = this.context;
    const neighbour = (myRank + 1) % view.members.length;
    this.context.cast(new ByteWriter().u8(CAST).integer(this.sent));
    if (neighbour !== myRank) this.context.send(neighbour, new ByteWriter().u8(SEND).integer(this.sent));
    this.sent++;
  }

  private report(from: Rank, number: number, expected: number): void {
    const { view, application } = this.context;
    application.report(
      new ConsortError(
        'ERR_INVARIANT',
        `Chk_fifo: in the view ${viewName(view.id)} the record ${number} came from ${view.members[from]}, and ${expected} was next; this is ` +
          'a bug of consort: report it',
        { details: { number, expected } },
      ),
    );
  }
}

/**
 * What checks have in common that hold members against each other when a view ends: each that goes on tells the coordinator of the view change what it has
 * delivered, and that one compares. The streams of the view stay until it has heard from all, or until Group loses patience.
 */
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { rankIn } from '../stack/view-state.js';

/** @typeParam T what a member says of itself */
export abstract class ChkAtEnd<T> extends Layer {
  private coordinator: Rank = 0;
  /** The view has ended, and not all of it is delivered. */
  private waiting = false;
  private mine: T | undefined;
  /** At the coordinator: those who go on with it, and have not said anything. */
  private readonly outstanding = new Set<Rank>();
  /** What others have said before I knew mine. */
  private readonly early: (readonly [from: Rank, theirs: T])[] = [];

  /** When all of the view is delivered. */
  protected abstract know(): T;
  protected abstract write(mine: T, to: ByteWriter): void;
  /** @throws MalformedError */
  protected abstract read(from: ByteReader): T;
  /** Reports whoever differs. */
  protected abstract compare(from: Rank, theirs: T, mine: T): void;

  override up(event: StackEvent): void {
    if (event.type === 'block') this.coordinator = event.coordinator;
    if (event.type === 'view') {
      this.waiting = true;
      if (this.coordinator === this.context.myRank) this.expect(event.state.members);
    }
    this.context.up(event);
  }

  override progress(): void {
    const { plane, myRank } = this.context;
    if (!this.waiting || !plane.hasDeliveredAll()) return;
    this.waiting = false;
    const mine = this.know();
    this.mine = mine;
    if (this.coordinator !== myRank) {
      const record = new ByteWriter();
      this.write(mine, record);
      return this.context.send(this.coordinator, record);
    }
    for (const [from, theirs] of this.early) this.compare(from, theirs, mine);
  }

  override receive(from: Rank, record: ByteReader): void {
    const theirs = this.read(record);
    this.outstanding.delete(from);
    if (this.mine === undefined) this.early.push([from, theirs]);
    else this.compare(from, theirs, this.mine);
  }

  override get isSettled(): boolean {
    return !this.waiting && this.outstanding.size === 0;
  }

  private expect(next: Parameters<typeof rankIn>[0]): void {
    const { view, myRank } = this.context;
    for (const [rank, member] of view.members.entries()) {
      if (rank !== myRank && rankIn(next, member) >= 0) this.outstanding.add(rank);
    }
    for (const [from] of this.early) this.outstanding.delete(from);
  }
}

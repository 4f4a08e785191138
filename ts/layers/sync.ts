/**
 * Virtual synchrony (invariants 3 and 4): stops senders, agrees on how much of each stream belongs to the view, and waits until all have it.
 *
 *   coordinator                     member
 *   BLOCK attempt, failed, leaving ->  tells the application, stops sending
 *                                  <-  BLOCK_OK up to where it has each stream; what it sent to single members
 *   CUT positions, holders         ->  fetches what it misses from the holders
 *                                  <-  CUT_OK
 *
 * The cut of one who lives is all that it has sent; of one who has failed the furthest that anyone who lives has, who then holds it. Nobody
 * takes in anything from a failed member once it has answered with that member in the failed set, so no later cut can be further, and what
 * was delivered is always inside. A round is named by coordinator and attempt; the larger wins, and what belongs to others is ignored.
 *
 * Source: Ensemble's Sync and Vsync, in one exchange.
 */
import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Timer } from '../stack/environment.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { readViewState, type ViewState, writeViewState } from '../stack/view-state.js';

const BLOCK = 1;
const BLOCK_OK = 2;
const CUT = 3;
const CUT_OK = 4;
/** To a new coordinator: the view that the one before it has decided on. */
const DECIDED = 5;

interface Answer {
  readonly received: readonly number[];
  readonly sent: readonly (readonly [to: Rank, position: number])[];
  readonly stateMessage: Uint8Array;
}

type Block = Extract<StackEvent, { type: 'block' }>;

export class Sync extends Layer {
  private round: Block | undefined;
  private readonly failed = new Set<Rank>();
  private answers = new Map<Rank, Answer>();
  private readonly cutOks = new Set<Rank>();
  /** What has to be here before CUT_OK: positions of casts by rank, and of sends to me. */
  private wantedCasts: readonly number[] | undefined;
  private wantedSends: (readonly [from: Rank, position: number])[] = [];
  private stateMessage: Uint8Array | undefined;
  private decided: ViewState | undefined;
  private impatience: Timer | undefined;
  private readonly flushMs = this.context.params.milliseconds('sync_timeout');

  override down(event: StackEvent): void {
    if (event.type !== 'block') return this.context.down(event);
    const record = new ByteWriter().u8(BLOCK).u32(event.attempt).ranks(event.failed).ranks(event.leaving);
    this.context.cast(record);
    this.begin(event);
  }

  override up(event: StackEvent): void {
    if (event.type === 'view') {
      this.decided = event.state;
      this.impatience?.cancel();
    }
    this.context.up(event);
    // After all above know of the round: where nobody else lives it is flushed, and the next view decided, before this returns.
    if (event.type === 'block' && event === this.round) this.blocked(event);
  }

  override receive(from: Rank, record: ByteReader): void {
    switch (record.u8()) {
      case BLOCK:
        return this.receiveBlock(from, record);
      case BLOCK_OK:
        return this.receiveBlockOk(from, record);
      case CUT:
        return this.receiveCut(from, record);
      case CUT_OK:
        if (this.coordinates(record.u32())) this.cutOk(from);
        return;
      case DECIDED:
        return this.context.up({ type: 'decided', state: readViewState(record) });
      default:
        throw new MalformedError('no record of Sync');
    }
  }

  override progress(): void {
    const { wantedCasts: casts, wantedSends: sends, round } = this;
    const { plane, myRank } = this.context;
    if (casts === undefined || round === undefined) return;
    const received = plane.received();
    if (!casts.every((position, rank) => rank === myRank || (received[rank] as number) >= position)) return;
    if (!sends.every(([from, position]) => plane.receivedSends(from) >= position)) return;
    this.wantedCasts = undefined;
    if (round.coordinator === myRank) this.cutOk(myRank);
    else this.context.send(round.coordinator, new ByteWriter().u8(CUT_OK).u32(round.attempt));
  }

  // ---- at each member ----

  private receiveBlock(from: Rank, record: ByteReader): void {
    const { myRank, view } = this.context;
    const members = view.members.length;
    const attempt = record.u32();
    const failed = new Set(record.ranks(members));
    const leaving = new Set(record.ranks(members));
    if (this.decided !== undefined) {
      const answer = new ByteWriter().u8(DECIDED);
      writeViewState(answer, this.decided);
      return this.context.send(from, answer);
    }
    if (this.failed.has(from) || failed.has(from)) return;
    for (let rank = 0; rank < from; rank++) {
      if (!failed.has(rank) && !leaving.has(rank)) return this.suspect(from, 'it coordinates out of turn');
    }
    if (failed.has(myRank)) return this.suspect(from, 'it suspects me');
    const block: Block = { type: 'block', failed, leaving, coordinator: from, attempt };
    if (this.round !== undefined && !isLater(block, this.round)) return;
    this.begin(block);
  }

  private begin(block: Block): void {
    this.round = block;
    this.answers = new Map();
    this.cutOks.clear();
    this.wantedCasts = undefined;
    for (const rank of block.failed) this.failed.add(rank);
    this.waitImpatiently();
    this.context.down(block);
  }

  /** The application has stopped, and what has failed is cut off: what I have now is all that I shall have by myself. */
  private blocked(round: Block): void {
    const { plane, application, myRank } = this.context;
    this.stateMessage ??= application.stateMessage();
    const answer = { received: plane.received(), sent: plane.sent(), stateMessage: this.stateMessage };
    if (round.coordinator === myRank) return this.answered(myRank, answer);
    const record = new ByteWriter().u8(BLOCK_OK).u32(round.attempt).ranks(this.failed).integers(answer.received);
    record.list(answer.sent, ([to, position]) => record.u16(to).integer(position));
    this.context.send(round.coordinator, record.block(answer.stateMessage));
  }

  private receiveCut(from: Rank, record: ByteReader): void {
    const members = this.context.view.members.length;
    const attempt = record.u32();
    const cuts = record.list(() => [record.integer(), record.rank(members)] as const);
    const sends = record.list(() => [record.rank(members), record.rank(members), record.integer()] as const);
    if (this.round?.coordinator !== from || this.round.attempt !== attempt || this.decided !== undefined) return;
    if (cuts.length !== members) throw new MalformedError('a cut of another view');
    this.applyCut(cuts, sends);
  }

  private applyCut(
    cuts: readonly (readonly [position: number, holder: Rank])[],
    sends: readonly (readonly [from: Rank, to: Rank, position: number])[],
  ): void {
    const { plane, myRank } = this.context;
    for (const [origin, [position, holder]] of cuts.entries()) {
      if (origin !== myRank) plane.cut(origin, position, holder);
    }
    this.wantedCasts = cuts.map(([position]) => position);
    this.wantedSends = sends.flatMap(([from, to, position]) => (to === myRank ? [[from, position] as const] : []));
    this.waitImpatiently();
    this.progress();
  }

  // ---- at the coordinator ----

  private receiveBlockOk(from: Rank, record: ByteReader): void {
    const members = this.context.view.members.length;
    const attempt = record.u32();
    const failed = record.ranks(members);
    const received = record.integers();
    const sent = record.list(() => [record.rank(members), record.integer()] as const);
    const stateMessage = record.block();
    if (!this.coordinates(attempt)) return;
    if (received.length !== members) throw new MalformedError('an answer of another view');
    // It had learnt of more failures before: from one who coordinated before me.
    const more = failed.filter((rank) => !this.failed.has(rank));
    if (more.length > 0)
      return this.context.up({ type: 'suspect', ranks: more, reason: `member ${from} knows it has failed` });
    this.answered(from, { received, sent, stateMessage });
  }

  private coordinates(attempt: number): boolean {
    const { round, decided } = this;
    return decided === undefined && round?.coordinator === this.context.myRank && round.attempt === attempt;
  }

  private answered(from: Rank, answer: Answer): void {
    if (this.failed.has(from)) return;
    this.answers.set(from, answer);
    if (this.alive().every((rank) => this.answers.has(rank))) this.cut();
  }

  private cut(): void {
    const round = this.round as Block;
    const cuts = this.context.view.members.map((_, origin) => this.cutOf(origin));
    const sends = [...this.answers].flatMap(([from, { sent }]) =>
      sent.filter(([to]) => !this.failed.has(to)).map(([to, position]) => [from, to, position] as const),
    );
    const record = new ByteWriter().u8(CUT).u32(round.attempt);
    record.list(cuts, ([position, holder]) => record.integer(position).u16(holder));
    record.list(sends, ([from, to, position]) => record.u16(from).u16(to).integer(position));
    this.context.cast(record);
    this.applyCut(cuts, sends);
  }

  private cutOf(origin: Rank): readonly [position: number, holder: Rank] {
    const own = this.answers.get(origin);
    if (own !== undefined) return [own.received[origin] as number, origin];
    let position = 0;
    let holder = this.context.myRank;
    for (const [rank, { received }] of this.answers) {
      if ((received[origin] as number) <= position) continue;
      position = received[origin] as number;
      holder = rank;
    }
    return [position, holder];
  }

  private cutOk(from: Rank): void {
    this.cutOks.add(from);
    if (!this.alive().every((rank) => this.cutOks.has(rank))) return;
    this.impatience?.cancel();
    const stateMessages = new Map([...this.answers].map(([rank, { stateMessage }]) => [rank, stateMessage]));
    this.context.up({ type: 'flushed', failed: new Set(this.failed), stateMessages });
  }

  private alive(): Rank[] {
    return this.context.view.members.flatMap((_, rank) => (this.failed.has(rank) ? [] : [rank]));
  }

  // ---- who answers nobody ----

  /** Lives, as far as the data plane can tell, but its program does not go on: nothing may stay blocked (invariant 11). */
  private waitImpatiently(): void {
    const { environment, myRank } = this.context;
    this.impatience?.cancel();
    // Members give the coordinator the time that it gives others, and its own.
    const patience = this.round?.coordinator === myRank ? this.flushMs : 3 * this.flushMs;
    this.impatience = environment.setTimer(patience, () => {
      const { coordinator } = this.round as Block;
      const coordinates = coordinator === myRank;
      const missing = coordinates
        ? this.alive().filter((rank) => rank !== myRank && !this.hasAnswered(rank))
        : [coordinator];
      this.waitImpatiently();
      if (missing.length > 0)
        this.context.up({ type: 'suspect', ranks: missing, reason: 'it does not answer in a view change' });
    });
  }

  private hasAnswered(rank: Rank): boolean {
    const cutIsOut = this.alive().every((each) => this.answers.has(each));
    return cutIsOut ? this.cutOks.has(rank) : this.answers.has(rank);
  }

  private suspect(rank: Rank, reason: string): void {
    this.context.up({ type: 'suspect', ranks: [rank], reason });
  }
}

function isLater(a: Block, b: Block): boolean {
  return a.coordinator > b.coordinator || (a.coordinator === b.coordinator && a.attempt > b.attempt);
}

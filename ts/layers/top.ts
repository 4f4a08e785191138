/**
 * The top of the stack: turns suspicion, leaving, merging and prompts into the next view, where this member coordinates.
 *
 *   normal --block--> blocked --flushed--> done                       the next view is on its way to all
 *                        ^  \--flushed, a larger view was found--> merging --granted--> done
 *                        \-----------------------mergeFailed----------/
 *
 * Others that fail while the view is blocked block it again, with a larger failed set. A member that does not coordinate tells the one who
 * does what it suspects, and what its application wants: where only some can't reach a member, that member goes.
 *
 * Source: Ensemble's Top.
 */

import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Merger, Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { rankIn, type ViewState } from '../stack/view-state.js';

const SUSPECT = 1;
const PROMPT = 2;

type Flushed = Extract<StackEvent, { type: 'flushed' }>;

export class Top extends Layer {
  private phase: 'normal' | 'blocked' | 'merging' | 'done' = 'normal';
  private elected = false;
  private wanted = false;
  private attempt = 0;
  private readonly suspects = new Set<Rank>();
  private readonly leavers = new Set<Rank>();
  private mergers: readonly Merger[] = [];
  private lastFlushed: Flushed | undefined;

  override up(event: StackEvent): void {
    switch (event.type) {
      case 'elect':
        this.elected = true;
        if (this.wanted) this.begin();
        return;
      case 'suspect':
        return this.suspect(event);
      case 'leaving':
        return this.leave(event.rank);
      case 'block':
        for (const rank of event.failed) this.suspects.add(rank);
        for (const rank of event.leaving) this.leavers.add(rank);
        // Another coordinates, whoever I took for out.
        if (event.coordinator !== this.context.myRank) this.elected = false;
        this.context.up(event);
        // With these the last may be out who could have made a view without me.
        return this.exitIfAlone();
      case 'prompt':
        this.want();
        this.tellCoordinator(new ByteWriter().u8(PROMPT));
        break;
      case 'merger':
        this.take(event.merger);
        return this.want();
      case 'flushed':
        return this.flushed(event);
      case 'mergeFailed':
        return this.mergeFailed();
      case 'view':
        this.phase = 'done';
        break;
    }
    this.context.up(event);
  }

  override receive(from: Rank, record: ByteReader): void {
    switch (record.u8()) {
      case SUSPECT: {
        const ranks = record.ranks(this.context.view.members.length);
        if (ranks.includes(this.context.myRank)) ranks.splice(0, ranks.length, from);
        // Down and back: the others of this stack want to know, too.
        return this.context.down({ type: 'suspect', ranks, reason: `member ${from} suspects it` });
      }
      case PROMPT:
        return this.want();
      default:
        throw new MalformedError('no record of Top');
    }
  }

  private suspect(event: Extract<StackEvent, { type: 'suspect' }>): void {
    const { ranks } = event;
    const before = this.suspects.size;
    for (const rank of ranks) this.suspects.add(rank);
    if (this.suspects.size === before) return;
    this.wanted = true;
    if (this.phase !== 'done') this.context.up(event);
    this.tellCoordinator(new ByteWriter().u8(SUSPECT).ranks(ranks));
    // While another view decides about ours nothing is begun: `mergeFailed` looks again, and so does the view after a merge.
    if (this.phase === 'normal' || this.phase === 'blocked') this.begin();
    this.exitIfAlone();
  }

  private leave(rank: Rank): void {
    this.leavers.add(rank);
    if (rank === this.context.myRank) this.elected = false;
    this.want();
    this.exitIfAlone();
  }

  /** Nobody stays who could make a view without me. */
  private exitIfAlone(): void {
    const { myRank, view } = this.context;
    if (!this.leavers.has(myRank) || this.phase === 'done') return;
    const stays = view.members.some((_, rank) => !this.leavers.has(rank) && !this.suspects.has(rank));
    if (stays) return;
    this.phase = 'done';
    this.context.up({ type: 'exit' });
  }

  /** The lowest rank that is left. */
  private tellCoordinator(record: ByteWriter): void {
    if (this.elected || this.phase === 'done') return;
    const { view, myRank } = this.context;
    const coordinator = view.members.findIndex((_, rank) => !this.suspects.has(rank) && !this.leavers.has(rank));
    if (coordinator >= 0 && coordinator !== myRank) this.context.send(coordinator, record);
  }

  /** It replaces what the same members have asked for before. */
  private take(merger: Merger): void {
    const others = this.mergers.filter(
      ({ state }) => !state.members.some((each) => rankIn(merger.state.members, each) >= 0),
    );
    this.mergers = [...others, merger];
  }

  private want(): void {
    this.wanted = true;
    if (this.phase === 'normal') this.begin();
  }

  private begin(): void {
    if (!this.elected) return;
    // Done: there is a next view already, and its coordinator has failed; Intra gives it to those who do not have it.
    if (this.phase !== 'done') this.phase = 'blocked';
    this.attempt++;
    this.context.down({
      type: 'block',
      failed: new Set(this.suspects),
      leaving: new Set(this.leavers),
      coordinator: this.context.myRank,
      attempt: this.attempt,
    });
  }

  private flushed(event: Flushed): void {
    // Someone else has been suspected since: a round with a larger failed set is under way.
    if (this.phase !== 'blocked' || !this.elected || event.failed.size !== this.suspects.size) return;
    this.lastFlushed = event;
    const { contact } = event;
    if (contact === undefined || this.suspects.size > 0 || this.mergers.length > 0) return this.decide(event);
    this.phase = 'merging';
    const merger = { state: this.survivors(event), stateMessages: [...this.messagesInOrder(event).values()] };
    this.context.down({ type: 'mergeRequest', contact, merger });
  }

  private mergeFailed(): void {
    if (this.phase !== 'merging') return;
    this.phase = 'blocked';
    // Another coordinates by now, since this member leaves: a view is composed by its rank 0 alone (invariant 2).
    if (!this.elected) return;
    const flushed = this.lastFlushed as Flushed;
    if (flushed.failed.size !== this.suspects.size) this.begin();
    else this.decide(flushed);
  }

  /** Composes the next view: those who stay in the order of their ranks, then the members of the views that merge into this one. */
  private decide(event: Flushed): void {
    const mine = this.survivors(event);
    const merged = this.mergers.map(({ state }) => state);
    const state: ViewState = {
      ...mine,
      id: { ...mine.id, time: 1 + Math.max(...[this.context.view, ...merged].map(({ id }) => id.time)) },
      members: [mine, ...merged].flatMap(({ members }) => members),
      previous: [this.context.view.id, ...merged.flatMap(({ previous }) => previous)],
    };
    this.phase = 'done';
    const message = this.context.application.viewMessage(state, this.stateMessages(event, state));
    this.context.down({ type: 'view', state: { ...state, message } });
  }

  /** This view as it would go on alone. */
  private survivors(event: Flushed): ViewState {
    const { view, me } = this.context;
    const stays = (_: unknown, rank: Rank) => !event.failed.has(rank) && !this.leavers.has(rank);
    return {
      ...view,
      id: { time: view.id.time + 1, coordinator: me },
      members: view.members.filter(stays),
      previous: [view.id],
      primary: false,
      message: new Uint8Array(0),
    };
  }

  /** What those who stay have said, in the order of their ranks. */
  private messagesInOrder(event: Flushed): Map<Rank, Uint8Array> {
    const stay = this.context.view.members.map((_, rank) => rank);
    const messages = new Map<Rank, Uint8Array>();
    for (const rank of stay) {
      if (event.failed.has(rank) || this.leavers.has(rank)) continue;
      messages.set(messages.size, event.stateMessages.get(rank) ?? new Uint8Array(0));
    }
    return messages;
  }

  private stateMessages(event: Flushed, next: ViewState): Map<Rank, Uint8Array> {
    const messages = this.messagesInOrder(event);
    for (const { stateMessages } of this.mergers) {
      for (const message of stateMessages) messages.set(messages.size, message);
    }
    for (const [rank, message] of messages) {
      if (message.length === 0 || rank >= next.members.length) messages.delete(rank);
    }
    return messages;
  }
}

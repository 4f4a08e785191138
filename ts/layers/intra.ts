/**
 * The next view inside this one: the coordinator casts it, the others install it if it is the one whose round they are in. One member installs
 * one next view, once.
 *
 * A coordinator may fail when only some have its view. Whoever coordinates after it hears of that view from them (`decided`), or has it
 * itself, and gives it to all instead of another: those in it have all answered the same cut, so it is as good, and nobody is left behind.
 *
 * Source: Ensemble's Intra; its Fail messages are part of Sync's Block here, and it let such members part.
 */
import { type ByteReader, ByteWriter } from '../stack/codec.js';
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { rankIn, readViewState, type ViewState, writeViewState } from '../stack/view-state.js';

export class Intra extends Layer {
  private coordinator: Rank = -1;
  private attempt = 0;
  private installed: ViewState | undefined;

  override down(event: StackEvent): void {
    if (event.type !== 'view') return this.context.down(event);
    this.give(event.state);
  }

  override up(event: StackEvent): void {
    if (event.type === 'block') {
      this.coordinator = event.coordinator;
      this.attempt = event.attempt;
      if (this.installed !== undefined && event.coordinator === this.context.myRank) this.tell(this.installed);
    }
    if (event.type === 'decided') {
      // Not for me: those who have it go without me.
      if (this.coordinator === this.context.myRank && this.isIn(event.state)) this.give(event.state);
      return;
    }
    this.context.up(event);
  }

  override receive(from: Rank, record: ByteReader): void {
    const attempt = record.u32();
    const state = readViewState(record);
    if (this.installed !== undefined || from !== this.coordinator || attempt !== this.attempt) return;
    this.install(state);
  }

  private give(state: ViewState): void {
    if (this.installed !== undefined) return;
    this.tell(state);
    this.install(state);
  }

  private tell(state: ViewState): void {
    const record = new ByteWriter().u32(this.attempt);
    writeViewState(record, state);
    this.context.cast(record);
  }

  private install(state: ViewState): void {
    this.installed = state;
    this.context.down({ type: 'view', state });
  }

  private isIn(state: ViewState): boolean {
    return rankIn(state.members, this.context.me) >= 0;
  }
}

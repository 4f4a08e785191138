/**
 * Where the application is connected: before the view ends it may send once more, then it is stopped.
 *
 * Source: Ensemble's Top_appl, `Maestro_GroupMember`'s Block callback.
 */
import type { StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class TopAppl extends Layer {
  private state: 'sending' | 'asked' | 'stopped' = 'sending';
  /** Waits until the application is ready. */
  private waiting: StackEvent | undefined;

  override down(event: StackEvent): void {
    if (event.type !== 'block' || this.state === 'stopped') return this.context.down(event);
    this.waiting = event;
    if (this.state === 'asked') return;
    this.state = 'asked';
    this.context.application.block(() => this.stop());
  }

  private stop(): void {
    this.state = 'stopped';
    this.context.application.stopSending();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.context.down(waiting);
  }
}

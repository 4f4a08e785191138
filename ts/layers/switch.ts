/**
 * A new protocol stack comes in with the next view.
 *
 * Source: Ensemble's Switch, without its gossip between views of different stacks: those refuse to merge and both say so.
 */
import type { StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class Switch extends Layer {
  private wanted: Extract<StackEvent, { type: 'protocol' }> | undefined;

  override up(event: StackEvent): void {
    this.context.up(event);
    if (event.type !== 'protocol') return;
    this.wanted = event;
    this.context.down({ type: 'prompt' });
  }

  override down(event: StackEvent): void {
    if (event.type !== 'view' || this.wanted === undefined) return this.context.down(event);
    const { protocol, params } = this.wanted;
    this.context.down({ type: 'view', state: { ...event.state, protocol, params } });
  }
}

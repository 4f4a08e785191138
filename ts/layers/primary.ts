/**
 * Marks a view primary when it has `primary_quorum` members. With a quorum of more than half of all members that there can be, any two
 * primary views have a member in common that went from one to the other: there is one sequence of them (invariant 12). A member that comes
 * again after a crash remembers nothing of that, so it counts as another one of all that there can be.
 *
 * Source: Ensemble's Primary, which in addition asked that the coordinator stay.
 */
import type { StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class Primary extends Layer {
  override down(event: StackEvent): void {
    if (event.type !== 'view') return this.context.down(event);
    const quorum = this.context.params.number('primary_quorum');
    const primary = quorum > 0 && event.state.members.length >= quorum;
    this.context.down({ type: 'view', state: { ...event.state, primary } });
  }
}

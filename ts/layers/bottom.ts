/** Where the stack meets the data plane: what comes down this far tells all layers, so it goes up again; what has failed is cut off. */
import type { StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

export class Bottom extends Layer {
  private readonly excluded = new Set<number>();

  override down(event: StackEvent): void {
    if (event.type === 'block') {
      for (const rank of event.failed) {
        if (this.excluded.has(rank)) continue;
        this.excluded.add(rank);
        this.context.plane.exclude(rank);
      }
    }
    this.context.up(event);
  }
}

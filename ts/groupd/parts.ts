/** The parts of one group: the views that its members are in, and those that they are leaving. */
import { sameViewId, type ViewId } from '../stack/view-state.js';
import type { Part, Peer } from './part.js';

export class Parts {
  private parts: Part[] = [];

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  /** Those whose members have no other view yet. */
  get live(): readonly Part[] {
    return this.parts.filter(({ state }) => state !== 'granted');
  }

  includes(part: Part): boolean {
    return this.parts.includes(part);
  }

  add(part: Part): void {
    this.parts.push(part);
  }

  remove(part: Part): void {
    this.parts = this.parts.filter((each) => each !== part);
  }

  /** Any part of a view. */
  of(view: ViewId): Part | undefined {
    return this.parts.find((part) => sameViewId(part.view, view));
  }

  /** The part of a view that a member belongs to. */
  with(view: ViewId, { me }: Peer): Part | undefined {
    return this.parts.find((part) => sameViewId(part.view, view) && part.has(me));
  }

  /** Those whose members go there. */
  leadingTo(next: Part): readonly Part[] {
    return this.parts.filter((part) => part.next?.part === next);
  }
}

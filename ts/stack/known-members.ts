/** One object for each member, over all views of a group: handlers compare with `===`. */
import type { Endpoint } from '../base/endpoint.js';

const MOST_KNOWN = 8192;

export class KnownMembers {
  private readonly byName = new Map<string, Endpoint>();

  constructor(private readonly me: Endpoint) {}

  /** The objects by which the members of a view are known already, those of `last`, the view before it, above all. */
  sameObjects(members: readonly Endpoint[], last: readonly Endpoint[]): readonly Endpoint[] {
    // Also of who was away for a view; of more than that nobody will ask.
    if (this.byName.size > MOST_KNOWN) this.byName.clear();
    for (const member of [this.me, ...last]) this.byName.set(member.name, member);
    const same = members.map((member) => this.byName.get(member.name) ?? member);
    for (const member of same) this.byName.set(member.name, member);
    return same;
  }
}

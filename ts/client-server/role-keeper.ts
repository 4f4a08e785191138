/** One member's part in who is a server: what it says at view changes, what it composes, and where it stands. */
import type { Endpoint } from '../base/endpoint.js';
import { rankIn, type ViewState } from '../stack/view-state.js';
import { JOINING, type Standing, standingOf, wantsNewView } from './automaton.js';
import { type Agreed, readStatement, readTable, writeStatement } from './envelopes.js';
import { CLIENT, composeRoles, type Role, type RoleTable, type Statement } from './roles.js';
import type { TransferType } from './safety.js';

export interface Proposal {
  readonly table: RoleTable;
  /** What the applications of the members have said, by rank. */
  readonly said: ReadonlyMap<number, Uint8Array>;
}

export class RoleKeeper {
  standing: Standing = JOINING;
  /** The transfer that this member wants to become a server with; undefined: it is to be a client. */
  wants: TransferType | undefined;
  private doneSince = -1;
  /** The transfer, by its `since`, that this member has given up. If it wants to be a server again, that is another one. -1: none. */
  private givenUp = -1;

  constructor(
    private readonly me: Endpoint,
    wants: TransferType | undefined,
  ) {
    this.wants = wants;
  }

  /** It wants something else from now on, in whatever view it is. */
  want(transfer: TransferType | undefined): void {
    this.wants = transfer;
    const { standing } = this;
    if (transfer === undefined) this.giveUp();
    if (standing.state === 'client-normal' || standing.state === 'becoming-server')
      this.standing = standingOf(CLIENT, transfer, this.doneSince, standing);
  }

  /** The state message of this member for the view that ends, with what its application says of it. */
  state(ending: ViewState, said: Uint8Array): Uint8Array {
    const { table } = this.agreed(ending);
    const role = this.roleIn(ending, table);
    const gaveUp = role.type === 'transferring' && role.since === this.givenUp;
    const statement: Statement = {
      view: ending.id,
      primary: ending.primary,
      role,
      wants: gaveUp ? undefined : this.wants,
      doneSince: this.doneSince,
    };
    return writeStatement(statement, said);
  }

  /** Composes the roles of a view, of what its members have said. */
  propose(next: ViewState, stateMessages: ReadonlyMap<number, Uint8Array>): Proposal {
    const statements = new Map<number, Statement>();
    const said = new Map<number, Uint8Array>();
    for (const [rank, bytes] of stateMessages) {
      const stated = readStatement(bytes);
      if (stated === undefined) continue;
      statements.set(rank, stated.statement);
      if (stated.said.length > 0) said.set(rank, stated.said);
    }
    return { table: composeRoles(next.members, next.id.time, statements), said };
  }

  /** The roles in a view, and the application's part of its view message. */
  agreed({ message, members }: ViewState): Agreed {
    return readTable(message, members.length);
  }

  /** Where this member would stand with these roles. */
  standingIn(state: ViewState, table: RoleTable): Standing {
    return standingOf(this.roleIn(state, table), this.wants, this.doneSince, this.standing);
  }

  /** The application comes to a view. */
  enter(standing: Standing): void {
    this.standing = standing;
    // It came of what this member wanted before.
    if (this.wants === undefined) this.giveUp();
  }

  /** This member has the state. False: no transfer is in progress. */
  done(): boolean {
    const { standing } = this;
    if (standing.state !== 'server-xfer') return false;
    this.doneSince = standing.since;
    this.standing = { ...standing, state: 'server-xfer-done', startTransfer: false };
    return true;
  }

  /** Whether this member has to ask for a view in which it is what it wants to be. */
  get wantsNewView(): boolean {
    const { since } = this.standing;
    return wantsNewView(this.standing, this.wants !== undefined && (since < 0 || since !== this.givenUp));
  }

  private giveUp(): void {
    if (this.standing.since >= 0) this.givenUp = this.standing.since;
  }

  private roleIn({ members }: ViewState, table: RoleTable): Role {
    return table[rankIn(members, this.me)] ?? CLIENT;
  }
}

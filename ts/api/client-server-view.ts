/** What a member of a group of clients and servers knows of the view that it is in. */
import type { Endpoint } from '../base/endpoint.js';
import type { ClientServerState, Standing } from '../client-server/automaton.js';
import { type Role, type RoleTable, viewTypeOf } from '../client-server/roles.js';
import type { TransferType } from '../client-server/safety.js';
import type { ViewData } from './view.js';

export type MembershipType = 'server' | 'client';

/**
 * The view that a member is in; frozen. Each member is in one of `servers`, `xferServers` and `clients`, which are in the order of ranks. The fields are
 * those of `Maestro_ClSv_ViewData` in the seed documents.
 */
export interface ClientServerView extends ViewData {
  /** Those who have the state. */
  readonly servers: readonly Endpoint[];
  /** Those of `servers` that were not servers in this member's last view. */
  readonly newServers: readonly Endpoint[];
  /** The servers of this member's last view that are none now, whether they have gone or have become something else. */
  readonly departedServers: readonly Endpoint[];
  /** Those to whom the state is being transferred. */
  readonly xferServers: readonly Endpoint[];
  readonly newXferServers: readonly Endpoint[];
  readonly departedXferServers: readonly Endpoint[];
  readonly clients: readonly Endpoint[];
  readonly newClients: readonly Endpoint[];
  readonly departedClients: readonly Endpoint[];
  /** The server of the lowest rank; undefined: there is none. */
  readonly serverCoordinator: Endpoint | undefined;
  /** That of this member's last view. */
  readonly oldServerCoordinator: Endpoint | undefined;
  /** The transfer in progress to this member; otherwise what it became a server with, or wants to. */
  readonly myXferType: TransferType;
  /** The strictest transfer in progress; `none`: there is none. */
  readonly viewType: TransferType;
  /** Where this member stood when the view began; `member.serverState` tells where it stands now. */
  readonly state: ClientServerState;
  /** Where it stood in its last view; `joining`: it had none. */
  readonly oldState: ClientServerState;
  /** This member's place in `servers`; -1: it is not there. */
  readonly myServerRank: number;
  readonly myOldServerRank: number;
  readonly myMembership: MembershipType;
  /** A state transfer to this member begins with this view, or begins again. */
  readonly startTransfer: boolean;
}

/** Of this member. */
export interface Mine {
  readonly standing: Standing;
  readonly oldState: ClientServerState;
  /** Undefined: it is to be a client. */
  readonly wants: TransferType | undefined;
}

export function clientServerView(
  view: ViewData,
  table: RoleTable,
  { standing, oldState, wants }: Mine,
  last: ClientServerView | undefined,
): ClientServerView {
  const of = (type: Role['type']) => Object.freeze(view.members.filter((_, rank) => table[rank]?.type === type));
  const servers = of('server');
  const xferServers = of('transferring');
  const clients = of('client');
  const role = table[view.myRank];
  return Object.freeze({
    ...view,
    servers,
    newServers: without(servers, last?.servers),
    departedServers: without(last?.servers, servers),
    xferServers,
    newXferServers: without(xferServers, last?.xferServers),
    departedXferServers: without(last?.xferServers, xferServers),
    clients,
    newClients: without(clients, last?.clients),
    departedClients: without(last?.clients, clients),
    serverCoordinator: servers[0],
    oldServerCoordinator: last?.serverCoordinator,
    // What it wants now may be another already.
    myXferType: role?.type === 'transferring' ? role.transfer : (wants ?? 'none'),
    viewType: viewTypeOf(table),
    state: standing.state,
    oldState,
    myServerRank: placeIn(servers, view.myEndpoint),
    myOldServerRank: placeIn(last?.servers ?? [], view.myEndpoint),
    myMembership: wants === undefined ? 'client' : 'server',
    startTransfer: standing.startTransfer,
  } satisfies ClientServerView);
}

function without(list: readonly Endpoint[] = [], others: readonly Endpoint[] = []): readonly Endpoint[] {
  const names = new Set(others.map(({ name }) => name));
  return Object.freeze(list.filter(({ name }) => !names.has(name)));
}

function placeIn(list: readonly Endpoint[], me: Endpoint): number {
  return list.findIndex((each) => each.equals(me));
}

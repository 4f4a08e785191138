/** From options and an open plane to a session that joins its group. */
import { networkInterfaces } from 'node:os';
import { Endpoint } from '../base/endpoint.js';
import type { Address } from '../data-plane/data-plane.js';
import type { Plane } from '../data-plane/plane.js';
import { hasPort } from '../data-plane/typescript/port-set.js';
import { groupHash } from '../discovery/datagram.js';
import type { Discovery } from '../discovery/discovery.js';
import { openDiscovery } from '../discovery/open.js';
import { GroupdClient } from '../groupd/client.js';
import type { Environment } from '../stack/environment.js';
import type { JoinAnswer } from '../stack/layer.js';
import { familyOf } from '../transport/address.js';
import { Contacts } from './contacts.js';
import { newIncarnation } from './incarnation.js';
import type { CheckedOptions } from './options.js';
import {
  type GroupApplication,
  type ServerOwner,
  Session,
  type SessionEvents,
  type SessionReports,
  type SessionSettings,
  type SessionView,
} from './session.js';

export interface OpenSession {
  readonly session: Session;
  /** Discovery and directory: resolves when their sockets are gone. */
  close(): Promise<void>;
}

export interface SessionRequest {
  /** The stack. */
  readonly protocol: string;
  readonly contactName: string | undefined;
  readonly message: Uint8Array;
}

export interface OpenSessionEvents {
  onView(view: SessionView): void;
  onJoinAnswer(answer: JoinAnswer): void;
}

/** Rejects, with nothing left open, when discovery can't be had. */
export async function openSession(
  options: CheckedOptions,
  request: SessionRequest,
  plane: Plane,
  application: GroupApplication,
  reports: SessionReports,
  events: OpenSessionEvents,
  environment: Environment,
  servers: ServerOwner | undefined,
): Promise<OpenSession> {
  const { groupName, key, mtu } = options;
  const { address, frameBytes } = plane.driver;
  let session: Session | undefined;
  // Where a service knows the group nobody needs to be found.
  const discovery = await openDiscovery(options.groupd ? { type: 'none' } : options.discovery, {
    groupName,
    key,
    address,
    sendTo: (to, bytes) => plane.driver.sendUnattached(to, bytes),
    receive: (bytes) => session?.group.receiveOutside(bytes),
    report: (error) => reports.report(error),
  });
  const contacts = await openContacts(options, request, address, discovery, reports);
  const client = options.groupd
    ? new GroupdClient(groupHash(groupName, key), options.groupdHosts, {
        onEvent: (event) => session?.group.receiveService(event),
        report: (error) => reports.report(error),
      })
    : undefined;
  const settings = {
    ...options,
    protocol: request.protocol,
    params: options.stack.params,
    frameBytes: Math.min(mtu ?? Number.POSITIVE_INFINITY, frameBytes),
    clientServer: servers !== undefined,
    ...cutOff(options),
  };
  const forSession: SessionEvents = {
    onView: (view) => {
      contacts.viewIs(view.data);
      events.onView(view);
    },
    onJoinAnswer: (answer) => events.onJoinAnswer(answer),
    // The service hears at once that this member is gone.
    onExited: () => client?.close(),
    announce: (datagram) => discovery.announce(datagram),
  };
  const asked = { contacts: contacts.members, message: request.message, service: client };
  const me = myEndpoint(address);
  session = new Session(me, settings, plane, environment, application, reports, forSession, asked, servers);
  client?.start();
  return {
    session,
    close: async () => {
      client?.close();
      await Promise.all([discovery.close(), contacts.close()]);
    },
  };
}

/** Discovery goes ways of its own, past the plane: whoever is cut off there is not heard of here either. */
function cutOff({ drop }: CheckedOptions): Pick<SessionSettings, 'isCutOff'> {
  const ports = drop?.ports;
  return ports === undefined ? {} : { isCutOff: ({ port }) => hasPort(ports, port) };
}

async function openContacts(
  options: CheckedOptions,
  { contactName }: SessionRequest,
  address: Address,
  discovery: Discovery,
  reports: SessionReports,
): Promise<Contacts> {
  try {
    // A membership service knows the group: nobody has to be asked for it.
    const name = options.groupd ? undefined : contactName;
    return await Contacts.open(options, name, address, reports);
  } catch (error) {
    await discovery.close();
    throw error;
  }
}

/** Who I am for the others: where my socket is reached. One bound to all addresses is reached at the first that others can have. */
function myEndpoint(bound: Address): Endpoint {
  const incarnation = newIncarnation(Date.now());
  if (bound.host !== '0.0.0.0' && bound.host !== '::') return new Endpoint(bound.host, bound.port, incarnation);
  const family = `IPv${familyOf(bound)}`;
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outside = all.find((each) => each.family === family && !each.internal && !each.address.startsWith('fe80'));
  return new Endpoint(outside?.address ?? (familyOf(bound) === 4 ? '127.0.0.1' : '::1'), bound.port, incarnation);
}

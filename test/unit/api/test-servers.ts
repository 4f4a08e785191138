// Groups of clients and servers on the network in memory: whole members, without sockets and without Suspect, whose failures the others are told of.
import { ClientServer } from '../../../ts/api/client-server.js';
import type { ClientServerOptions } from '../../../ts/api/client-server-options.js';
import type { ClientServerView } from '../../../ts/api/client-server-view.js';
import type { StateTransferOptions } from '../../../ts/api/state-transfer-options.js';
import { StateTransferServer } from '../../../ts/api/state-transfer-server.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import type { Message } from '../../../ts/base/message.js';
import type { FakeNetwork } from '../data-plane/fake-driver.js';
import { until } from './test-member.js';

/** Where members are found: the first addresses of the network in memory. */
const HOSTS = [0, 1, 2, 3, 4].map((number) => `127.0.0.1:${40_000 + number}`);

export const DEFAULTS = {
  groupName: 'test',
  memory: 1024 * 1024,
  lingerMs: 0,
  heartbeatRate: 0,
  discovery: { type: 'static', hosts: HOSTS },
  protocol: 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Chk_sync:Frag:Pt2pt:Stable:Mnak:Bottom',
  params: 'heal_sweep=0.05:time;join_wait=0.1:time',
} as const;

type Wish = Partial<ClientServerOptions>;

/** Keeps what it is told. */
export class LowMember extends ClientServer {
  readonly log: string[] = [];
  readonly errors: Error[] = [];
  /** What is done in a view in which a transfer begins. */
  onStart: () => void = () => {};

  constructor(
    readonly network: FakeNetwork,
    options: Wish = {},
  ) {
    super({ ...DEFAULTS, ...options });
    this.on('error', (error) => this.errors.push(error));
  }

  protected override async chooseDriver() {
    return { mode: 'ts', create: this.network.factory } as const;
  }

  override onAcceptedView(view: ClientServerView): void {
    this.log.push(`view ${view.nmembers} ${view.state}${view.startTransfer ? ' start' : ''}`);
    if (view.startTransfer) this.onStart();
  }

  override onReceiveCast(_: Endpoint, message: Message): void {
    this.log.push(`cast ${message.text()}`);
  }

  override onReceiveSend(_: Endpoint, message: Message): void {
    this.log.push(`send ${message.text()}`);
  }

  override onReceiveScast(_: Endpoint, message: Message): void {
    this.log.push(`scast ${message.text()}`);
  }

  override onReceiveLsend(_: Endpoint, message: Message): void {
    this.log.push(`lsend ${message.text()}`);
  }

  override onAskState(_: Endpoint, message: Message): void {
    this.log.push(`ask ${message.text()}`);
  }

  override onReceiveState(_: Endpoint, message: Message): void {
    this.log.push(`state ${message.text()}`);
  }

  /** What it heard but for views. */
  get heard(): string[] {
    return this.log.filter((line) => !line.startsWith('view'));
  }
}

/** A server whose handlers the test gives. */
export class HighMember extends StateTransferServer {
  readonly errors: Error[] = [];
  readonly log: string[] = [];
  transfer: (xferId: number, member: HighMember) => void | Promise<void> = (xferId) => this.transferDone(xferId);
  answer: (origin: Endpoint, xferId: number, request: Message) => ReturnType<StateTransferServer['onAskState']> = () =>
    'state';

  constructor(
    readonly network: FakeNetwork,
    options: Partial<StateTransferOptions> = {},
  ) {
    super({ ...DEFAULTS, membership: 'server', transfer: 'atomic', ...options });
    this.on('error', (error) => this.errors.push(error));
  }

  protected override async chooseDriver() {
    return { mode: 'ts', create: this.network.factory } as const;
  }

  override onStateTransfer(xferId: number): void | Promise<void> {
    return this.transfer(xferId, this);
  }

  override onAskState(
    origin: Endpoint,
    xferId: number,
    request: Message,
  ): ReturnType<StateTransferServer['onAskState']> {
    return this.answer(origin, xferId, request);
  }

  override onGotState(xferId: number, state: Message): void {
    this.log.push(`got ${xferId} ${state.text()}`);
  }

  override onTransferCanceled(xferId: number): void {
    this.log.push(`canceled ${xferId}`);
  }

  get codes(): string[] {
    return this.errors.map((error) => (error as Error & { code: string }).code);
  }
}

type Member = LowMember | HighMember;

/** Joins one after the other, so that ranks are in this order, and waits until all are in one view. */
export async function joinInOrder(...members: readonly Member[]): Promise<void> {
  for (const member of members) {
    await member.join();
    await until(() => member.view !== undefined);
  }
  await together(...members);
}

export function together(...members: readonly Member[]): Promise<void> {
  return until(() => members.every((each) => each.view?.nmembers === members.length));
}

/** What members are in the same view, by rank: `S` a server, `X` one who gets the state, `-` a client. */
export function rolesAt({ view }: Member): string {
  return (view?.members ?? [])
    .map((member) => (view?.servers.includes(member) ? 'S' : view?.xferServers.includes(member) ? 'X' : '-'))
    .join('');
}

export function roles(want: string, ...members: readonly Member[]): Promise<void> {
  return until(() => members.every((each) => rolesAt(each) === want));
}

/** It is gone without a word, and one of those who stay is told. */
export async function crash(member: Member, told: Member): Promise<void> {
  const me = member.myEndpoint as Endpoint;
  const driver = member.address && member.network.find(member.address);
  if (driver === undefined) throw new Error('the member is not open');
  member.network.drivers.delete(`${driver.address.host}:${driver.address.port}`);
  driver.events.onFailure(new Error('crashed on purpose'));
  told.suspect([me]);
}

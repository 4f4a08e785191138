// Groups of clients and servers, each in a process of its own; and what must hold of their roles and states (invariant 13).
import { expect, type TestContext } from 'vitest';
import type { TransferType } from '../../ts/index.js';
import { type Combination, GroupCrew, type Member, type MemberSettings, type ServerTraits } from './group-crew.js';
import type { Line, RoleNote } from './group-log.js';

export interface ServerLook {
  readonly received: number;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly heard: readonly Heard[];
  /** Who has asked it for its state. */
  readonly asked: readonly string[];
  readonly transfers: readonly { readonly xferId: number; readonly outcome: string }[];
  readonly progress: number;
  readonly serverState: string;
  readonly viewType: string;
  readonly servers: readonly string[];
}

export interface Heard {
  readonly call: string;
  readonly text: string;
  /** The type of the view. */
  readonly during: string;
}

export interface ServerSettings {
  readonly transfer: TransferType;
  readonly traits?: ServerTraits;
  readonly options?: MemberSettings['options'];
  readonly execArgv?: readonly string[];
}

export const SERVER_GROUP = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';

export class ServerCrew {
  private constructor(
    readonly group: GroupCrew,
    readonly transfer: TransferType,
  ) {}

  static make(context: TestContext, combination: Combination, settings: ServerSettings): ServerCrew {
    const { transfer, traits, options, execArgv } = settings;
    const group = new GroupCrew(context, combination, {
      program: 'server-program.mjs',
      options: { membership: 'server', transfer, properties: `${SERVER_GROUP}:Local`, ...options },
      ...(traits === undefined ? {} : { traits }),
      ...(execArgv === undefined ? {} : { child: { execArgv } }),
    });
    return new ServerCrew(group, transfer);
  }

  /** So many servers, of one group. */
  static async together(
    context: TestContext,
    combination: Combination,
    count: number,
    settings: ServerSettings,
  ): Promise<ServerCrew> {
    const crew = ServerCrew.make(context, combination, settings);
    await crew.add(count);
    await crew.areServers();
    return crew;
  }

  add(count: number, settings: MemberSettings = {}): Promise<Member[]> {
    return this.group.add(count, settings);
  }

  get members(): readonly Member[] {
    return this.group.members;
  }

  look(member: Member): Promise<ServerLook> {
    return member.call('look');
  }

  /** Waits until these, and nobody else, are servers with the state. */
  areServers(servers = this.members, all = this.members): Promise<void> {
    const names = servers.map(({ name }) => name);
    const wait = async () => {
      await this.group.areTogether(all);
      await Promise.all(all.map((member) => member.call('waitForServers', names)));
    };
    return this.group.explain(wait());
  }

  /** From here on the servers give the first part of their state only, or all. */
  async hold(held: boolean, members = this.members): Promise<void> {
    await Promise.all(members.map((member) => member.call('holdState', held)));
  }

  /** Who joins gets the state just now, and has some of it. Returns the member, and the server that gives it. */
  async inTransfer(settings: MemberSettings = {}): Promise<{ joiner: Member; provider: Member }> {
    const servers = [...this.members];
    await this.hold(true);
    const [joiner] = (await this.add(1, settings)) as [Member];
    await this.group.explain(joiner.call('waitForProgress'));
    for (const provider of servers) {
      if ((await this.look(provider)).asked.includes(joiner.name)) return { joiner, provider };
    }
    throw new Error('nobody was asked for the state');
  }

  /** The end: all get what all others cast and send in one more view, leave, and have seen nothing that must not be. */
  async end(members = this.members, allowedErrors: readonly string[] = []): Promise<void> {
    await this.group.load(false, members);
    await this.group.areTogether(members);
    await this.group.talk(members);
    await this.group.close(members);
    this.group.check(allowedErrors);
    expect(checkRoles(this.members, this.transfer)).toEqual([]);
  }
}

interface Stay extends RoleNote {
  readonly member: string;
  /** Messages that it was given in this view. */
  messages: number;
}

function staysOf(member: Member): Stay[] {
  const stays: Stay[] = [];
  for (const line of member.lines()) {
    if (line.type === 'note') stays.push({ ...line, member: member.name, messages: 0 });
    const last = stays.at(-1);
    if (isGeneric(line) && last !== undefined) last.messages++;
  }
  return stays;
}

function isGeneric({ type }: Line): boolean {
  return type === 'received';
}

/** Invariant 13. Returns what is wrong. */
export function checkRoles(members: readonly Member[], transfer: TransferType): string[] {
  const stays = members.flatMap(staysOf);
  const wrong: string[] = [];
  const firsts = new Map<string, Stay>();
  const normal = new Map<string, Stay>();
  for (const stay of stays) {
    const { member, view, viewType, messages, servers, xferServers, state, digest, size } = stay;
    if ((viewType === 'atomic' || viewType === 'protected') && messages > 0)
      wrong.push(`${member} was given ${messages} generic messages in ${view}, whose transfer is ${viewType}`);
    const first = firsts.get(view) ?? stay;
    firsts.set(view, first);
    if (first.servers.join() !== servers.join() || first.xferServers.join() !== xferServers.join())
      wrong.push(`${member} and ${first.member} do not agree who is a server in ${view}`);
    if (servers.includes(member) !== (state === 'server-normal'))
      wrong.push(`${member} is ${state} in ${view}, whose servers are ${servers}`);
    // Who has become a server without a transfer does not have the state.
    if (transfer === 'none' || state !== 'server-normal') continue;
    const other = normal.get(view) ?? stay;
    normal.set(view, other);
    if (other.digest !== digest || other.size !== size)
      wrong.push(
        `${member} has ${size} casts (${digest}) in ${view}, ${other.member} has ${other.size} (${other.digest})`,
      );
  }
  return wrong;
}

/** One member of a group whose views change. It sends nothing; what it hears is nobody's business here. */
import { addPort, newPortSet } from '../../ts/data-plane/typescript/port-set.js';
import { type Address, GroupMember, type GroupMemberOptions, type ThreadMode, type ViewData } from '../../ts/index.js';
import type { Place } from '../pool/place.js';
import { ChangeLog } from './change-log.js';
import { machineMs } from './machine-clock.js';

export interface ViewsOpen {
  readonly groupName: string;
  readonly properties: string;
  readonly params: string;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly lossRate: number;
  readonly seed: number;
}

/** A call of a member, and when it was done. */
export interface Called {
  readonly calledMs: number;
  readonly doneMs: number;
}

class WatchingMember extends GroupMember {
  readonly log = new ChangeLog();

  override onReceiveCast(): void {}

  override onBlock(): void {
    this.log.noteBlock();
  }

  override onAcceptedView(view: ViewData): void {
    this.log.noteView(view);
  }
}

export class ViewsRole {
  private member: WatchingMember | undefined;
  private failure: Error | undefined;
  /** Of members that this one does not hear. */
  private readonly cutOffPorts = newPortSet();

  constructor(private readonly place: Place) {}

  readonly open = async ({ threads, lossRate, ...options }: ViewsOpen): Promise<Address> => {
    const member = new WatchingMember({
      ...options,
      threadMode: threads,
      address: `${this.place.host}:0`,
      drop: { rate: lossRate, seed: options.seed, ports: this.cutOffPorts },
      errorHandler: (error) => {
        this.failure ??= error;
      },
    } satisfies GroupMemberOptions);
    this.failure = undefined;
    this.cutOffPorts.fill(0);
    this.member = member;
    await member.open();
    if (member.address === undefined) throw new Error('the member is open and has no address');
    return member.address;
  };

  /** Resolves when the view that it joined for is there: that of all `members`. */
  readonly join = async (members: readonly Address[]): Promise<Called> => {
    const member = this.opened();
    const calledMs = machineMs();
    await member.join();
    return { calledMs, doneMs: await member.log.whenIn(members, calledMs) };
  };

  readonly leave = async (_: undefined): Promise<Called> => {
    const calledMs = machineMs();
    await this.opened().leave();
    return { calledMs, doneMs: machineMs() };
  };

  /** When it had the view of these members, after that time. */
  readonly await = ({ members, sinceMs }: { members: readonly Address[]; sinceMs: number }): Promise<number> =>
    this.opened().log.whenIn(members, sinceMs);

  /** From now on it hears these no more, and all others again. */
  readonly cutOff = async (members: readonly Address[]): Promise<void> => {
    this.cutOffPorts.fill(0);
    for (const { port } of members) addPort(this.cutOffPorts, port);
  };

  readonly close = async (_: undefined): Promise<void> => {
    const { member, failure } = this;
    this.member = undefined;
    await member?.close();
    if (failure !== undefined) throw failure;
  };

  private opened(): WatchingMember {
    if (this.member === undefined) throw new Error('there is no member');
    return this.member;
  }
}

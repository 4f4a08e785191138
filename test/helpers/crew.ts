// Groups of members, each in a process of its own.
import { expect, type TestContext } from 'vitest';
import { loadAddon } from '../../ts/data-plane/addon-loader.js';
import type { GroupMemberOptions, MemberStats } from '../../ts/index.js';
import { Child, type ChildOptions } from './child.js';

export type Mode = 'native' | 'ts';
/** The members' modes: all the same, or by turns. */
export type Mix = Mode | 'mixed';
export type Threads = 'single' | 'multi';

export const MIXES: readonly Mix[] = ['native', 'ts', 'mixed'];
export const THREADS: readonly Threads[] = ['single', 'multi'];
export const COMBINATIONS = MIXES.flatMap((mix) => THREADS.map((threads) => [mix, threads] as const));
/** One member's. */
export const MEMBER_COMBINATIONS = COMBINATIONS.filter((each): each is readonly [Mode, Threads] => each[0] !== 'mixed');

/** [size in bytes, how many], one batch after the other. */
export type Plan = readonly (readonly [size: number, count: number])[];

export interface Footprint {
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly fds: number;
  readonly resources: readonly string[];
}

export interface Look {
  /** Messages handed over, by rank of their origin. */
  readonly casts: readonly number[];
  readonly sends: readonly number[];
  readonly failed?: string;
  /** How often 'drain' came. */
  readonly drains: number;
  readonly errors: readonly string[];
  readonly stats: MemberStats;
  readonly footprint: Footprint;
  /** Datagrams that the kernel had no room for at the member's socket. */
  readonly kernelDrops: number;
  /** The largest values that were seen so far, in bytes. */
  readonly most: { readonly rss: number; readonly memoryBytes: number; readonly queuedBytes: number };
}

export function skipWithoutAddon(context: TestContext, mix: Mix): void {
  context.skip(mix !== 'ts' && !loadAddon().loaded, 'the addon is not built');
}

export function modesOf(mix: Mix, members: number): Mode[] {
  return Array.from({ length: members }, (_, rank) => {
    if (mix !== 'mixed') return mix;
    return rank % 2 === 0 ? 'native' : 'ts';
  });
}

export function messagesOf(plan: Plan): number {
  return plan.reduce((sum, [, count]) => sum + count, 0);
}

export function bytesOf(plan: Plan): number {
  return plan.reduce((sum, [size, count]) => sum + size * count, 0);
}

export interface CrewOptions {
  readonly mix: Mix;
  readonly threads: Threads;
  readonly members: number;
  readonly castPlan: Plan;
  readonly sendPlan?: Plan;
  /** Of all members, and of single ones by rank. */
  readonly options?: Partial<GroupMemberOptions>;
  readonly optionsOf?: (rank: number) => Partial<GroupMemberOptions>;
  /** Ranks that read by a `for await` loop. */
  readonly loops?: readonly number[];
  /** Addresses of members, of ranks after these, that the test itself has. */
  readonly guests?: readonly string[];
  readonly groupName?: string;
  readonly child?: ChildOptions;
}

let groups = 0;

export class Crew {
  private constructor(
    readonly children: readonly Child[],
    /** Of all members, by rank. */
    readonly addresses: readonly string[],
    private readonly options: CrewOptions,
  ) {}

  /** Starts the members' processes and has them join a view of all. */
  static async join(context: TestContext, options: CrewOptions): Promise<Crew> {
    skipWithoutAddon(context, options.mix);
    const { members, child, castPlan, sendPlan = [] } = options;
    const children = await Promise.all(
      Array.from({ length: members }, () => Child.start(context, 'member-program.mjs', child)),
    );
    const groupName = options.groupName ?? `test ${process.pid} ${++groups}`;
    const modes = modesOf(options.mix, members);
    const opened = await Promise.all(
      children.map((each, rank) =>
        each.call<{ address: string; mode: Mode }>(
          'open',
          {
            groupName,
            threadMode: options.threads,
            mode: modes[rank],
            ...options.options,
            ...options.optionsOf?.(rank),
          },
          { loop: options.loops?.includes(rank) ?? false },
        ),
      ),
    );
    expect(opened.map((each) => each.mode)).toEqual(modes);
    const addresses = [...opened.map((each) => each.address), ...(options.guests ?? [])];
    await Promise.all(children.map((each) => each.call('join', addresses, castPlan, sendPlan)));
    return new Crew(children, addresses, options);
  }

  child(rank: number): Child {
    return this.children[rank] as Child;
  }

  look(rank: number): Promise<Look> {
    return this.child(rank).call<Look>('look');
  }

  /** Lets these members send all that their plans say. */
  async send(senders: readonly number[]): Promise<void> {
    await this.explain(Promise.all(senders.map((rank) => this.child(rank).call('exchange'))));
  }

  /** Waits until each of the receivers has all that the senders' plans say, and expects it to be right. */
  receive(senders: readonly number[], receivers = this.ranks): Promise<Look[]> {
    return this.explain(this.receiveAll(senders, receivers));
  }

  /** What `work` comes to; its failure tells how far each member is. */
  async explain<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await this.describe()}`, { cause: error });
    }
  }

  /** How far each member is. */
  private async describe(): Promise<string> {
    const looks = await Promise.all(
      this.children.map((each) => each.callFor<Look>(2_000, 'look').catch((error: Error) => error.message)),
    );
    return looks.map((look, rank) => `rank ${rank}: ${JSON.stringify(look)}`).join('\n');
  }

  private async receiveAll(senders: readonly number[], receivers: readonly number[]): Promise<Look[]> {
    const { castPlan, sendPlan = [] } = this.options;
    const [casts, sends] = [messagesOf(castPlan), messagesOf(sendPlan)];
    return Promise.all(
      receivers.map(async (rank) => {
        const origins = senders.filter((each) => each !== rank);
        const look = await this.child(rank).call<Look>('receiveAll', origins, casts, sends);
        expect(look.failed).toBeUndefined();
        expect(look.errors).toEqual([]);
        expect(look.casts).toEqual(this.addresses.map((_, each) => (origins.includes(each) ? casts : 0)));
        expect(look.sends).toEqual(this.addresses.map((_, each) => (origins.includes(each) ? sends : 0)));
        return look;
      }),
    );
  }

  /** Everybody sends, everybody gets everything. */
  async exchange(): Promise<Look[]> {
    const [looks] = await Promise.all([this.receive(this.ranks), this.send(this.ranks)]);
    return looks;
  }

  /** Closes all members at once; nothing of them may be left. */
  async close(): Promise<void> {
    await Promise.all(this.children.map((each) => each.call('close')));
  }

  get ranks(): number[] {
    return this.children.map((_, rank) => rank);
  }
}

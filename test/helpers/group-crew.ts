// Groups with views, each member in a process of its own. What their applications saw is in files, and checked when the test is over.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { MemberStats, StateTransferOptions } from '../../ts/index.js';
import { Child, type ChildOptions } from './child.js';
import { MEMBER_COMBINATIONS, type Mix, type Mode, skipWithoutAddon, type Threads } from './crew.js';
import { checkLogs } from './group-invariants.js';
import { type Line, type LogOf, linesOf, logsOf } from './group-log.js';

/** All members alike, or each another, in turn. */
export type Combination = readonly [mix: Mix, threads: Threads | 'mixed'];

export const GROUP_COMBINATIONS: readonly Combination[] = [...MEMBER_COMBINATIONS, ['mixed', 'mixed']];

/** Suspected after half a second of silence, and found soon when one is back: for tests that wait for it. Where a test does not, members have time. */
export const SHORT_SUSPICION = 'suspect_sweep=0.1;suspect_max_idle=5;heal_sweep=0.2';

/** What a member's application does, beside logging. */
export interface Traits {
  /** Has something to say at view changes, and as coordinator. */
  readonly talks?: boolean;
  /** Casts in the callbacks of a view change. */
  readonly chatty?: boolean;
  /** Is ready to be blocked later; when the test says so, where it holds it. */
  readonly asyncBlock?: boolean;
  /** Takes its events from a `for await` loop. */
  readonly loop?: boolean;
  /** Callbacks that throw. */
  readonly throws?: readonly string[];
}

/** What every program of members is told. */
type AnyTraits = Traits | ServerTraits;

/** What a client or server does, beside logging. */
export interface ServerTraits {
  /** Bytes of its state, beside the casts in it. A multiple of 8. */
  readonly stateBytes?: number;
  /** Takes the state part by part, and keeps nothing of it. */
  readonly stream?: boolean;
  /** Never answers who asks for its state. */
  readonly silent?: boolean;
  /** Throws when it is asked. */
  readonly throws?: boolean;
  /** Asks again when no server has given the state. */
  readonly retries?: boolean;
}

export interface View {
  readonly id: string;
  readonly members: readonly string[];
  readonly rank: number;
  readonly me: string;
  readonly protocol: string;
  readonly params: string;
}

export interface Posted {
  readonly id: string;
  readonly sendView: 'current' | 'next' | 'unspecified';
}

export interface Look {
  readonly views: number;
  readonly exits: number;
  readonly blocks: number;
  readonly heartbeats: number;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly marks: readonly (Posted & { readonly callback: string })[];
  readonly received: number;
  readonly stats: MemberStats;
}

export interface MemberSettings {
  readonly mode?: Mode;
  readonly threadMode?: Threads;
  readonly options?: Partial<StateTransferOptions>;
  readonly traits?: AnyTraits;
  readonly child?: ChildOptions;
  /** Default: group-program.mjs. */
  readonly program?: string;
  readonly join?: JoinSettings;
}

/** What a join can be given beside the members of a fixed view. */
export interface JoinSettings {
  readonly contactName?: string;
  readonly message?: string;
}

/** One process. */
export class Member {
  /** Of its last join. */
  name = '';
  address = '';
  killed = false;

  constructor(
    readonly child: Child,
    readonly logFile: string,
  ) {}

  call<T>(name: string, ...args: unknown[]): Promise<T> {
    return this.child.call<T>(name, ...args);
  }

  async join(options: JoinSettings = {}): Promise<void> {
    this.name = await this.call<string>('join', options);
  }

  view(): Promise<View> {
    return this.call('view');
  }

  look(): Promise<Look> {
    return this.call('look');
  }

  /** Casts, or sends to a member, so many bytes. */
  post(bytes?: number, to?: string): Promise<Posted> {
    return this.call('post', bytes, to);
  }

  async kill(): Promise<void> {
    this.killed = true;
    await this.child.kill('SIGKILL');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.child.pid, signal);
  }

  /** What its application saw so far. */
  lines(): Line[] {
    return linesOf(readFileSync(this.logFile, 'utf8'));
  }

  count(type: Line['type']): number {
    return this.lines().filter((line) => line.type === type).length;
  }
}

/** Lines of the log that tell of messages: too many to be shown. */
const MESSAGE_LINE = /^\{"type":"(sending|sent|unsent|received)"/;

let groups = 0;

export function uniqueGroup(): string {
  return `test ${process.pid} ${++groups}`;
}

export class GroupCrew {
  readonly members: Member[] = [];
  readonly groupName = uniqueGroup();
  private readonly folder: string;

  constructor(
    private readonly context: TestContext,
    private readonly combination: Combination,
    private readonly common: Omit<MemberSettings, 'mode' | 'threadMode'> = {},
  ) {
    skipWithoutAddon(context, combination[0]);
    this.folder = mkdtempSync(join(tmpdir(), 'consort-group-'));
    context.onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Starts so many processes, has them join, and waits until they are together. */
  static async together(
    context: TestContext,
    combination: Combination,
    count: number,
    common: Omit<MemberSettings, 'mode' | 'threadMode'> = {},
  ): Promise<GroupCrew> {
    const crew = new GroupCrew(context, combination, common);
    await crew.add(count);
    await crew.areTogether();
    return crew;
  }

  /** Starts processes, and has them join at once. */
  async add(count: number, settings: MemberSettings = {}): Promise<Member[]> {
    const members = await Promise.all(Array.from({ length: count }, () => this.start(settings)));
    await this.explain(Promise.all(members.map((member) => member.join(settings.join))));
    return members;
  }

  /** Starts a process whose member is open, and has not joined. */
  async start(settings: MemberSettings = {}): Promise<Member> {
    const { context, folder, common, members, groupName } = this;
    const kind = this.kindOf(members.length);
    // Its place is taken before anything is waited for: members that start at once are of different kinds.
    const index = members.length;
    members.length++;
    const child = await Child.start(context, common.program ?? 'group-program.mjs', {
      ...common.child,
      ...settings.child,
    });
    const member = new Member(child, join(folder, `${index}.jsonl`));
    members[index] = member;
    const { mode = kind.mode, threadMode = kind.threadMode } = settings;
    const options = { groupName, mode, threadMode, ...common.options, ...settings.options };
    const traits = { ...common.traits, ...settings.traits };
    const opened = await member.call<{ address: string; mode: Mode }>(
      'open',
      { ...options, logFile: member.logFile },
      traits,
    );
    expect(opened.mode).toBe(mode);
    member.address = opened.address;
    return member;
  }

  member(index: number): Member {
    return this.members[index] as Member;
  }

  /** Waits until these members, and nobody else, are in one view. Returns it as the first of them sees it. */
  areTogether(members: readonly Member[] = this.members): Promise<View> {
    const names = members.map(({ name }) => name);
    const wait = async (): Promise<View> => {
      for (;;) {
        const views = await Promise.all(members.map((member) => member.call<View>('waitForView', names)));
        const [first] = views;
        if (views.every(({ id }) => id === first?.id)) return first as View;
      }
    };
    return this.explain(wait());
  }

  /** Each of these casts, and sends to all others; and everybody gets everything. */
  async talk(members: readonly Member[] = this.members): Promise<void> {
    const ids = new Map<Member, string[]>(members.map((member) => [member, []]));
    for (const member of members) {
      const cast = await member.post();
      for (const other of members) {
        if (other === member) continue;
        const sent = await member.post(40, other.name);
        ids.get(other)?.push(cast.id, sent.id);
      }
    }
    await this.explain(Promise.all(members.map((member) => member.call('waitFor', ids.get(member)))));
  }

  async load(on: boolean, members: readonly Member[] = this.members): Promise<void> {
    await Promise.all(members.map((member) => member.call('load', on)));
  }

  /** Waits until each of these has got so many messages more. */
  async hear(messages: number, members: readonly Member[] = this.members): Promise<void> {
    const hear = async (member: Member) => {
      const { received } = await member.look();
      await member.call('waitForCounts', { atLeast: received + messages });
    };
    await this.explain(Promise.all(members.map(hear)));
  }

  async close(members: readonly Member[] = this.members): Promise<void> {
    await this.explain(Promise.all(members.map((member) => member.call('close'))));
  }

  /** What all that were members saw. */
  logs(): readonly LogOf[] {
    return this.members.flatMap((member) => logsOf(member.lines(), member.killed));
  }

  /** All that was seen is right: the invariants of docs/simulation.md. Returns the logs. */
  check(allowedErrors: readonly string[] = []): readonly LogOf[] {
    const logs = this.logs();
    const errors = this.members.flatMap((member) => member.lines()).filter((line) => line.type === 'error');
    expect(errors.filter((line) => line.type === 'error' && !allowedErrors.includes(line.code))).toEqual([]);
    expect(checkLogs(logs)).toEqual([]);
    return logs;
  }

  /** What `work` comes to; its failure tells what each member saw last. */
  async explain<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.describe()}`, { cause: error });
    }
  }

  private describe(): string {
    return this.members
      .map((member) => {
        const lines = readFileSync(member.logFile, 'utf8').split('\n');
        const last = lines.filter((line) => line !== '' && !MESSAGE_LINE.test(line)).slice(-15);
        return [`${member.name}${member.killed ? ' (killed)' : ''}:`, ...last.map((line) => `  ${line}`)].join('\n');
      })
      .join('\n');
  }

  private kindOf(index: number): Required<Pick<MemberSettings, 'mode' | 'threadMode'>> {
    const [mix, threads] = this.combination;
    const threadMode = threads === 'mixed' ? (index % 4 < 2 ? 'multi' : 'single') : threads;
    return { mode: mix === 'mixed' ? (index % 2 === 0 ? 'native' : 'ts') : mix, threadMode };
  }
}

// What the documents of Maestro ask of a group member, and other tests do not look at in every mode: options from a command line, heartbeats, the fields
// of a view, messages with a view, a member that goes at the end of its block and comes back.
import { describe, it, onTestFinished, type TestContext, vi } from 'vitest';
import { type Endpoint, GroupMember, type GroupMemberOptions, type Message, type ViewData } from '../../ts/index.js';
import { MEMBER_COMBINATIONS, skipWithoutAddon } from '../helpers/crew.js';
import { RealMember } from '../helpers/real-member.js';

const WAIT = { timeout: 30_000, interval: 5 };
/** Of those who must not be alone, however long the others take. */
const PATIENT = 'join_wait=60';
let groups = 0;

class Member extends RealMember {
  /** What it was told, but for heartbeats. */
  readonly log: string[] = [];
  heartbeats: number[] = [];
  asked = 0;

  override onAcceptedView(view: ViewData, message?: Message): void {
    this.log.push(`view of ${view.nmembers}${message === undefined ? '' : `: ${message.text()}`}`);
  }

  override onViewMessage(view: ViewData): string {
    this.asked++;
    return `welcome to ${view.groupName}`;
  }

  override onBlock(): void | Promise<void> {
    this.log.push('block');
    return super.onBlock();
  }

  override onFlush(): void {
    this.log.push('flush');
  }

  override onReceiveCast(_: Endpoint, message: Message): void {
    this.log.push(`cast ${message.text()}`);
  }

  override onReceiveSend(_: Endpoint, message: Message): void {
    this.log.push(`send ${message.text()}`);
  }

  override onHeartbeat(time: number): void {
    this.heartbeats.push(time);
  }

  override onExit(): void {
    this.log.push('exit');
  }
}

describe.each(MEMBER_COMBINATIONS)('a member in mode %s, %s', (mode, threadMode) => {
  function makers(context: TestContext) {
    skipWithoutAddon(context, mode);
    const groupName = `table ${process.pid} ${groups++}`;
    return (options: Partial<GroupMemberOptions> = {}) => {
      const member = new Member({ groupName, mode, threadMode, ...options });
      context.onTestFinished(() => member.close());
      return member;
    };
  }

  it('takes options from the command line of the process, and from its own', async (context) => {
    onTestFinished(() => void GroupMember.start());
    const rest = GroupMember.start(['-params', 'suspect_sweep=0.75', '-transport', 'ATM:UDP', '-v', 'file']);
    context.expect(rest).toEqual(['-v', 'file']);
    const make = makers(context);
    const [first, second] = [make(), make({ argv: ['-params', 'suspect_sweep=0.25'] })];
    await first.join();
    context.expect(first.view?.params).toBe('suspect_sweep=0.75:time');
    // The larger view's parameters hold for all.
    await second.join();
    await vi.waitUntil(() => second.view?.nmembers === 2, WAIT);
    context.expect(second.view?.params).toBe('suspect_sweep=0.75:time');
    await first.leave();
    await second.leave();
    await second.join();
    context.expect(second.view?.params).toBe('suspect_sweep=0.25:time');
  });

  it('is called at its heartbeat rate while it is in the group, and not after', async (context) => {
    const member = makers(context)({ heartbeatRate: 2 });
    const before = Date.now();
    await member.join();
    await vi.waitUntil(() => member.heartbeats.length >= 3, WAIT);
    await member.leave();
    const { length } = member.heartbeats;
    context.expect(member.log.at(-1)).toBe('exit');
    context.expect(member.heartbeats[0]).toBeGreaterThanOrEqual(before);
    context.expect(member.heartbeats).toEqual(member.heartbeats.toSorted((a, b) => a - b));
    // A view of another member comes and goes meanwhile.
    const other = makers(context)();
    await other.join();
    await other.leave();
    context.expect(member.heartbeats).toHaveLength(length);
  });

  it('sees in each view who is there, who is new and who has gone, and gets the message of the coordinator with it', async (context) => {
    const make = makers(context);
    const [first, second] = [make(), make({ viewMessages: false, params: PATIENT })];
    await first.join();
    await second.join();
    await vi.waitUntil(() => first.view?.nmembers === 2, WAIT);
    const { view, myEndpoint } = second;
    const members = [first.myEndpoint, myEndpoint];
    const groupName = view?.groupName as string;
    context.expect(view).toMatchObject({ groupName, members, nmembers: 2, myEndpoint, myRank: 1, myOldRank: -1 });
    context.expect(view).toMatchObject({ newMembers: members, departedMembers: [], coordinator: members[0] });
    context
      .expect(view)
      .toMatchObject({ oldCoordinator: undefined, groupdFlag: false, primaryFlag: false, params: '' });
    context.expect(view?.version).toMatch(/^\d+\.\d+\.\d+/);
    context.expect(view?.protocol).toMatch(/^Top:Heal:.*:Bottom$/);
    context.expect(view?.viewId.coordinator.equals(members[0] as Endpoint)).toBe(true);
    context.expect(Object.isFrozen(view)).toBe(true);
    context.expect(first.view).toMatchObject({ newMembers: [members[1]], myRank: 0, myOldRank: 0 });
    context.expect([first.log.at(-1), second.log]).toEqual([`view of 2: welcome to ${groupName}`, [first.log.at(-1)]]);

    await first[Symbol.asyncDispose]();
    context.expect(first.log.at(-1)).toBe('exit');
    await vi.waitUntil(() => second.view?.nmembers === 1, WAIT);
    context.expect(second.view).toMatchObject({ departedMembers: [members[0]], myRank: 0, myOldRank: 1 });
    context.expect(second.view?.oldCoordinator?.equals(members[0] as Endpoint)).toBe(true);
    context.expect(second.log.slice(1, 4)).toEqual(['block', 'flush', 'view of 1']);
    // Nobody asks it for messages.
    context.expect(second.asked).toBe(0);
  });

  it('casts and sends in the current view, leaves, and comes back as another one', async (context) => {
    const make = makers(context);
    const [first, second] = [make(), make({ params: PATIENT })];
    await first.join();
    await second.join();
    await vi.waitUntil(() => first.view?.nmembers === 2, WAIT);
    context.expect([second.cast('one'), second.send(0, 'two')]).toEqual(['current', 'current']);
    await vi.waitUntil(() => first.log.includes('cast one') && first.log.includes('send two'), WAIT);
    const before = second.myEndpoint as Endpoint;
    await second.leave();
    context.expect(() => second.cast('too late')).toThrow(context.expect.objectContaining({ code: 'ERR_NOT_JOINED' }));
    await second.join();
    const after = second.myEndpoint as Endpoint;
    context.expect([after.host, after.port]).toEqual([before.host, before.port]);
    context.expect(after.incarnation).not.toBe(before.incarnation);
    await vi.waitUntil(() => first.view?.nmembers === 2, WAIT);
    context
      .expect(() => first.send(before, 'x'))
      .toThrow(context.expect.objectContaining({ code: 'ERR_UNKNOWN_MEMBER' }));
    second.send(first.myEndpoint as Endpoint, 'three');
    await vi.waitUntil(() => first.log.includes('send three'), WAIT);
  });
});

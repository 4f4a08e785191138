// Groups that do not announce themselves, as Horus's without MERGE: who joins finds them by a contact, and the application may turn it away.
import { describe, it, type TestContext, vi } from 'vitest';
import type { Directory, Endpoint, GroupMemberOptions, Message } from '../../ts/index.js';
import { MEMBER_COMBINATIONS, skipWithoutAddon } from '../helpers/crew.js';
import { RealMember } from '../helpers/real-member.js';

const HORUS = 'BUFFER:ORDER:UNPACK:MERGE(auto=0):VIEWS';
const WAIT = { timeout: 30_000, interval: 5 };
/** Of those who must not be alone, however long the others take. */
const PATIENT = 'join_wait=60';
let groups = 0;

class Member extends RealMember {
  readonly asked: string[] = [];
  readonly answers: string[] = [];
  decide: () => boolean = () => true;
  /** What it waits for before a view ends. */
  ready = Promise.resolve();

  override onJoinRequest(_origin: Endpoint, message: Message): boolean {
    this.asked.push(message.text());
    return this.decide();
  }

  override onJoinReady(): void {
    this.answers.push('ready');
  }

  override onJoinFailed(reason: string): void {
    this.answers.push(`failed: ${reason}`);
  }

  override onBlock(): Promise<void> {
    return this.ready;
  }

  override onJoinDenied(_coordinator: Endpoint, reason: string): void {
    this.answers.push(`denied: ${reason}`);
  }
}

/** A table of names, as any service could have it. */
class TestDirectory implements Directory {
  readonly names = new Map<string, string>();

  async register(name: string, value: string): Promise<void> {
    this.names.set(name, value);
  }

  async unregister(name: string): Promise<void> {
    this.names.delete(name);
  }

  async lookup(name: string): Promise<string | undefined> {
    return this.names.get(name);
  }
}

describe.each(MEMBER_COMBINATIONS)(
  'a group that does not merge by itself, in mode %s, %s',
  {
    concurrent: true,
  },
  (mode, threadMode) => {
    /** Makes members of one group. */
    function makers(context: TestContext) {
      skipWithoutAddon(context, mode);
      const groupName = `contact ${process.pid} ${groups++}`;
      return (options: Partial<GroupMemberOptions> = {}) => {
        const member = new Member({ groupName, protocol: HORUS, mode, threadMode, ...options });
        context.onTestFinished(() => member.close());
        return member;
      };
    }

    it('is found by the name of its contact, and asked with a message', async (context) => {
      const make = makers(context);
      const [first, second, third] = [make(), make({ params: PATIENT }), make({ params: PATIENT })];
      const contactName = `contact of ${process.pid} ${mode} ${threadMode}`;
      await first.join({ contactName });
      await second.join({ contactName, message: 'it is me' });
      context.expect(second.view?.members).toHaveLength(2);
      context.expect(second.answers.at(-1)).toBe('ready');
      context.expect(new Set(first.asked)).toEqual(new Set(['it is me']));
      await third.join({ contactName });
      await vi.waitUntil(() => first.view?.nmembers === 3 && second.view?.nmembers === 3, WAIT);
    });

    it('is found in a directory of its own', async (context) => {
      const make = makers(context);
      const directory = new TestDirectory();
      const [first, second] = [make({ directory }), make({ directory, params: PATIENT })];
      await first.join({ contactName: 'the contact' });
      await vi.waitUntil(() => directory.names.has('the contact'), WAIT);
      await second.join({ contactName: 'the contact' });
      context.expect(second.view?.members).toHaveLength(2);
    });

    it('is found by the address of any member', async (context) => {
      const make = makers(context);
      const directory = new TestDirectory();
      const [first, second] = [make({ directory }), make({ directory, params: PATIENT })];
      await first.join({ contactName: 'the contact' });
      await vi.waitUntil(() => directory.names.has('the contact'), WAIT);
      await second.join({ contactName: 'the contact' });
      await vi.waitUntil(() => first.view?.nmembers === 2, WAIT);
      const port = first.view?.members.at(-1)?.port as number;
      const third = make({ groupAddress: { host: '127.0.0.1', port }, params: PATIENT });
      await third.join();
      await vi.waitUntil(() => third.view?.nmembers === 3, WAIT);
    });

    it('stays alone without contact', async (context) => {
      const make = makers(context);
      const [first, second] = [make(), make()];
      await first.join();
      await second.join();
      context.expect([first.view?.nmembers, second.view?.nmembers]).toEqual([1, 1]);
    });

    it('tells who asks when it is not answered in time, and takes it in later', async (context) => {
      const make = makers(context);
      const options = { directory: new TestDirectory(), params: 'merge_timeout=0.05' };
      const [first, second] = [make(options), make(options)];
      await first.join({ contactName: 'the contact' });
      let release = () => {};
      first.ready = new Promise((resolve) => {
        release = resolve;
      });
      const joined = second.join({ contactName: 'the contact' });
      await vi.waitUntil(() => second.answers.length > 0, WAIT);
      release();
      await joined;
      await vi.waitUntil(() => second.view?.nmembers === 2, WAIT);
      context.expect(second.answers[0]).toMatch(/^failed: /);
      context.expect(second.answers.at(-1)).toBe('ready');
    });

    it('goes on with a directory that fails, and says so', async (context) => {
      const codes: unknown[] = [];
      const directory: Directory = {
        register: () => {
          throw new Error('it fails on purpose');
        },
        unregister: () => Promise.reject(new Error('it fails on purpose')),
        lookup: async () => undefined,
      };
      const errorHandler = (error: Error & { code?: string }) => codes.push(error.code);
      const member = makers(context)({ directory, errorHandler });
      await member.join({ contactName: 'the contact' });
      context.expect(member.view?.nmembers).toBe(1);
      await member.leave();
      await vi.waitUntil(() => codes.length === 2, WAIT);
      context.expect(codes).toEqual(['ERR_CALLBACK', 'ERR_CALLBACK']);
    });

    it.for([
      ['does not want', 0],
      ['fails to decide about', 1],
    ] as const)('turns away whom its application %s', async ([, failures], context) => {
      const make = makers(context);
      const directory = new TestDirectory();
      const errors: Error[] = [];
      const options = { directory, errorHandler: (error: Error) => errors.push(error) };
      const [first, second] = [make(options), make({ directory, params: PATIENT })];
      first.decide = () => {
        if (failures > 0) throw new Error('it fails on purpose');
        return false;
      };
      await first.join({ contactName: 'closed club' });
      await vi.waitUntil(() => directory.names.has('closed club'), WAIT);
      await context.expect(second.join({ contactName: 'closed club', message: 'please' })).rejects.toMatchObject({
        code: 'ERR_JOIN_DENIED',
      });
      context.expect(second.answers.at(-1)).toBe('denied: the application of the group does not want it');
      // Once, or again where it has asked again.
      context.expect(new Set(first.asked)).toEqual(new Set(['please']));
      context.expect(first.view?.nmembers).toBe(1);
      context.expect(errors.length).toBe(failures * first.asked.length);
    });
  },
);

// Groups that do not announce themselves, as Horus's without MERGE: who joins finds them by a contact, and the application may turn it away.
import { describe, expect, it, type TestContext, vi } from 'vitest';
import { type Endpoint, GroupMember, type Message } from '../../ts/index.js';

const HORUS = 'BUFFER:ORDER:UNPACK:MERGE(auto=0):VIEWS';
const WAIT = { timeout: 30_000, interval: 5 };
let groups = 0;

class Member extends GroupMember {
  readonly asked: string[] = [];
  readonly answers: string[] = [];
  letsIn = true;

  override onJoinRequest(_origin: Endpoint, message: Message): boolean {
    this.asked.push(message.text());
    return this.letsIn;
  }

  override onJoinReady(): void {
    this.answers.push('ready');
  }

  override onJoinDenied(_coordinator: Endpoint, reason: string): void {
    this.answers.push(`denied: ${reason}`);
  }
}

function makers(context: TestContext, options: object = {}) {
  const groupName = `contact ${process.pid} ${groups++}`;
  return () => {
    const member = new Member({ groupName, protocol: HORUS, key: groupName, ...options });
    context.onTestFinished(() => member.close());
    return member;
  };
}

describe('a group that does not merge by itself', () => {
  it('is found by the name of its contact, and asked with a message', async (context) => {
    const make = makers(context);
    const [first, second, third] = [make(), make(), make()];
    const contactName = `contact of ${process.pid}`;
    await first.join({ contactName });
    await second.join({ contactName, message: 'it is me' });
    expect(second.view?.members).toHaveLength(2);
    expect(second.answers).toEqual(['ready']);
    expect(first.asked).toEqual(['it is me']);
    await third.join({ contactName });
    await vi.waitUntil(() => first.view?.nmembers === 3 && second.view?.nmembers === 3, WAIT);
  });

  it('is found by the address of any member', async (context) => {
    const make = makers(context);
    const [first, second] = [make(), make()];
    await first.join({ contactName: 'the contact' });
    await second.join({ contactName: 'the contact' });
    await vi.waitUntil(() => first.view?.nmembers === 2, WAIT);
    const [, last] = first.view?.members ?? [];
    const third = makers(context, {
      groupName: first.view?.groupName,
      key: first.view?.groupName,
      groupAddress: { host: '127.0.0.1', port: last?.port ?? 1 },
    })();
    await third.join();
    await vi.waitUntil(() => third.view?.nmembers === 3, WAIT);
  });

  it('stays alone without contact', async (context) => {
    const make = makers(context);
    const [first, second] = [make(), make()];
    await first.join();
    await second.join();
    expect([first.view?.nmembers, second.view?.nmembers]).toEqual([1, 1]);
  });

  it('turns away whom its application does not want', async (context) => {
    const make = makers(context);
    const [first, second] = [make(), make()];
    first.letsIn = second.letsIn = false;
    await first.join({ contactName: 'closed club' });
    await expect(second.join({ contactName: 'closed club', message: 'please' })).rejects.toMatchObject({
      code: 'ERR_JOIN_DENIED',
    });
    expect(second.answers).toEqual(['denied: the application of the group does not want it']);
    expect(first.asked).toEqual(['please']);
    expect(first.view?.nmembers).toBe(1);
  });
});

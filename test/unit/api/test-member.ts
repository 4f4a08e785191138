// Members on the network in memory, and what tests do with them again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupMember } from '../../../ts/api/group-member.js';
import type { GroupMemberOptions } from '../../../ts/api/option-table.js';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import type { Message } from '../../../ts/base/message.js';
import type { FakeDriver, FakeNetwork } from '../data-plane/fake-driver.js';

type TestOptions = Partial<GroupMemberOptions>;

/** Leaves at once, and has small rings. */
const DEFAULTS = { groupName: 'test', memory: 1024 * 1024, lingerMs: 0 } as const;

export class TestMember extends GroupMember {
  readonly network: FakeNetwork;
  /** Set to make the next open wait, or fail. */
  beforeOpen: () => Promise<void> = async () => {};

  constructor(network: FakeNetwork, options: TestOptions = {}) {
    super({ ...DEFAULTS, ...options });
    this.network = network;
  }

  protected override async chooseDriver() {
    await this.beforeOpen();
    return { mode: 'ts', create: this.network.factory } as const;
  }

  get driver(): FakeDriver {
    const driver = this.address && this.network.find(this.address);
    if (driver === undefined) throw new Error('the member is not open');
    return driver;
  }
}

/** Keeps the text of all that it gets, through overridden methods. */
export class Recorder extends TestMember {
  readonly casts: string[] = [];
  readonly sends: string[] = [];
  readonly calls: string[] = [];

  override onReceiveCast(origin: Endpoint, message: Message): void {
    this.casts.push(`${origin}>${message.text()}`);
  }

  override onReceiveSend(origin: Endpoint, message: Message): void {
    this.sends.push(`${origin}>${message.text()}`);
  }

  override onAcceptedView(): void {
    this.calls.push('view');
  }

  override onExit(): void {
    this.calls.push('exit');
  }

  override onDrain(): void {
    this.calls.push('drain');
  }
}

/** Opens and joins members, in the order of their ranks. */
export async function joinAll<T extends TestMember>(...members: T[]): Promise<T[]> {
  await Promise.all(members.map((member) => member.open()));
  const addresses = members.map((member) => String(member.myEndpoint));
  await Promise.all(members.map((member) => member.join({ members: addresses })));
  return members;
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`gave up waiting until ${condition}`);
    await sleep(1);
  }
}

/** Long enough for all that is on its way to arrive. */
export function quiet(): Promise<void> {
  return sleep(30);
}

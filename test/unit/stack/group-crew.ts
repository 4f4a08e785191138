// Groups over the network in memory, in time that goes on only while somebody waits.
import { setImmediate as turn } from 'node:timers/promises';
import { Endpoint } from '../../../ts/base/endpoint.js';
import type { Message } from '../../../ts/base/message.js';
import { Plane } from '../../../ts/data-plane/plane.js';
import type { RecordReceiver } from '../../../ts/data-plane/record-reader.js';
import { Group } from '../../../ts/stack/group.js';
import type { GroupOwner } from '../../../ts/stack/group-owner.js';
import type { AppReceivers, GroupView } from '../../../ts/stack/group-view.js';
import type { ViewState } from '../../../ts/stack/view-state.js';
import { FakeNetwork } from '../data-plane/fake-driver.js';
import { FakeEnvironment } from '../layers/fake-context.js';
import { bytesOf } from './views.js';

/** With merges, and without Suspect: the network in memory gives no signs of life. */
export const STACK =
  'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Chk_sync:Frag:Pt2pt:Stable:Mnak:Bottom';
export const PARAMS = 'heal_sweep=0.1';

export class GroupCrew {
  readonly network = new FakeNetwork();
  readonly environment = new FakeEnvironment();
  readonly members: GroupMate[] = [];
  /** Set to keep announcements from those who should not hear of each other yet. */
  hears: (from: GroupMate, to: GroupMate) => boolean = () => true;
  /** Set to lose datagrams between views. */
  loses: (datagram: Uint8Array) => boolean = () => false;

  constructor(
    private readonly stack = STACK,
    private readonly params = PARAMS,
  ) {}

  /** Members 0 to count - 1. Of two views of one the larger is that of the lower number. None has joined. */
  async open(count: number): Promise<GroupMate[]> {
    for (let number = this.members.length; this.members.length < count; number++) {
      this.members.push(await GroupMate.open(this, new Endpoint('10.0.0.1', 5000 - number, number + 1)));
    }
    return this.members;
  }

  /** The same, one after the other in one view. */
  async together(count: number): Promise<GroupMate[]> {
    const mates = await this.open(count);
    for (const [index, mate] of mates.entries()) {
      mate.group.join(this.stack, this.params);
      await this.until(() => mates.slice(0, index + 1).every((each) => each.size === index + 1));
    }
    return mates;
  }

  /** Lets time go on until it is so, for at most so many milliseconds of it. */
  async until(condition: () => boolean, milliseconds = 3000): Promise<void> {
    const deadline = this.environment.now() + milliseconds;
    while (!condition()) {
      if (this.environment.now() > deadline) throw new Error(`gave up waiting until ${condition}`);
      await this.pass(1);
    }
  }

  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed++) {
      // News go from driver to driver, and to JavaScript, in turns of the event loop.
      for (let turns = 0; turns < 4; turns++) await turn();
      this.environment.advance(1);
    }
  }

  async close(): Promise<void> {
    for (const { group, plane } of this.members) {
      group.dispose();
      await plane.close();
    }
  }
}

export class GroupMate implements GroupOwner {
  readonly group: Group;
  /** `view 0 1`, `cast 0 hello`, `block`, `exit`, ... with the numbers of members. */
  readonly log: string[] = [];
  readonly errors: Error[] = [];
  readonly suspicions: string[] = [];
  /** Names of members that this one does not hear. */
  readonly cutOff = new Set<string>();
  onBlock: (ready: () => void) => void = (ready) => ready();

  static async open(crew: GroupCrew, me: Endpoint): Promise<GroupMate> {
    let mate: GroupMate | undefined;
    const plane = await Plane.open(
      crew.network.factory,
      {
        threadMode: 'single',
        address: { host: me.host, port: me.port },
        multicast: undefined,
        socketBufferBytes: 0,
        offload: false,
        drop: { rate: 0, seed: 0 },
        frameBytes: 1472,
      },
      {
        onProgress: () => mate?.group.progress(),
        onUnattached: (_, bytes) => mate?.group.receiveOutside(bytes),
        onRefused: ({ host, port }) => mate?.group.refused(host, port),
        onFailure: (error) => mate?.errors.push(error),
      },
    );
    mate = new GroupMate(crew, me, plane);
    return mate;
  }

  private constructor(
    private readonly crew: GroupCrew,
    readonly me: Endpoint,
    readonly plane: Plane,
  ) {
    const settings = { groupName: 'test', key: '', memory: 1024 * 1024, maxMessageSize: 65536, checksum: false };
    const isCutOff = ({ name }: Endpoint) => this.cutOff.has(name);
    const own = { ...settings, frameBytes: 1472, clientServer: false, isCutOff };
    this.group = new Group(me, own, plane, crew.environment, this);
  }

  /** Members of the view that the application is in. */
  get size(): number {
    return this.group.front?.state.members.length ?? 0;
  }

  get views(): string[] {
    return this.log.filter((line) => line.startsWith('view'));
  }

  cast(text: string): void {
    this.group.front?.streams.casts.write(bytesOf(text), 0);
    this.plane.scheduleFlush();
  }

  receivers(state: ViewState): AppReceivers {
    const receiver = (kind: string): RecordReceiver => ({
      onMessage: (origin: number, _: number, message: Message) =>
        this.log.push(`${kind} ${numberOf(state.members[origin])} ${message.text()}`),
      onTooLong: () => this.log.push('too long'),
      onMalformed: () => this.log.push('malformed'),
    });
    return { casts: receiver('cast'), sends: receiver('send') };
  }

  accepted({ state, closed }: GroupView): void {
    this.log.push(`view ${state.members.map(numberOf).join(' ')}${closed ? ' closed' : ''}`);
  }

  block(ready: () => void): void {
    this.log.push('block');
    this.onBlock(ready);
  }

  stopSending(): void {
    this.log.push('stop');
  }

  stateMessage(): Uint8Array {
    return bytesOf(`state of ${numberOf(this.me)}`);
  }

  viewMessage(next: ViewState, stateMessages: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const said = [...stateMessages].map(([rank, bytes]) => `${rank} ${Buffer.from(bytes)}`);
    return bytesOf(`${next.members.length} members; ${said.join(', ')}`);
  }

  joinRequest(): boolean {
    return true;
  }

  joinAnswer(): void {}

  suspects(members: readonly Endpoint[], reason: string): void {
    this.suspicions.push(`${members.map(numberOf).join(' ')}: ${reason}`);
  }

  exited(): void {
    this.log.push('exit');
  }

  report(error: Error): void {
    this.errors.push(error);
  }

  announce(datagram: Uint8Array): void {
    for (const mate of this.crew.members) {
      if (mate !== this && this.crew.hears(this, mate)) setImmediate(() => mate.group.receiveOutside(datagram));
    }
  }

  sendOutside({ host, port }: Endpoint, datagram: Uint8Array): void {
    if (!this.crew.loses(datagram)) this.plane.driver.sendUnattached({ host, port }, datagram);
  }
}

function numberOf(endpoint: Endpoint | undefined): number {
  return 5000 - (endpoint?.port ?? 0);
}

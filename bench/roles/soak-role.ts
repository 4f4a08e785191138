/** One member of a group that lives long: it casts at a steady rate, checks what it gets, and tells how it is. */
import {
  type Address,
  type Endpoint,
  GroupMember,
  type GroupMemberOptions,
  type Message,
  type ThreadMode,
  type ViewData,
} from '../../ts/index.js';
import type { Place } from '../pool/place.js';
import { type ClosedView, SoakLog } from './soak-log.js';

const TICK_MS = 10;
/** What could not be sent for longer is not made up for. */
const BACKLOG_MS = 500;

export interface SoakOpen {
  readonly groupName: string;
  readonly properties: string;
  readonly params: string;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly lossRate: number;
  readonly seed: number;
  readonly sizeBytes: number;
  /** Of the contents, the same at all members. */
  readonly contentSeed: number;
}

export interface SoakReport {
  /** As others call it. */
  readonly name: string;
  /** Of the view that it is in; 0: it is in none. */
  readonly members: number;
  readonly views: number;
  readonly sent: number;
  readonly delivered: number;
  /** The number of the next message of each sender. */
  readonly progress: Readonly<Record<string, number>>;
  readonly longestGapMs: number;
  readonly residentBytes: number;
  /** Since the last report. */
  readonly closed: readonly ClosedView[];
  readonly faults: readonly string[];
}

class SoakMember extends GroupMember {
  constructor(
    options: GroupMemberOptions,
    readonly log: SoakLog,
  ) {
    super({ ...options, errorHandler: (error) => log.fault(`${error.name}: ${error.message}`) });
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    if (origin !== this.view?.myEndpoint) this.log.take(origin.name, message.bytes());
  }

  override onAcceptedView({ viewId, members }: ViewData): void {
    this.log.noteView(
      `${viewId.time} of ${viewId.coordinator.name}`,
      members.map(({ name }) => name),
    );
  }
}

export class SoakRole {
  private member: SoakMember | undefined;
  private timer: NodeJS.Timeout | undefined;
  private payload = new Uint8Array(0);
  private sent = 0;

  constructor(private readonly place: Place) {}

  readonly open = async (open: SoakOpen): Promise<Address> => {
    const { threads, lossRate, sizeBytes, contentSeed, ...options } = open;
    const log = new SoakLog(sizeBytes, contentSeed, () => performance.now());
    const member = new SoakMember(
      {
        ...options,
        threadMode: threads,
        address: `${this.place.host}:0`,
        ...(lossRate > 0 ? { drop: { rate: lossRate, seed: options.seed } } : {}),
      },
      log,
    );
    this.member = member;
    this.payload = new Uint8Array(sizeBytes);
    this.sent = 0;
    await member.open();
    if (member.address === undefined) throw new Error('the member is open and has no address');
    return member.address;
  };

  readonly join = (_: undefined): Promise<unknown> => Promise.resolve(this.opened().join()).then(() => {});

  /** Casts from now on. */
  readonly start = async ({ ratePerSecond }: { readonly ratePerSecond: number }): Promise<void> => {
    const member = this.opened();
    member.log.resetGap();
    let begunMs = performance.now();
    let done = 0;
    this.timer = setInterval(() => {
      const late = performance.now() - begunMs - (done * 1000) / ratePerSecond;
      if (late > BACKLOG_MS) begunMs += late - BACKLOG_MS;
      const due = ((performance.now() - begunMs) * ratePerSecond) / 1000;
      for (; done < due && !member.writableNeedDrain; done++) this.cast(member);
    }, TICK_MS);
  };

  /** Casts no more. */
  readonly stop = async (_: undefined): Promise<void> => {
    clearInterval(this.timer);
    this.timer = undefined;
  };

  readonly report = async (_: undefined): Promise<SoakReport> => {
    const member = this.opened();
    const { log } = member;
    return {
      name: member.myEndpoint?.name ?? '',
      members: member.view?.nmembers ?? 0,
      views: log.views,
      sent: this.sent,
      delivered: log.delivered,
      progress: log.progress(),
      longestGapMs: log.takeGap(),
      residentBytes: process.memoryUsage.rss(),
      closed: log.takeClosed(),
      faults: log.takeFaults(),
    };
  };

  readonly close = async (_: undefined): Promise<void> => {
    clearInterval(this.timer);
    this.timer = undefined;
    const { member } = this;
    this.member = undefined;
    await member?.close();
  };

  private cast(member: SoakMember): void {
    member.log.write(this.payload, this.sent++);
    member.cast(this.payload);
  }

  private opened(): SoakMember {
    if (this.member === undefined) throw new Error('there is no member');
    return this.member;
  }
}

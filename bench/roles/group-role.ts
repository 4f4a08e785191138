/**
 * One member of a group under load. A phase is: `arm` at all members, then `go` at all, then `report` at all. So nothing of a phase can
 * arrive before its receivers are ready, and counters are read when everything is over.
 */
import type { Address, Endpoint, MemberStats, ThreadMode } from '../../ts/index.js';
import type { Mtu } from '../options.js';
import type { Place } from '../pool/place.js';
import { Pattern } from '../verify/pattern.js';
import { Tally, type TallyReport } from '../verify/tally.js';
import { type Caster, CastPump, type Sent } from './cast-pump.js';
import type { Change } from './change-log.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import { inOrder, type Join, joinAll, whenView } from './joining.js';
import { MeasuringMember } from './measuring-member.js';
import { TransferringMember } from './transferring-member.js';

export interface GroupOpen {
  readonly groupName: string;
  readonly properties: string;
  /** Its number in the bench, from 0. */
  readonly member: number;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly mtu: Mtu;
  readonly lossRate: number;
  readonly seed: number;
  /** Undefined: nobody has a state in this group. */
  readonly state?: {
    /** Of the state's content. */
    readonly seed: number;
    readonly membership: 'server' | 'client';
  };
}

export interface GroupArm {
  readonly phase: number;
  readonly sizeBytes: number;
  /** Members 0 to senders - 1 send. */
  readonly senders: number;
  readonly seed: number;
  /** Whether they send what a protected transfer lets pass. */
  readonly safe?: boolean;
}

export interface GroupReport {
  readonly member: number;
  readonly sent: Sent | undefined;
  /** By the number of the sender; undefined: it does not send, or it is this member, which does not deliver its own casts. */
  readonly received: readonly (TallyReport | undefined)[];
  readonly failures: readonly string[];
  readonly cpu: CpuTime;
  /** What the member counted in this phase. */
  readonly traffic: Traffic;
}

export interface Traffic {
  readonly dataBytesSent: number;
  readonly datagramsSent: number;
  readonly resentBytes: number;
  readonly datagramsReceived: number;
  readonly bytesReceived: number;
  readonly droppedOnPurpose: number;
  readonly systemCalls: number;
}

interface Phase {
  readonly pattern: Pattern;
  readonly number: number;
  readonly tallies: ReadonlyMap<Endpoint, Tally>;
  readonly allEnded: Promise<void>;
  readonly isSender: boolean;
  readonly safe: boolean;
  readonly cpu: CpuTime;
  readonly traffic: Traffic;
  pump: CastPump | undefined;
  sent: Sent | undefined;
}

export type GroupRoleMember = MeasuringMember | TransferringMember;

export class GroupRole {
  member: GroupRoleMember | undefined;
  /** Its number in the bench. */
  private number = 0;
  /** All, by their numbers. */
  private members: readonly Endpoint[] = [];
  private phase: Phase | undefined;
  private deliversOwn = false;

  constructor(private readonly place: Place) {}

  readonly open = async (options: GroupOpen): Promise<Address> => {
    const { properties } = options;
    const member = makeMember(options, this.place);
    this.member = member;
    this.number = options.member;
    this.deliversOwn = /\b(local|total)\b/i.test(properties);
    await member.open();
    if (member.address === undefined) throw new Error('the member is open and has no address');
    return member.address;
  };

  readonly join = async (join: Join): Promise<void> => {
    const member = this.joined();
    await joinAll(member, join);
    this.members = inOrder(member.view, join.members);
  };

  readonly arm = async ({ phase, sizeBytes, senders, seed, safe = false }: GroupArm): Promise<void> => {
    const member = this.joined();
    const pattern = new Pattern(sizeBytes, seed);
    const tallies = new Map<Endpoint, Tally>();
    const allEnded = Promise.all(
      this.members.map((endpoint, number) => {
        if (number >= senders || (number === this.number && !this.deliversOwn)) return undefined;
        return new Promise<void>((resolve) => {
          tallies.set(endpoint, new Tally(pattern, phase, () => performance.now(), resolve));
        });
      }),
    ).then(() => {});
    this.phase = {
      pattern,
      number: phase,
      tallies,
      allEnded,
      isSender: this.number < senders,
      safe,
      cpu: cpuTime(),
      traffic: trafficOf(member.stats()),
      pump: undefined,
      sent: undefined,
    };
    member.tallies.arm(tallies);
  };

  /** Sends, if it is this member's turn; resolves when everything was sent and has come. */
  readonly go = async ({ milliseconds }: { readonly milliseconds: number }): Promise<void> => {
    const member = this.joined();
    const phase = this.armed();
    if (phase.isSender) {
      const pump = new CastPump(phase.safe ? safely(member) : member, phase.pattern, phase.number);
      phase.pump = pump;
      member.whenRoom = pump.resume;
      phase.sent = await pump.run({ milliseconds });
    }
    await phase.allEnded;
  };

  /** Its sending ends now. */
  readonly stop = async (_: undefined): Promise<void> => this.armed().pump?.stop();

  /** Resolves when it has a new view; the coordinator asks for one. */
  readonly prompt = async (_: undefined): Promise<void> => {
    const member = this.joined();
    const before = member.view?.viewId.time ?? 0;
    const changed = whenView(member, ({ viewId }) => viewId.time > before);
    if (member.view?.myRank === 0) member.requestNewView();
    await changed;
  };

  /** The views that it has had since it was last asked. */
  readonly takeChanges = async (_: undefined): Promise<readonly Change[]> => this.joined().log.take();

  /** Also in the middle of a phase, to see how far it has come. */
  readonly report = async (_: undefined): Promise<GroupReport> => {
    const member = this.joined();
    const phase = this.armed();
    return {
      member: this.number,
      sent: phase.sent,
      received: this.members.map((endpoint) => phase.tallies.get(endpoint)?.report()),
      failures: member.tallies.takeFailures(),
      cpu: cpuTime(phase.cpu),
      traffic: difference(trafficOf(member.stats()), phase.traffic),
    };
  };

  readonly close = async (_: undefined): Promise<void> => {
    await this.member?.close();
    this.member = undefined;
    this.phase = undefined;
  };

  private joined(): GroupRoleMember {
    if (this.member === undefined) throw new Error('there is no member');
    return this.member;
  }

  private armed(): Phase {
    if (this.phase === undefined) throw new Error('there is no phase');
    return this.phase;
  }
}

function makeMember(open: GroupOpen, { host }: Place): GroupRoleMember {
  const { groupName, properties, mode, threads, mtu, lossRate, seed, state } = open;
  const options = {
    groupName,
    properties,
    mode,
    threadMode: threads,
    address: `${host}:0`,
    mtu,
    seed,
    ...(lossRate > 0 ? { drop: { rate: lossRate, seed } } : {}),
  };
  if (state === undefined) return new MeasuringMember(options);
  return new TransferringMember({ ...options, membership: state.membership }, state.seed);
}

/** Its casts say that they do not change the state. */
function safely(member: GroupRoleMember): Caster {
  if (member instanceof MeasuringMember) throw new Error('there is no state in this group');
  return {
    cast: (payload) => member.cast(payload, SAFE),
    get writableNeedDrain() {
      return member.writableNeedDrain;
    },
  };
}

const SAFE = { safety: 'safe' } as const;

function trafficOf(stats: MemberStats): Traffic {
  const { dataBytesSent, datagramsSent, resentBytes, datagramsReceived, bytesReceived, ...others } = stats;
  const { droppedOnPurpose, systemCalls } = others;
  return {
    dataBytesSent,
    datagramsSent,
    resentBytes,
    datagramsReceived,
    bytesReceived,
    droppedOnPurpose,
    systemCalls,
  };
}

function difference(now: Traffic, before: Traffic): Traffic {
  return {
    dataBytesSent: now.dataBytesSent - before.dataBytesSent,
    datagramsSent: now.datagramsSent - before.datagramsSent,
    resentBytes: now.resentBytes - before.resentBytes,
    datagramsReceived: now.datagramsReceived - before.datagramsReceived,
    bytesReceived: now.bytesReceived - before.bytesReceived,
    droppedOnPurpose: now.droppedOnPurpose - before.droppedOnPurpose,
    systemCalls: now.systemCalls - before.systemCalls,
  };
}

/**
 * One member of a group under load. A phase is: `arm` at all members, then `go` at all, then `report` at all. So nothing of a phase can
 * arrive before its receivers are ready, and counters are read when everything is over.
 */
import type { Address, Endpoint, MemberStats, ThreadMode } from '../../ts/index.js';
import type { Mtu } from '../options.js';
import { Pattern } from '../verify/pattern.js';
import { Tally, type TallyReport } from '../verify/tally.js';
import { CastPump, type Sent } from './cast-pump.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import { MeasuringMember } from './measuring-member.js';

export interface GroupOpen {
  readonly groupName: string;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly mtu: Mtu;
  readonly lossRate: number;
  readonly seed: number;
}

export interface GroupArm {
  readonly phase: number;
  readonly sizeBytes: number;
  /** Ranks 0 to senders - 1 send. */
  readonly senders: number;
  readonly seed: number;
}

export interface GroupReport {
  readonly rank: number;
  readonly sent: Sent | undefined;
  /** By the rank of the sender; undefined: it does not send, or it is this member. */
  readonly received: readonly (TallyReport | undefined)[];
  readonly failures: readonly string[];
  readonly cpu: CpuTime;
  /** What the member counted in this phase. */
  readonly traffic: Traffic;
}

export interface Traffic {
  readonly dataBytesSent: number;
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
  readonly cpu: CpuTime;
  readonly traffic: Traffic;
  sent: Sent | undefined;
}

export class GroupRole {
  private member: MeasuringMember | undefined;
  private phase: Phase | undefined;

  readonly open = async (options: GroupOpen): Promise<Address> => {
    const { groupName, mode, threads, mtu, lossRate, seed } = options;
    const member = new MeasuringMember({
      groupName,
      properties: 'Frag:Flow',
      mode,
      threadMode: threads,
      address: '127.0.0.1:0',
      mtu,
      seed,
      ...(lossRate > 0 ? { drop: { rate: lossRate, seed } } : {}),
    });
    this.member = member;
    await member.open();
    if (member.address === undefined) throw new Error('the member is open and has no address');
    return member.address;
  };

  readonly join = async (members: readonly Address[]): Promise<void> => {
    await this.joined().join({ members });
  };

  readonly arm = async ({ phase, sizeBytes, senders, seed }: GroupArm): Promise<void> => {
    const member = this.joined();
    const { members = [], myRank = 0 } = member.view ?? {};
    const pattern = new Pattern(sizeBytes, seed);
    const tallies = new Map<Endpoint, Tally>();
    const allEnded = Promise.all(
      members.map((endpoint, rank) => {
        if (rank >= senders || rank === myRank) return undefined;
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
      isSender: myRank < senders,
      cpu: cpuTime(),
      traffic: trafficOf(member.stats()),
      sent: undefined,
    };
    member.arm(tallies);
  };

  /** Sends, if it is this member's turn; resolves when everything was sent and has come. */
  readonly go = async ({ milliseconds }: { readonly milliseconds: number }): Promise<void> => {
    const member = this.joined();
    const phase = this.armed();
    if (phase.isSender) {
      const pump = new CastPump(member, phase.pattern, phase.number);
      member.whenRoom = pump.resume;
      phase.sent = await pump.run(milliseconds);
    }
    await phase.allEnded;
  };

  /** Also in the middle of a phase, to see how far it has come. */
  readonly report = async (_: undefined): Promise<GroupReport> => {
    const member = this.joined();
    const phase = this.armed();
    const { members = [], myRank = -1 } = member.view ?? {};
    return {
      rank: myRank,
      sent: phase.sent,
      received: members.map((endpoint) => phase.tallies.get(endpoint)?.report()),
      failures: member.takeFailures(),
      cpu: cpuTime(phase.cpu),
      traffic: difference(trafficOf(member.stats()), phase.traffic),
    };
  };

  readonly close = async (_: undefined): Promise<void> => {
    await this.member?.close();
    this.member = undefined;
    this.phase = undefined;
  };

  private joined(): MeasuringMember {
    if (this.member === undefined) throw new Error('there is no member');
    return this.member;
  }

  private armed(): Phase {
    if (this.phase === undefined) throw new Error('there is no phase');
    return this.phase;
  }
}

function trafficOf(stats: MemberStats): Traffic {
  const { dataBytesSent, resentBytes, datagramsReceived, bytesReceived, droppedOnPurpose, systemCalls } = stats;
  return { dataBytesSent, resentBytes, datagramsReceived, bytesReceived, droppedOnPurpose, systemCalls };
}

function difference(now: Traffic, before: Traffic): Traffic {
  return {
    dataBytesSent: now.dataBytesSent - before.dataBytesSent,
    resentBytes: now.resentBytes - before.resentBytes,
    datagramsReceived: now.datagramsReceived - before.datagramsReceived,
    bytesReceived: now.bytesReceived - before.bytesReceived,
    droppedOnPurpose: now.droppedOnPurpose - before.droppedOnPurpose,
    systemCalls: now.systemCalls - before.systemCalls,
  };
}

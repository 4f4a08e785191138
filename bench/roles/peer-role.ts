/** One end of what groups are compared with, in a worker. */
import { openHelperEnd } from '../peers/helper-end.js';
import { LinkEnd } from '../peers/link-end.js';
import { openNatsLink } from '../peers/nats-link.js';
import type { PeerArm, PeerEnd, PeerPlace } from '../peers/peer-end.js';
import type { PeerLink } from '../peers/peer-link.js';
import type { PeerName } from '../peers/peer-table.js';
import { openRedisLink } from '../peers/redis-link.js';
import { openZeromqLink } from '../peers/zeromq-link.js';
import type { TallyReport } from '../verify/tally.js';
import type { Amount, Sent } from './cast-pump.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import type { LatencyMeasure, LatencyReport } from './latency-role.js';

export interface PeerOpen {
  readonly peer: PeerName;
  readonly place: PeerPlace;
  readonly side: number;
}

/** Of this process, and of a helper program that works for it. */
export interface PeerCpu {
  readonly own: CpuTime;
  readonly helperSeconds: number;
}

type OpenLink = (place: PeerPlace, side: number) => Promise<PeerLink>;

const throughLink = (open: OpenLink) => async (place: PeerPlace, side: number) =>
  new LinkEnd(await open(place, side), side);

const OPEN: Readonly<Record<PeerName, (place: PeerPlace, side: number) => Promise<PeerEnd>>> = {
  nats: throughLink(openNatsLink),
  redis: throughLink(openRedisLink),
  zeromq: throughLink(openZeromqLink),
  corosync: openHelperEnd,
  jgroups: openHelperEnd,
};

export class PeerRole {
  private end: PeerEnd | undefined;
  private cpuBefore: PeerCpu = { own: cpuTime(), helperSeconds: 0 };

  readonly open = async ({ peer, place, side }: PeerOpen): Promise<void> => {
    this.end = await OPEN[peer](place, side);
  };

  readonly arm = async (arm: PeerArm): Promise<void> => {
    const end = this.opened();
    await end.arm(arm);
    this.cpuBefore = { own: cpuTime(), helperSeconds: await end.extraCpuSeconds() };
  };

  readonly send = (amount: Amount): Promise<Sent> => this.opened().send(amount);

  readonly receive = (_: undefined): Promise<TallyReport> => this.opened().receive();

  /** Since it was armed. */
  readonly cpu = async (_: undefined): Promise<PeerCpu> => {
    const { own, helperSeconds } = this.cpuBefore;
    return { own: cpuTime(own), helperSeconds: (await this.opened().extraCpuSeconds()) - helperSeconds };
  };

  readonly echo = ({ sizeBytes }: { readonly sizeBytes: number }): Promise<void> => this.opened().echo(sizeBytes);

  readonly ping = ({
    sizeBytes,
    ...measure
  }: LatencyMeasure & { readonly sizeBytes: number }): Promise<LatencyReport> => this.opened().ping(measure, sizeBytes);

  readonly takeArrivals = (_: undefined): Promise<Float64Array> => this.opened().takeArrivals();

  readonly close = async (_: undefined): Promise<void> => {
    const { end } = this;
    this.end = undefined;
    await end?.close();
  };

  private opened(): PeerEnd {
    if (this.end === undefined) throw new Error('there is no peer');
    return this.end;
  }
}

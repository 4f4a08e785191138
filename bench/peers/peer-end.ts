/** One end of what groups are compared with: the same orders for all peers, whatever carries them out. */

import type { Amount, Sent } from '../roles/cast-pump.js';
import type { LatencyMeasure, LatencyReport } from '../roles/latency-role.js';
import type { TallyReport } from '../verify/tally.js';

/** Where a peer's server is, and what a peer has to be told; made by the coordinator. */
export interface PeerPlace {
  readonly host: string;
  /** 0: there is no server to connect to. */
  readonly port: number;
  /** The channel, subject, group: nobody else has it. */
  readonly channel: string;
  /** A helper program that does the work: command and arguments. */
  readonly helper?: readonly [string, ...string[]];
  /** Whatever else it is told when it opens. */
  readonly extra?: string;
}

export interface PeerArm {
  readonly phase: number;
  readonly sizeBytes: number;
  readonly seed: number;
}

/** Side 0 sends and asks, side 1 receives and answers. */
export interface PeerEnd {
  /** Another phase of throughput begins. */
  arm(arm: PeerArm): Promise<void>;
  /** Sends so much, then the end marker. */
  send(amount: Amount): Promise<Sent>;
  /** Resolves when the end marker is here. */
  receive(): Promise<TallyReport>;
  /** What comes is answered from now on. */
  echo(sizeBytes: number): Promise<void>;
  ping(measure: LatencyMeasure, sizeBytes: number): Promise<LatencyReport>;
  /** When what was answered had come; ms of the machine. */
  takeArrivals(): Promise<Float64Array>;
  /** CPU time that it has used beside this process's, since it was opened. */
  extraCpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

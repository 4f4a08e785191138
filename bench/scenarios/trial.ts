/** What all trials have in common. A trial is one measurement of one row. */
import { randomBytes } from 'node:crypto';
import type { Network } from '../options.js';
import type { Block, GroupRow, Row } from '../plan.js';
import type { Amount } from '../roles/cast-pump.js';

/** Told to the user as the row's error. */
export class TrialError extends Error {
  override readonly name = 'TrialError';
}

export interface TrialSettings {
  readonly quick: boolean;
  readonly seconds: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly folder: string | undefined;
}

export interface Trial<R> {
  readonly block: Block;
  readonly row: R;
  readonly repetition: number;
  readonly settings: TrialSettings;
}

/** What a call may take beyond what it is told to take. Seconds. */
export const PATIENCE_SECONDS = 30;

/** A state may be carried so slowly before it is given up. */
export const LEAST_BYTES_PER_SECOND = 5e6;

const MIN_WARM_UP_SECONDS = 0.1;
const COLD_WARM_UP_SECONDS = 0.4;
const MAX_WARM_UP_SECONDS = 1;

/** The interface's MTU, of 65,536 bytes and of 1,500, less the headers of IPv4 and UDP, cut to a multiple of 8. */
const FRAME_BYTES: Readonly<Record<Network, number>> = { loopback: 65504, netns: 1472 };

/** The first measurement of a crew comes with code that no JIT has seen; so does each of a member that brings a new I/O worker. */
export function warmUpSeconds({ row, repetition, settings }: Trial<Row>): number {
  const { seconds } = settings;
  const warmUp = Math.min(MAX_WARM_UP_SECONDS, Math.max(MIN_WARM_UP_SECONDS, seconds / 3));
  const brings = row.kind === 'group' && row.threads === 'multi' && row.mode !== 'native';
  return repetition === 0 || brings ? Math.max(COLD_WARM_UP_SECONDS, warmUp) : warmUp;
}

/** What sending so much may take. */
export function patienceFor({ milliseconds = 0, messages = 0 }: Amount, sizeBytes: number): number {
  return milliseconds / 1000 + (messages * sizeBytes) / LEAST_BYTES_PER_SECOND + PATIENCE_SECONDS;
}

/** Of a frame, at most. */
export function frameBytes({ mtu, network = 'loopback' }: Pick<Block, 'mtu' | 'network'>): number {
  return mtu === 'auto' ? FRAME_BYTES[network] : mtu;
}

/** The data plane of one member: in a mixed group every other one is native. */
export function modeOf({ mode }: GroupRow, member: number): 'native' | 'ts' {
  if (mode === 'mixed') return member % 2 === 0 ? 'native' : 'ts';
  return mode;
}

/** A name that no other run on this machine has: what is still on its way to a port that was used before must not get in. */
export function freshGroupName(): string {
  return `bench ${randomBytes(8).toString('hex')}`;
}

/** Different for each member and measurement, the same in each run. */
export function memberSeed({ settings, repetition }: Trial<unknown>, member: number): number {
  return (settings.seed + repetition * 1009 + member * 9176) >>> 0;
}

/** Throughput of a real group: opens it, warms it up, measures, verifies, closes it. */

import { type GroupRow, isFixed, propertiesOf, senderCount } from '../plan.js';
import { ActorTimeoutError } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { ReceiverSample, ThroughputSample } from '../results.js';
import { totalCpuSeconds } from '../roles/cpu-time.js';
import type { GroupReport } from '../roles/group-role.js';
import { findFaults } from '../verify/check-group.js';
import type { TallyReport } from '../verify/tally.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import {
  frameBytes,
  freshGroupName,
  memberSeed,
  modeOf,
  PATIENCE_SECONDS,
  type Trial,
  TrialError,
  warmUpSeconds,
} from './trial.js';

const WARM_UP = 1;
const MEASURE = 2;
const PROGRESS_SECONDS = 2;

export async function measureGroup(crew: Crew, trial: Trial<GroupRow>): Promise<ThroughputSample> {
  const { settings } = trial;
  await openGroup(crew, trial);
  await runPhase(crew, trial, WARM_UP, warmUpSeconds(trial));
  const reports = await runPhase(crew, trial, MEASURE, settings.seconds);
  await Promise.all(crew.actors.map((actor) => actor.call('groupClose', undefined, PATIENCE_SECONDS)));
  return makeSample(trial, reports);
}

/** Resolves when all are in one view. */
export async function openGroup(crew: Crew, trial: Trial<GroupRow>): Promise<void> {
  const { row, block } = trial;
  const common = { groupName: freshGroupName(), properties: propertiesOf(row), threads: row.threads };
  const members = await Promise.all(
    crew.actors.map((actor, member) => {
      const seed = memberSeed(trial, member);
      const { lossRate } = row;
      const options = { ...common, member, mode: modeOf(row, member), mtu: block.mtu, lossRate, seed };
      return actor.call('groupOpen', options, PATIENCE_SECONDS);
    }),
  );
  await Promise.all(
    crew.actors.map((actor) => actor.call('groupJoin', { members, fixed: isFixed(row) }, PATIENCE_SECONDS)),
  );
}

/** All are armed, the senders send for so long, all report, and what they report is verified. @param safe see GroupArm */
export async function runPhase(
  crew: Crew,
  { row, block, settings }: Trial<GroupRow>,
  phase: number,
  seconds: number,
  safe = false,
): Promise<readonly GroupReport[]> {
  const { actors } = crew;
  const senders = senderCount(row);
  const arm = { phase, sizeBytes: block.sizeBytes, senders, seed: settings.seed, safe };
  await Promise.all(actors.map((actor) => actor.call('groupArm', arm, PATIENCE_SECONDS)));
  const going = actors.map((actor) =>
    actor.call('groupGo', { milliseconds: seconds * 1000 }, seconds + PATIENCE_SECONDS),
  );
  try {
    await Promise.all(going);
  } catch (error) {
    if (!(error instanceof ActorTimeoutError)) throw error;
    throw new TrialError(`${error.message}: ${await describeProgress(crew)}`);
  }
  const reports = await Promise.all(actors.map((actor) => actor.call('groupReport', undefined, PATIENCE_SECONDS)));
  const faults = findFaults(reports, senders);
  if (faults.length > 0) throw new UnverifiedError(`${faults.join('; ')}`);
  return reports;
}

/** How far each member has come: what one wants to know when it goes no further. */
async function describeProgress({ actors }: Crew): Promise<string> {
  const told = await Promise.allSettled(actors.map((actor) => actor.call('groupReport', undefined, PROGRESS_SECONDS)));
  return told
    .map((result, rank) => {
      if (result.status === 'rejected') return `member ${rank} does not answer`;
      const { sent, received, failures } = result.value;
      const parts = received.flatMap((tally, from) =>
        tally === undefined
          ? []
          : [`has ${tally.messages} messages of member ${from}${tally.ended ? ' and the end' : ''}`],
      );
      if (sent !== undefined) parts.unshift(`sent ${sent.messages} messages`);
      return `member ${rank} ${[...parts, ...failures].join(', ') || 'is still sending'}`;
    })
    .join('; ');
}

function makeSample({ block, row, repetition }: Trial<GroupRow>, reports: readonly GroupReport[]): ThroughputSample {
  const receivers = reports.flatMap(receiverSample);
  const rates = ratesOf(receivers);
  const slowest = Math.min(...rates);
  const delivered = receivers.reduce((sum, { messages }) => sum + messages, 0);
  const sum = (get: (report: GroupReport) => number) => reports.reduce((total, report) => total + get(report), 0);
  const sentMessages = sum(({ sent }) => sent?.messages ?? 0);
  return {
    repetition,
    messagesPerSecond: slowest,
    bytesPerSecond: slowest * block.sizeBytes,
    deliveredMessagesPerSecond: rates.reduce((total, rate) => total + rate, 0),
    receivers,
    sentMessages,
    cpuSecondsPerMillionMessages: (totalCpuSeconds(reports.map(({ cpu }) => cpu)) * 1e6) / delivered,
    resentBytes: sum(({ traffic }) => traffic.resentBytes),
    ...(row.lossRate > 0
      ? {
          lostFrames: sum(({ traffic }) => traffic.droppedOnPurpose),
          lostBytes: Math.round(sum((report) => lostBytes(report, frameBytes(block)))),
        }
      : {}),
    systemCallsPerThousandMessages: (sum(({ traffic }) => traffic.systemCalls) * 1000) / delivered,
  };
}

/** What the slowest receiver got. Messages per second. */
export function slowestRate(reports: readonly GroupReport[]): number {
  return Math.min(...ratesOf(reports.flatMap(receiverSample)));
}

function ratesOf(receivers: readonly ReceiverSample[]): readonly number[] {
  const rates = receivers.map(({ messages, seconds }) => messages / seconds);
  if (rates.length === 0 || rates.some((rate) => !(rate > 0 && Number.isFinite(rate)))) {
    throw new TrialError('too few messages came to tell a rate: give it more --seconds');
  }
  return rates;
}

/** About: the socket may count what came as one segmented datagram once, so a frame is at most as long as frames are. */
function lostBytes({ traffic }: GroupReport, mostFrameBytes: number): number {
  const { droppedOnPurpose, bytesReceived, datagramsReceived } = traffic;
  return droppedOnPurpose * Math.min(mostFrameBytes, bytesReceived / Math.max(1, datagramsReceived));
}

function receiverSample({ member, received }: GroupReport): readonly ReceiverSample[] {
  // What a member delivers to itself is verified, and makes no receiver of it.
  const tallies = received.filter((tally, from) => tally !== undefined && from !== member) as TallyReport[];
  if (tallies.length === 0) return [];
  const firstMs = Math.min(...tallies.map((tally) => tally.firstMs));
  const lastMs = Math.max(...tallies.map((tally) => tally.lastMs));
  return [
    {
      member,
      messages: tallies.reduce((sum, tally) => sum + tally.messages, 0),
      seconds: (lastMs - firstMs) / 1000,
      comparedMessages: tallies.reduce((sum, tally) => sum + tally.compared, 0),
    },
  ];
}

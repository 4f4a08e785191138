/** Round trips: in ping-pong and at a fixed rate, of a group and of plain datagrams. */

import { type GroupRow, isFixed, propertiesOf, type Row } from '../plan.js';
import type { Crew } from '../pool/crew.js';
import {
  freshGroupName,
  memberSeed,
  modeOf,
  PATIENCE_SECONDS,
  type Trial,
  TrialError,
  warmUpSeconds,
} from './trial.js';

export interface LatencyMeasurement {
  readonly repetition: number;
  /** Round trips in ns. */
  readonly pingPongNanos: Float64Array;
  readonly atRateNanos: Float64Array;
}

export async function measureLatency(crew: Crew, trial: Trial<Row>): Promise<LatencyMeasurement> {
  const { row, settings, repetition } = trial;
  const { seconds, ratePerSecond } = settings;
  const [asking] = crew.actors;
  if (asking === undefined) throw new TrialError('there is nobody to ask');
  if (row.kind === 'group') await openGroup(crew, { ...trial, row });
  else await openDgram(crew, trial);
  const measure = async (rate: number | undefined, forSeconds: number) => {
    const options = { ratePerSecond: rate, milliseconds: forSeconds * 1000 };
    const { roundTripsNanos } = await asking.call('latencyMeasure', options, forSeconds + PATIENCE_SECONDS);
    return roundTripsNanos;
  };
  await measure(undefined, warmUpSeconds(trial));
  const pingPongNanos = await measure(undefined, seconds);
  const atRateNanos = await measure(ratePerSecond, seconds);
  await Promise.all(crew.actors.map((actor) => actor.call('latencyClose', undefined, PATIENCE_SECONDS)));
  return { repetition, pingPongNanos, atRateNanos };
}

async function openGroup({ actors }: Crew, trial: Trial<GroupRow>): Promise<void> {
  const { row, block } = trial;
  const groupName = freshGroupName();
  const members = await Promise.all(
    actors.map((actor, member) => {
      const { threads, lossRate } = row;
      const common = {
        groupName,
        properties: propertiesOf(row),
        threads,
        mtu: block.mtu,
        lossRate,
        sizeBytes: block.sizeBytes,
      };
      const options = { ...common, mode: modeOf(row, member), seed: memberSeed(trial, member), member };
      return actor.call('latencyOpenGroup', options, PATIENCE_SECONDS);
    }),
  );
  await Promise.all(
    actors.map((actor) => actor.call('latencyJoinGroup', { members, fixed: isFixed(row) }, PATIENCE_SECONDS)),
  );
}

async function openDgram({ actors }: Crew, { block }: Trial<Row>): Promise<void> {
  const ports = await Promise.all(
    actors.map((actor, rank) => actor.call('latencyOpenDgram', { rank, sizeBytes: block.sizeBytes }, PATIENCE_SECONDS)),
  );
  await Promise.all(
    actors.map((actor, rank) => actor.call('latencyConnectDgram', ports[1 - rank] as number, PATIENCE_SECONDS)),
  );
}

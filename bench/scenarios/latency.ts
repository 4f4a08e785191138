/** Round trips: in ping-pong and at a fixed rate, of a group and of plain datagrams. */

import type { Address } from '../../ts/index.js';
import { type GroupRow, isFixed, propertiesOf, type Row } from '../plan.js';
import type { Crew } from '../pool/crew.js';
import { type LatencyMeasurement, type LoadTimes, timesOf } from './latency-times.js';
import { isPeer, measurePeerLatency } from './peer-trial.js';
import {
  freshGroupName,
  memberSeed,
  modeOf,
  PATIENCE_SECONDS,
  type Trial,
  TrialError,
  warmUpSeconds,
} from './trial.js';

export async function measureLatency(crew: Crew, trial: Trial<Row>): Promise<LatencyMeasurement> {
  const { row, settings, repetition } = trial;
  const { seconds, ratePerSecond } = settings;
  const [asking, answering] = crew.actors;
  if (asking === undefined || answering === undefined) throw new TrialError('there is nobody to ask');
  if (row.kind === 'group') await openGroup(crew, { ...trial, row });
  else if (isPeer(row)) return measurePeerLatency(crew, { ...trial, row });
  else await openDgram(crew, trial);
  const measure = async (rate: number | undefined, forSeconds: number): Promise<LoadTimes> => {
    const options = { ratePerSecond: rate, milliseconds: forSeconds * 1000 };
    const asked = await asking.call('latencyMeasure', options, forSeconds + PATIENCE_SECONDS);
    const arrivedMs = await answering.call('latencyTakeArrivals', undefined, PATIENCE_SECONDS);
    return timesOf(asked, arrivedMs);
  };
  await measure(undefined, warmUpSeconds(trial));
  const pingPong = await measure(undefined, seconds);
  const atRate = await measure(ratePerSecond, seconds);
  await Promise.all(crew.actors.map((actor) => actor.call('latencyClose', undefined, PATIENCE_SECONDS)));
  return { repetition, pingPong, atRate };
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
  const addresses = await Promise.all(
    actors.map((actor, rank) => actor.call('latencyOpenDgram', { rank, sizeBytes: block.sizeBytes }, PATIENCE_SECONDS)),
  );
  await Promise.all(
    actors.map((actor, rank) => actor.call('latencyConnectDgram', addresses[1 - rank] as Address, PATIENCE_SECONDS)),
  );
}

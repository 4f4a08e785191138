/**
 * State transfer: a group whose last member is a client becomes, three times, one in which it is a server too. First it gets a state as a whole, as fast as
 * it comes, and then once more, in parts that are its own. Then casts are measured: with no transfer and while a free one is in progress, and safe casts with no transfer and with a protected one.
 */
import type { TransferType } from '../../ts/index.js';
import { type GroupRow, propertiesOf } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { TransferSample } from '../results.js';
import { totalCpuSeconds } from '../roles/cpu-time.js';
import { runPhase, slowestRate } from './group-throughput.js';
import {
  freshGroupName,
  LEAST_BYTES_PER_SECOND,
  memberSeed,
  modeOf,
  PATIENCE_SECONDS,
  type Trial,
  TrialError,
  warmUpSeconds,
} from './trial.js';

/** A state is fetched before that is a quarter as long, within these bounds: what runs is compiled then. Bytes. */
const MIN_WARM_UP_BYTES = 4 * 2 ** 20;
const MAX_WARM_UP_BYTES = 128 * 2 ** 20;

/** Phases of casting, by number. */
const WARM_UP = 1;
const PLAIN = 2;
const UNDER_FREE = 3;
const SAFE_PLAIN = 4;
const UNDER_PROTECTED = 5;

export async function measureTransfer(crew: Crew, trial: Trial<GroupRow>): Promise<TransferSample> {
  const { settings, repetition } = trial;
  await Promise.all(crew.actors.map((actor) => actor.call('transferWatch', undefined, PATIENCE_SECONDS)));
  await openGroup(crew, trial);
  const whole = await fetchState(crew, trial);
  await runPhase(crew, trial, WARM_UP, warmUpSeconds(trial));
  const castsPerSecond = slowestRate(await runPhase(crew, trial, PLAIN, settings.seconds));
  const free = await castUnder('free', crew, trial, UNDER_FREE);
  const safeCastsPerSecond = slowestRate(await runPhase(crew, trial, SAFE_PLAIN, settings.seconds, true));
  const guarded = await castUnder('protected', crew, trial, UNDER_PROTECTED);
  await Promise.all(crew.actors.map((actor) => actor.call('groupClose', undefined, PATIENCE_SECONDS)));
  return {
    repetition,
    ...whole,
    castsPerSecond,
    castsUnderFreePerSecond: free.castsPerSecond,
    safeCastsPerSecond,
    safeCastsUnderProtectedPerSecond: guarded.castsPerSecond,
    stateUnderFreeBytesPerSecond: free.stateBytesPerSecond,
    stateUnderProtectedBytesPerSecond: guarded.stateBytesPerSecond,
  };
}

async function openGroup({ actors }: Crew, trial: Trial<GroupRow>): Promise<void> {
  const { row, block, settings } = trial;
  const { threads, lossRate } = row;
  const common = { groupName: freshGroupName(), properties: propertiesOf(row), threads, lossRate, mtu: block.mtu };
  const members = await Promise.all(
    actors.map((actor, member) => {
      const membership = member === actors.length - 1 ? ('client' as const) : ('server' as const);
      const state = { seed: settings.seed, membership };
      const own = { member, mode: modeOf(row, member), seed: memberSeed(trial, member), state };
      return actor.call('groupOpen', { ...common, ...own }, PATIENCE_SECONDS);
    }),
  );
  await Promise.all(actors.map((actor) => actor.call('groupJoin', { members, fixed: false }, PATIENCE_SECONDS)));
}

/** The whole state, and what it cost. Who gives it is the first server of the view: with more than two members any of them. */
async function fetchState({ actors }: Crew, { block }: Trial<GroupRow>) {
  const stateBytes = block.stateBytes ?? 0;
  const warmUpBytes = Math.min(MAX_WARM_UP_BYTES, Math.max(MIN_WARM_UP_BYTES, Math.round(stateBytes / 4)));
  const patience = (warmUpBytes + stateBytes) / LEAST_BYTES_PER_SECOND + PATIENCE_SECONDS;
  await Promise.all(actors.map((actor) => actor.call('transferArm', undefined, PATIENCE_SECONDS)));
  const fetch = { stateBytes, warmUpBytes };
  const { seconds } = await getter(actors).call('transferFetch', { ...fetch, reuse: true }, patience);
  const spent = await Promise.all(actors.map((actor) => actor.call('transferSpent', undefined, PATIENCE_SECONDS)));
  const own = await getter(actors).call('transferFetch', { ...fetch, reuse: false }, patience);
  const peaks = await Promise.all(actors.map((actor) => actor.call('transferPeak', undefined, PATIENCE_SECONDS)));
  return {
    seconds,
    bytesPerSecond: stateBytes / seconds,
    ownPartsBytesPerSecond: stateBytes / own.seconds,
    cpuSecondsPerGigabyte: (totalCpuSeconds(spent) * 1e9) / (warmUpBytes + stateBytes),
    giverPeakBytes: Math.max(...peaks.slice(0, -1)),
    getterPeakBytes: peaks.at(-1) ?? 0,
  };
}

/** Casts while a transfer is in progress; only what is safe enough for it goes out. */
async function castUnder(transfer: TransferType, crew: Crew, trial: Trial<GroupRow>, phase: number) {
  const { seconds } = trial.settings;
  const actor = getter(crew.actors);
  await actor.call('transferBegin', transfer, PATIENCE_SECONDS);
  const startMs = performance.now();
  const reports = await runPhase(crew, trial, phase, seconds, transfer === 'protected');
  const tookSeconds = (performance.now() - startMs) / 1000;
  const stateBytes = await actor.call('transferEnd', undefined, PATIENCE_SECONDS);
  return { castsPerSecond: slowestRate(reports), stateBytesPerSecond: stateBytes / tookSeconds };
}

function getter(actors: readonly Actor[]): Actor {
  const last = actors.at(-1);
  if (last === undefined) throw new TrialError('there is nobody to get the state');
  return last;
}

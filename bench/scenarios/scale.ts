/** What a message and a change of the view cost in a group of some size: of a real one in time and datagrams, of a simulated one in datagrams and records. */
import type { GroupRow, SimulatedRow } from '../plan.js';
import type { Crew } from '../pool/crew.js';
import type { ScaleSample } from '../results.js';
import type { Change } from '../roles/change-log.js';
import { totalCpuSeconds } from '../roles/cpu-time.js';
import type { GroupReport } from '../roles/group-role.js';
import { openGroup, runPhase, slowestRate } from './group-throughput.js';
import { PATIENCE_SECONDS, type Trial, TrialError, warmUpSeconds } from './trial.js';

const WARM_UP = 1;
const MEASURE = 2;
const CHANGES = 3;
const ROUNDS = 10;
const QUICK_ROUNDS = 3;
/** A large group is simulated for minutes where the machine has other things to do. */
const SIMULATION_SECONDS = 600;

export async function measureScale(crew: Crew, trial: Trial<GroupRow>): Promise<ScaleSample> {
  const { settings, repetition } = trial;
  await openGroup(crew, trial);
  await runPhase(crew, trial, WARM_UP, warmUpSeconds(trial));
  const reports = await runPhase(crew, trial, MEASURE, settings.seconds);
  const sent = sum(reports, (report) => report.sent?.messages ?? 0);
  const changes = await changeViews(crew, trial);
  await Promise.all(crew.actors.map((actor) => actor.call('groupClose', undefined, PATIENCE_SECONDS)));
  return {
    repetition,
    messagesPerSecond: slowestRate(reports),
    cpuMicrosPerMessage: (cpuSeconds(reports) * 1e6) / sent,
    datagramsPerMessage: datagrams(reports) / sent,
    ...changes,
  };
}

export async function measureSimulated(crew: Crew, trial: Trial<SimulatedRow>): Promise<ScaleSample> {
  const { row, block, settings, repetition } = trial;
  const [actor] = crew.actors;
  if (actor === undefined) throw new TrialError('there is nobody to simulate');
  const { members, mode } = row;
  const simulate = { members, mode, sizeBytes: block.sizeBytes, seed: settings.seed };
  const { changed, messages, messageDatagrams } = await actor.call('scaleSimulate', simulate, SIMULATION_SECONDS);
  return {
    repetition,
    datagramsPerMessage: messageDatagrams / messages,
    datagramsPerChange: changed.datagrams,
    recordsPerChange: changed.records,
  };
}

/** New views of the same members, one after the other, while nobody sends. */
async function changeViews({ actors }: Crew, { row, block, settings }: Trial<GroupRow>) {
  const rounds = settings.quick ? QUICK_ROUNDS : ROUNDS;
  const arm = { phase: CHANGES, sizeBytes: block.sizeBytes, senders: 0, seed: settings.seed };
  const ask = <Name extends 'groupPrompt' | 'groupTakeChanges' | 'groupReport'>(name: Name) =>
    Promise.all(actors.map((actor) => actor.call(name, undefined, PATIENCE_SECONDS)));
  await Promise.all(actors.map((actor) => actor.call('groupArm', arm, PATIENCE_SECONDS)));
  await ask('groupTakeChanges');
  const changeMillis: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await ask('groupPrompt');
    changeMillis.push(tookMillis((await ask('groupTakeChanges')) as (readonly Change[])[], row.members));
  }
  const reports = (await ask('groupReport')) as GroupReport[];
  return {
    changeMillis,
    cpuMillisPerChange: (cpuSeconds(reports) * 1000) / rounds,
    datagramsPerChange: datagrams(reports) / rounds,
  };
}

/** From the first member that was kept from sending to the last that had the new view. */
function tookMillis(taken: readonly (readonly Change[])[], members: number): number {
  const changes = taken.flat();
  const blocked = changes.flatMap(({ blockedMs }) => (blockedMs === undefined ? [] : [blockedMs]));
  if (changes.length < members || blocked.length === 0) throw new TrialError('a member has not told of its new view');
  return Math.max(...changes.map(({ acceptedMs }) => acceptedMs)) - Math.min(...blocked);
}

function cpuSeconds(reports: readonly GroupReport[]): number {
  return totalCpuSeconds(reports.map(({ cpu }) => cpu));
}

function datagrams(reports: readonly GroupReport[]): number {
  return sum(reports, ({ traffic }) => traffic.datagramsSent);
}

function sum(reports: readonly GroupReport[], get: (report: GroupReport) => number): number {
  return reports.reduce((total, report) => total + get(report), 0);
}

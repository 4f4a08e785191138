/**
 * View changes while all members cast as fast as they can: how long each is kept from sending, and whether everybody gets everything across the views.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../ts/index.js';
import { type GroupRow, propertiesOf } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { Change } from '../roles/change-log.js';
import { findFaults } from '../verify/check-group.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import type { ViewMeasure } from '../view-measures.js';
import { freshGroupName, memberSeed, modeOf, PATIENCE_SECONDS, type Trial, TrialError } from './trial.js';

const PHASE = 1;
/** Of undisturbed casting before the first change and after each. */
const BETWEEN_MS = 100;
const ROUNDS = 3;
const QUICK_ROUNDS = 1;

type Blocked = { readonly [Measure in Extract<ViewMeasure, `blocked${string}`>]: readonly number[] };

export async function measureChangesUnderLoad(
  crew: Crew,
  trial: Trial<GroupRow>,
): Promise<Blocked & { readonly verifiedMessages: number }> {
  const { row, settings } = trial;
  const actors = crew.actors.slice(0, row.members);
  const guest = crew.actors[row.members] as Actor;
  const { addresses, guestAddress } = await openAll(actors, guest, trial);
  await Promise.all(
    actors.map((actor) => actor.call('groupJoin', { members: addresses, fixed: false }, PATIENCE_SECONDS)),
  );
  const arm = { phase: PHASE, sizeBytes: trial.block.sizeBytes, senders: row.members, seed: settings.seed };
  await Promise.all(actors.map((actor) => actor.call('groupArm', arm, PATIENCE_SECONDS)));
  // What happened while they came together is not under load.
  await takeChanges(actors);
  const going = actors.map((actor) =>
    actor.call('groupGo', { milliseconds: PATIENCE_SECONDS * 1000 }, 2 * PATIENCE_SECONDS),
  );
  const changes = await Promise.race([
    changeViews(actors, guest, [...addresses, guestAddress], settings.quick ? QUICK_ROUNDS : ROUNDS),
    // A member that can't go on says why.
    Promise.all(going).then(() => Promise.reject(new TrialError('the load ended before the changes did'))),
  ]);
  await Promise.all(actors.map((actor) => actor.call('groupStop', undefined, PATIENCE_SECONDS)));
  await Promise.all(going);
  const reports = await Promise.all(actors.map((actor) => actor.call('groupReport', undefined, PATIENCE_SECONDS)));
  const faults = findFaults(reports, row.members);
  if (faults.length > 0) throw new UnverifiedError(`${faults.join('; ')}`);
  await Promise.all(actors.map((actor) => actor.call('groupClose', undefined, PATIENCE_SECONDS)));
  await guest.call('viewsClose', undefined, PATIENCE_SECONDS);
  const verifiedMessages = reports.reduce(
    (sum, { received }) => sum + received.reduce((total, tally) => total + (tally?.messages ?? 0), 0),
    0,
  );
  return { ...changes, verifiedMessages };
}

async function openAll(actors: readonly Actor[], guest: Actor, trial: Trial<GroupRow>) {
  const { row, block } = trial;
  const { threads, lossRate } = row;
  const common = { groupName: freshGroupName(), properties: propertiesOf(row), threads, lossRate };
  const addresses = await Promise.all(
    actors.map((actor, member) => {
      const own = { member, mode: modeOf(row, member), mtu: block.mtu, seed: memberSeed(trial, member) };
      return actor.call('groupOpen', { ...common, ...own }, PATIENCE_SECONDS);
    }),
  );
  const own = { params: '', mode: modeOf(row, row.members), seed: memberSeed(trial, row.members) };
  return { addresses, guestAddress: await guest.call('viewsOpen', { ...common, ...own }, PATIENCE_SECONDS) };
}

/** New views on request; then another member comes and goes. */
async function changeViews(
  actors: readonly Actor[],
  guest: Actor,
  all: readonly Address[],
  rounds: number,
): Promise<Blocked> {
  const took = { blockedPrompt: [] as number[], blockedJoin: [] as number[], blockedLeave: [] as number[] };
  await sleep(BETWEEN_MS);
  for (let round = 0; round < rounds; round++) {
    await Promise.all(actors.map((actor) => actor.call('groupPrompt', undefined, PATIENCE_SECONDS)));
    await sleep(BETWEEN_MS);
    took.blockedPrompt.push(...blockedIn(await takeChanges(actors)));
    await guest.call('viewsJoin', all, PATIENCE_SECONDS);
    await sleep(BETWEEN_MS);
    took.blockedJoin.push(...blockedIn(await takeChanges(actors)));
    await guest.call('viewsLeave', undefined, PATIENCE_SECONDS);
    await sleep(BETWEEN_MS);
    took.blockedLeave.push(...blockedIn(await takeChanges(actors)));
  }
  return took;
}

async function takeChanges(actors: readonly Actor[]): Promise<readonly Change[]> {
  const taken = await Promise.all(actors.map((actor) => actor.call('groupTakeChanges', undefined, PATIENCE_SECONDS)));
  return taken.flat();
}

/** How long each member could not send: from onBlock to the view in which it could again. */
function blockedIn(changes: readonly Change[]): readonly number[] {
  return changes.flatMap(({ blockedMs, acceptedMs }) => (blockedMs === undefined ? [] : [acceptedMs - blockedMs]));
}

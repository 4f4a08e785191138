/** Throughput and round trips of what others would take: one sender, one receiver, the same bytes, the same checks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerServer } from '../peers/peer-server.js';
import { PEER_NAMES } from '../peers/peer-table.js';
import type { PeerRow, Row } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { ThroughputSample } from '../results.js';
import type { Amount } from '../roles/cast-pump.js';
import { totalCpuSeconds } from '../roles/cpu-time.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import { type LatencyMeasurement, type LoadTimes, timesOf } from './latency-times.js';
import { PATIENCE_SECONDS, patienceFor, type Trial, TrialError, warmUpSeconds } from './trial.js';

/** After a phase some of what it took is still being done: by garbage collectors, and by daemons. */
const SETTLE_MS = 20;
/** Each measurement has a virtual machine of its own. */
const JVM_WARM_UP_SECONDS = 2;

export function isPeer(row: Row): row is PeerRow {
  return PEER_NAMES.some((name) => name === row.kind);
}

export function measurePeerThroughput(crew: Crew, trial: Trial<PeerRow>): Promise<ThroughputSample> {
  return measurePeerStream(crew, trial, { milliseconds: trial.settings.seconds * 1000 });
}

/** So much as fast as it goes, after a warm-up. */
export async function measurePeerStream(crew: Crew, trial: Trial<PeerRow>, amount: Amount): Promise<ThroughputSample> {
  const pair = await openPair(crew, trial);
  await runPhase(pair, trial, 1, { milliseconds: peerWarmUpSeconds(trial) * 1000 });
  const sample = await runPhase(pair, trial, 2, amount);
  await pair.close();
  return sample;
}

export async function measurePeerLatency(crew: Crew, trial: Trial<PeerRow>): Promise<LatencyMeasurement> {
  const { block, settings, repetition } = trial;
  const { sizeBytes } = block;
  const { seconds, ratePerSecond } = settings;
  const pair = await openPair(crew, trial);
  const [asking, answering] = pair.actors;
  await answering.call('peerEcho', { sizeBytes }, PATIENCE_SECONDS);
  const measure = async (rate: number | undefined, forSeconds: number): Promise<LoadTimes> => {
    const ping = { ratePerSecond: rate, milliseconds: forSeconds * 1000, sizeBytes };
    const asked = await asking.call('peerPing', ping, forSeconds + PATIENCE_SECONDS);
    return timesOf(asked, await answering.call('peerTakeArrivals', undefined, PATIENCE_SECONDS));
  };
  await measure(undefined, peerWarmUpSeconds(trial));
  const pingPong = await measure(undefined, seconds);
  const atRate = await measure(ratePerSecond, seconds);
  await pair.close();
  return { repetition, pingPong, atRate };
}

/** What is compiled while it runs, and was not before, is no less so because it is somebody else's. */
function peerWarmUpSeconds(trial: Trial<PeerRow>): number {
  const warmUp = warmUpSeconds(trial);
  return trial.row.kind === 'jgroups' && !trial.settings.quick ? Math.max(JVM_WARM_UP_SECONDS, warmUp) : warmUp;
}

interface Pair {
  readonly actors: readonly [Actor, Actor];
  readonly server: PeerServer;
  close(): Promise<void>;
}

async function openPair({ actors, peer: server }: Crew, { repetition }: Trial<PeerRow>): Promise<Pair> {
  const [first, second] = actors;
  if (first === undefined || second === undefined || server === undefined) {
    throw new TrialError('a peer needs two workers and a place');
  }
  const both = [first, second] as const;
  // What is left of another measurement must not come here.
  const place = { ...server.place, channel: `${server.place.channel}-${repetition}` };
  await Promise.all(
    both.map((actor, side) => actor.call('peerOpen', { peer: server.peer, place, side }, PATIENCE_SECONDS)),
  );
  return {
    actors: both,
    server,
    close: async () => {
      await Promise.all(both.map((actor) => actor.call('peerClose', undefined, PATIENCE_SECONDS)));
    },
  };
}

async function runPhase(
  { actors, server }: Pair,
  { block, settings, repetition }: Trial<PeerRow>,
  phase: number,
  amount: Amount,
): Promise<ThroughputSample> {
  const [sender, receiver] = actors;
  const { sizeBytes } = block;
  const arm = { phase, sizeBytes, seed: settings.seed };
  const patience = patienceFor(amount, sizeBytes);
  await Promise.all(actors.map((actor) => actor.call('peerArm', arm, PATIENCE_SECONDS)));
  const serverBefore = server.cpuSeconds();
  const [sent, got] = await Promise.all([
    sender.call('peerSend', amount, patience),
    receiver.call('peerReceive', undefined, patience),
  ]);
  await sleep(SETTLE_MS);
  const cpu = await Promise.all(actors.map((actor) => actor.call('peerCpu', undefined, PATIENCE_SECONDS)));
  const faults = [...got.faults];
  if (got.messages !== sent.messages) faults.push(`${got.messages} messages came, ${sent.messages} were sent`);
  if (got.hash !== sent.hash) faults.push('the hash of what came is not that of what was sent');
  if (faults.length > 0) throw new UnverifiedError(faults.join('; '));
  const { messages, compared } = got;
  const tookSeconds = (got.lastMs - got.firstMs) / 1000;
  const messagesPerSecond = messages / tookSeconds;
  const cpuSeconds =
    totalCpuSeconds(cpu.map(({ own }) => own)) +
    cpu.reduce((sum, { helperSeconds }) => sum + helperSeconds, 0) +
    (server.cpuSeconds() - serverBefore);
  return {
    repetition,
    messagesPerSecond,
    bytesPerSecond: messagesPerSecond * sizeBytes,
    deliveredMessagesPerSecond: messagesPerSecond,
    receivers: [{ member: 1, messages, seconds: tookSeconds, comparedMessages: compared }],
    sentMessages: sent.messages,
    cpuSecondsPerMillionMessages: (cpuSeconds * 1e6) / messages,
  };
}

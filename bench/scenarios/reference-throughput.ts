/** Throughput of what groups are compared with: one sender, one receiver, the same bytes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReferenceRow } from '../plan.js';
import type { Actor } from '../pool/actor.js';
import type { Crew } from '../pool/crew.js';
import type { ThroughputSample } from '../results.js';
import type { Amount } from '../roles/cast-pump.js';
import { type CpuTime, totalCpuSeconds } from '../roles/cpu-time.js';
import type { BaselineReport } from '../roles/dgram-role.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import { frameBytes, PATIENCE_SECONDS, patienceFor, type Trial, TrialError, warmUpSeconds } from './trial.js';

/** After so long nothing of plain datagrams is on its way any more. */
const SETTLE_MS = 50;

export function measureReference(crew: Crew, trial: Trial<ReferenceRow>): Promise<ThroughputSample> {
  const measure = { limit: measureLimit, dgram: measureDgram, tcp: measureTcp }[trial.row.kind];
  return measure(...bothOf(crew), trial);
}

/** So much by TCP, as fast as it goes, after a warm-up. */
export function measureTcpStream(crew: Crew, trial: Trial<ReferenceRow>, amount: Amount): Promise<ThroughputSample> {
  return streamByTcp(...bothOf(crew), trial, amount);
}

function bothOf({ actors: [sender, receiver] }: Crew): [Actor, Actor] {
  if (sender === undefined || receiver === undefined) throw new TrialError('a reference needs two workers');
  return [sender, receiver];
}

async function measureLimit(sender: Actor, receiver: Actor, trial: Trial<ReferenceRow>): Promise<ThroughputSample> {
  const { block, settings } = trial;
  const { sizeBytes } = block;
  const { seconds } = settings;
  const to = await receiver.call('limitOpen', undefined, PATIENCE_SECONDS);
  await sender.call('limitOpen', undefined, PATIENCE_SECONDS);
  const send = { to, frameBytes: frameBytes(block), sizeBytes, seconds };
  const [received, sent] = await Promise.all([
    receiver.call('limitReceive', { sizeBytes }, seconds + PATIENCE_SECONDS),
    sender.call('limitSend', send, seconds + PATIENCE_SECONDS),
  ]);
  if (received.messages === 0) throw new TrialError('nothing came through the limit loop');
  if (received.bytes < sent.bytes) {
    throw new UnverifiedError(`the limit loop lost ${sent.bytes - received.bytes} of ${sent.bytes} bytes`);
  }
  return makeSample(trial, { messages: received.messages, seconds: received.seconds }, sent.messages);
}

async function measureDgram(sender: Actor, receiver: Actor, trial: Trial<ReferenceRow>): Promise<ThroughputSample> {
  const { block, settings } = trial;
  const { sizeBytes } = block;
  const to = await receiver.call('dgramReceive', undefined, PATIENCE_SECONDS);
  const send = async (seconds: number) => {
    const sent = await sender.call(
      'dgramSend',
      { to, sizeBytes, milliseconds: seconds * 1000 },
      seconds + PATIENCE_SECONDS,
    );
    await sleep(SETTLE_MS);
    const [got, other] = await both(
      (actor) => actor.call('dgramReport', undefined, PATIENCE_SECONDS),
      receiver,
      sender,
    );
    return { sent, got, cpu: [got.cpu, other.cpu] };
  };
  await send(warmUpSeconds(trial));
  const { sent, got, cpu } = await send(settings.seconds);
  await both((actor) => actor.call('dgramClose', undefined, PATIENCE_SECONDS), receiver, sender);
  return makeSample(trial, got, sent, cpu);
}

function measureTcp(sender: Actor, receiver: Actor, trial: Trial<ReferenceRow>): Promise<ThroughputSample> {
  return streamByTcp(sender, receiver, trial, { milliseconds: trial.settings.seconds * 1000 });
}

async function streamByTcp(
  sender: Actor,
  receiver: Actor,
  trial: Trial<ReferenceRow>,
  amount: Amount,
): Promise<ThroughputSample> {
  const { block, settings } = trial;
  const { sizeBytes } = block;
  const address = await sender.call('tcpListen', undefined, PATIENCE_SECONDS);
  await receiver.call('tcpConnect', address, PATIENCE_SECONDS);
  const send = async (phase: number, some: Amount) => {
    const patience = patienceFor(some, sizeBytes);
    const arm = { phase, sizeBytes, seed: settings.seed };
    await both((actor) => actor.call('tcpArm', arm, PATIENCE_SECONDS), receiver, sender);
    const [got, sent] = await Promise.all([
      receiver.call('tcpReceive', undefined, patience),
      sender.call('tcpSend', some, patience),
    ]);
    const cpu = await both((actor) => actor.call('tcpCpu', undefined, PATIENCE_SECONDS), receiver, sender);
    if (got.faults.length > 0) throw new UnverifiedError(`by TCP ${got.faults.join('; ')}`);
    return { sent, got, cpu };
  };
  await send(1, { milliseconds: warmUpSeconds(trial) * 1000 });
  const { sent, got, cpu } = await send(2, amount);
  await both((actor) => actor.call('tcpClose', undefined, PATIENCE_SECONDS), receiver, sender);
  const received = { messages: got.messages, seconds: (got.lastMs - got.firstMs) / 1000 };
  return makeSample(trial, received, sent.messages, cpu);
}

function makeSample(
  { block, repetition }: Trial<ReferenceRow>,
  got: Pick<BaselineReport, 'messages' | 'seconds'>,
  sentMessages: number,
  cpu?: readonly CpuTime[],
): ThroughputSample {
  const { messages, seconds } = got;
  const messagesPerSecond = messages / seconds;
  if (!(messagesPerSecond > 0 && Number.isFinite(messagesPerSecond))) {
    throw new TrialError('too few messages came to tell a rate: give it more --seconds');
  }
  return {
    repetition,
    messagesPerSecond,
    bytesPerSecond: messagesPerSecond * block.sizeBytes,
    deliveredMessagesPerSecond: messagesPerSecond,
    receivers: [{ member: 1, messages, seconds, comparedMessages: 0 }],
    sentMessages,
    ...(cpu === undefined ? {} : { cpuSecondsPerMillionMessages: (totalCpuSeconds(cpu) * 1e6) / messages }),
  };
}

function both<T>(call: (actor: Actor) => Promise<T>, first: Actor, second: Actor): Promise<[T, T]> {
  return Promise.all([call(first), call(second)]);
}

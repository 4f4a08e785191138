/** An end whose work is done by a program of its own, which is told what to do by lines (bench/peers/helpers/cpg-peer.c lists them). */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Amount, Sent } from '../roles/cast-pump.js';
import { cpuTime } from '../roles/cpu-time.js';
import type { LatencyMeasure, LatencyReport } from '../roles/latency-role.js';
import type { TallyReport } from '../verify/tally.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import type { PeerArm, PeerEnd, PeerPlace } from './peer-end.js';

/** What it has said on standard error, for when it dies. */
const MAX_TOLD = 2000;

interface Waiting {
  resolve(words: readonly string[]): void;
  reject(error: Error): void;
}

/** Resolves when both ends are in the group. */
export async function openHelperEnd({ helper, channel, extra }: PeerPlace): Promise<PeerEnd> {
  if (helper === undefined) throw new Error('there is no helper program');
  const end = new HelperEnd(spawn(helper[0], helper.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] }));
  await end.ask(`open ${channel}${extra === undefined ? '' : ` ${extra}`}`);
  return end;
}

class HelperEnd implements PeerEnd {
  private readonly waiting: Waiting[] = [];
  private told = '';
  private gone: Error | undefined;

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    createInterface({ input: child.stdout }).on('line', (line) => this.waiting.shift()?.resolve(line.split(' ')));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.told = (this.told + text).slice(-MAX_TOLD);
    });
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.end(error));
    child.on('close', (code, signal) => {
      this.end(new Error(`the helper program ended (${signal ?? `exit code ${code}`}): ${this.told.trim()}`));
    });
  }

  ask(order: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      if (this.gone !== undefined) return reject(this.gone);
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${order}\n`);
    });
  }

  async arm({ phase, sizeBytes, seed }: PeerArm): Promise<void> {
    await this.ask(`arm ${phase} ${sizeBytes} ${seed}`);
  }

  async send({ milliseconds = 0, messages = 0 }: Amount): Promise<Sent> {
    const [, sent, hash] = await this.ask(`send ${milliseconds} ${messages}`);
    return { messages: Number(sent), hash: Number(hash) };
  }

  async receive(): Promise<TallyReport> {
    const [, ...words] = await this.ask('receive');
    const [messages = 0, hash = 0, firstMs = 0, lastMs = 0, compared = 0, faults = 0] = words.map(Number);
    const told = faults === 0 ? [] : [`${faults} messages were lost, repeated, out of order or changed`];
    return { messages, hash, firstMs, lastMs, compared, ended: true, faults: told };
  }

  async echo(sizeBytes: number): Promise<void> {
    await this.ask(`echo ${sizeBytes}`);
  }

  async ping({ ratePerSecond = 0, milliseconds }: LatencyMeasure, sizeBytes: number): Promise<LatencyReport> {
    const before = cpuTime();
    const [, count, faults, ...words] = await this.ask(`ping ${ratePerSecond} ${milliseconds} ${sizeBytes}`);
    if (Number(faults) > 0)
      throw new UnverifiedError(`${faults} answers of ${count} were not those that were expected`);
    const at = (offset: number) =>
      Float64Array.from({ length: Number(count) }, (_, i) => Number(words[2 * i + offset]));
    return { roundTripsNanos: at(0), intendedMs: at(1), cpu: cpuTime(before) };
  }

  async takeArrivals(): Promise<Float64Array> {
    const [, , ...times] = await this.ask('arrivals');
    return Float64Array.from(times, Number);
  }

  async extraCpuSeconds(): Promise<number> {
    const [, seconds] = await this.ask('cpu');
    return Number(seconds);
  }

  async close(): Promise<void> {
    const { child } = this;
    if (this.gone !== undefined) return;
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  }

  private end(reason: Error): void {
    this.gone ??= reason;
    for (const waiting of this.waiting.splice(0)) waiting.reject(reason);
  }
}

/** What CPUs did for a while, in which this process did nothing. */
import type { Probes } from './probes.js';
import { cpuCountOf, cpusOf } from './processors.js';

export interface Observation {
  readonly cpuCount: number;
  readonly seconds: number;
  /** Over one minute, at its end. */
  readonly loadAverage: number | undefined;
  /** Share of the time of all these CPUs that other processes used; undefined where the system does not tell. */
  readonly othersShare: number | undefined;
  /** Share that the hypervisor gave to others, likewise. */
  readonly stealShare: number | undefined;
}

interface Ticks {
  readonly total: number;
  readonly busy: number;
  readonly steal: number;
}

export async function observe(probes: Probes, milliseconds: number): Promise<Observation> {
  const look = () => ({ ticks: ticksOf(probes), micros: probes.nowMicros(), own: probes.ownCpuMicros() });
  const before = look();
  await probes.pause(milliseconds);
  const after = look();
  const cpuCount = cpuCountOf(probes);
  const micros = after.micros - before.micros;
  const ownShare = (after.own - before.own) / (micros * cpuCount);
  const spent = difference(before.ticks, after.ticks);
  return {
    cpuCount,
    seconds: micros / 1e6,
    loadAverage: probes.loadAverage(),
    othersShare: spent === undefined ? undefined : Math.max(0, spent.busy / spent.total - ownShare),
    stealShare: spent === undefined ? undefined : spent.steal / spent.total,
  };
}

function difference(before: Ticks | undefined, after: Ticks | undefined): Ticks | undefined {
  if (before === undefined || after === undefined || after.total <= before.total) return undefined;
  return {
    total: after.total - before.total,
    busy: after.busy - before.busy,
    steal: after.steal - before.steal,
  };
}

/** Of the CPUs that this process may use: `cpu0 user nice system idle iowait irq softirq steal`. */
function ticksOf(probes: Probes): Ticks | undefined {
  const names = cpusOf(probes)?.map((cpu) => `cpu${cpu}`) ?? ['cpu'];
  const lines = (probes.readFile('/proc/stat') ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name = '']) => names.includes(name));
  const fields = lines.map((line) => line.slice(1, 9).map(Number));
  if (fields.length < names.length || fields.some((each) => each.length < 8 || each.some(Number.isNaN)))
    return undefined;
  const sum = (...at: readonly number[]) =>
    fields.reduce((total, each) => total + at.reduce((ticks, one) => ticks + (each[one] as number), 0), 0);
  return { total: sum(0, 1, 2, 3, 4, 5, 6, 7), busy: sum(0, 1, 2, 5, 6), steal: sum(7) };
}

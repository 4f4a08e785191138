/** Which CPUs this process may use, and what limits them. */
import { allowedCpus, parseCpuList } from '../allowed-cpus.js';
import type { Probes } from './probes.js';

const CPU_FOLDER = '/sys/devices/system/cpu';
const CGROUP_FOLDER = '/sys/fs/cgroup';

/** Their numbers; undefined where the system does not tell. */
export function cpusOf(probes: Probes): readonly number[] | undefined {
  const cpus = allowedCpus(probes.readFile('/proc/self/status') ?? '');
  return cpus.length === 0 ? undefined : cpus;
}

export function cpuCountOf(probes: Probes): number {
  return cpusOf(probes)?.length ?? probes.cpuCount();
}

/** Of each of these CPUs, all that are on its core; undefined where that is not told of each. */
export function coresOf(probes: Probes): readonly (readonly number[])[] | undefined {
  const lists = (cpusOf(probes) ?? []).map((cpu) =>
    probes.readFile(`${CPU_FOLDER}/cpu${cpu}/topology/thread_siblings_list`),
  );
  if (lists.length === 0) return undefined;
  const cores: (readonly number[])[] = [];
  for (const list of lists) {
    if (list === undefined) return undefined;
    cores.push(parseCpuList(list));
  }
  return cores;
}

/** Whether this is a virtual machine that says so: what it shows of cores is what it was given to show. */
export function isVirtual(probes: Probes): boolean {
  return /^flags\s*:.*\bhypervisor\b/m.test(probes.readFile('/proc/cpuinfo') ?? '');
}

/** The different ones of these CPUs; undefined where one has none to be seen. */
export function governorsOf(probes: Probes): readonly string[] | undefined {
  const found = (cpusOf(probes) ?? []).map((cpu) =>
    probes.readFile(`${CPU_FOLDER}/cpu${cpu}/cpufreq/scaling_governor`)?.trim(),
  );
  const named = found.filter((name) => name !== undefined && name !== '') as readonly string[];
  return named.length === 0 || named.length < found.length ? undefined : [...new Set(named)];
}

/** Whether CPUs may run faster than they can for long; undefined where that is not to be seen. */
export function turboOf(probes: Probes): boolean | undefined {
  const off = probes.readFile(`${CPU_FOLDER}/intel_pstate/no_turbo`)?.trim();
  if (off === '0' || off === '1') return off === '0';
  const boost = probes.readFile(`${CPU_FOLDER}/cpufreq/boost`)?.trim();
  return boost === '0' || boost === '1' ? boost === '1' : undefined;
}

/** CPUs' worth of time that the control group may use, Infinity without a limit; undefined where that is not to be seen. */
export function quotaOf(probes: Probes): number | undefined {
  const groups = probes.readFile('/proc/self/cgroup');
  if (groups === undefined) return undefined;
  const limits = [...newLimits(probes, groups), ...oldLimits(probes, groups)];
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Version 2: `200000 100000`, or `max 100000`. A group without that file has no limit of its own, nor has the root. */
function newLimits(probes: Probes, groups: string): readonly number[] {
  const own = /^0::(.*)$/m.exec(groups)?.[1];
  const isMounted = probes.readFile(`${CGROUP_FOLDER}/cgroup.controllers`) !== undefined;
  if (own === undefined || !isMounted) return [];
  return pathsUp(own).map((path) => {
    const [quota = '', period = ''] = (probes.readFile(`${CGROUP_FOLDER}${path}/cpu.max`) ?? 'max').trim().split(/\s+/);
    return shareOf(quota, period);
  });
}

/** Version 1: microseconds of each period, or -1. */
function oldLimits(probes: Probes, groups: string): readonly number[] {
  const [, controllers, own] = /^\d+:((?:\w+,)*cpu(?:,\w+)*):(.*)$/m.exec(groups) ?? [];
  if (controllers === undefined || own === undefined) return [];
  return pathsUp(own).flatMap((path) => {
    const folder = `${CGROUP_FOLDER}/${controllers}${path}`;
    const quota = probes.readFile(`${folder}/cpu.cfs_quota_us`)?.trim();
    const period = probes.readFile(`${folder}/cpu.cfs_period_us`)?.trim();
    return quota === undefined || period === undefined ? [] : [shareOf(quota, period)];
  });
}

function shareOf(quota: string, period: string): number {
  const share = Number(quota) / Number(period);
  return share > 0 ? share : Number.POSITIVE_INFINITY;
}

/** A group has the limits of all that it is in: `/a/b`, `/a` and the root, which is empty. Within a container it may be named from the outside. */
function pathsUp(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, left) =>
    parts
      .slice(0, parts.length - left)
      .map((part) => `/${part}`)
      .join(''),
  );
}

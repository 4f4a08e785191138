/** What a result has to say about the machine and the code, so that it can be judged later. Names no host and no path. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../ts/index.js';

export interface Environment {
  readonly consortVersion: string;
  /** Undefined: not run from a checkout. */
  readonly commit?: string;
  /** Whether the checkout had changes that are in no commit. */
  readonly dirty?: boolean;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly cpuGovernor?: string;
  /** Load average over one minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  /** Share of CPU time, during the run, that the hypervisor gave to others. */
  readonly stealShare?: number;
  readonly noNative?: string;
}

interface CpuTicks {
  readonly total: number;
  readonly steal: number;
}

/** Looks around before a run; the result's method looks again after it. */
export function observeEnvironment(noNative: string | undefined): { finish(): Environment } {
  const before = { load: loadavg()[0] ?? 0, ticks: cpuTicks(), checkout: checkout() };
  return {
    finish: () => {
      const governor = read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim();
      const steal = stealShare(before.ticks, cpuTicks());
      const [firstCpu] = cpus();
      return {
        consortVersion: VERSION,
        ...before.checkout,
        node: process.versions.node,
        v8: process.versions.v8,
        platform: `${platform()}-${arch()}`,
        kernel: release(),
        cpuModel: firstCpu?.model.trim() ?? 'unknown',
        cpuCount: cpus().length,
        memoryBytes: totalmem(),
        ...(governor === undefined ? {} : { cpuGovernor: governor }),
        loadBefore: before.load,
        loadAfter: loadavg()[0] ?? 0,
        ...(steal === undefined ? {} : { stealShare: steal }),
        ...(noNative === undefined ? {} : { noNative }),
      };
    },
  };
}

/** One line for people. */
export function describeEnvironment(environment: Environment): string {
  const { commit, dirty, cpuGovernor, stealShare: steal } = environment;
  const parts = [
    `${environment.cpuModel}, ${environment.cpuCount} CPUs`,
    `${environment.platform} ${environment.kernel}`,
    `Node ${environment.node}`,
    `consort ${environment.consortVersion}${commit === undefined ? '' : ` (${commit.slice(0, 12)}${dirty === true ? ', changed' : ''})`}`,
    `load ${environment.loadBefore.toFixed(1)} before, ${environment.loadAfter.toFixed(1)} after`,
    ...(cpuGovernor === undefined ? [] : [`governor ${cpuGovernor}`]),
    ...(steal === undefined ? [] : [`steal ${(steal * 100).toFixed(1)} %`]),
  ];
  return parts.join(' · ');
}

function checkout(): { commit?: string; dirty?: boolean } {
  const root = packageRoot();
  // An installed package may lie in somebody else's checkout: that commit says nothing.
  if (root === undefined || !existsSync(path.join(root, '.git'))) return {};
  const commit = git(root, 'rev-parse', 'HEAD');
  if (commit === undefined) return {};
  return { commit, dirty: git(root, 'status', '--porcelain') !== '' };
}

function git(root: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

function packageRoot(): string | undefined {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function cpuTicks(): CpuTicks | undefined {
  const fields = read('/proc/stat')?.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number);
  if (fields === undefined || fields.length < 8) return undefined;
  return { total: fields.reduce((sum, ticks) => sum + ticks, 0), steal: fields[7] ?? 0 };
}

function stealShare(before: CpuTicks | undefined, after: CpuTicks | undefined): number | undefined {
  if (before === undefined || after === undefined || after.total <= before.total) return undefined;
  return (after.steal - before.steal) / (after.total - before.total);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

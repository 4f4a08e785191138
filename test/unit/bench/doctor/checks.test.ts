// What the doctor finds on machines that were made up.
import { describe, expect, it } from 'vitest';
import { CHECK_NAMES, type CheckName } from '../../../../bench/doctor/check-table.js';
import { examine, THOROUGH } from '../../../../bench/doctor/examine.js';
import type { Finding } from '../../../../bench/doctor/finding.js';
import { fakeProbes, IDLE, type MadeUp, MIB, STEADY } from './fake-machine.js';

const cpu = '/sys/devices/system/cpu';

async function find(check: CheckName, made: MadeUp): Promise<Finding> {
  return (await examine(fakeProbes(made), THOROUGH, () => {}))[check];
}

/** Files of the same content for each of the four CPUs. */
function forEachCpu(name: string, contentOf: (cpu: number) => string | undefined): Record<string, string | undefined> {
  return Object.fromEntries([0, 1, 2, 3].map((each) => [`${cpu}/cpu${each}/${name}`, contentOf(each)]));
}

const buffersOf = (bytes: number) => ({ wantedBytes: 4 * MIB, receiveBytes: bytes, sendBytes: 4 * MIB });

/** A group of version 2 with such limits, its own and those of what it is in. */
const groups = (limits: Readonly<Record<string, string>>): MadeUp => ({
  files: Object.fromEntries(
    Object.entries(limits).map(([group, limit]) => [`/sys/fs/cgroup${group}/cpu.max`, `${limit}\n`]),
  ),
});

/** One of version 1. */
const oldGroup = (quota: string): MadeUp => ({
  files: {
    '/sys/fs/cgroup/cgroup.controllers': undefined,
    '/proc/self/cgroup': '4:memory:/a\n3:cpu,cpuacct:/a/b\n0::/\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': `${quota}\n`,
    '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '100000\n',
  },
});

const allowed = (list: string): MadeUp => ({ files: { '/proc/self/status': `Cpus_allowed_list:\t${list}\n` } });

describe('on a good machine', () => {
  it('every check is good, and says what it saw and what that means', async () => {
    const findings = await examine(fakeProbes(), THOROUGH, () => {});
    expect(Object.keys(findings)).toEqual(CHECK_NAMES);
    for (const [check, { verdict, value, meaning }] of Object.entries(findings)) {
      expect({ check, verdict }).toEqual({ check, verdict: 'good' });
      expect(value).not.toBe('');
      expect(meaning).toMatch(/^[A-Z].*\.$|^consort check .*\.$/);
    }
  });
});

describe('where nothing of the system can be read', () => {
  it('nothing crashes, and what is not to be seen is unknown', async () => {
    const made: MadeUp = {
      platform: 'win32',
      noFiles: true,
      loadAverage: undefined,
      pinned: [],
      missing: ['taskset: the processes are not pinned to one CPU'],
      native: { loaded: false, reason: 'no addon for win32-x64' },
      buffers: undefined,
      steadiness: undefined,
    };
    const findings = await examine(fakeProbes(made), THOROUGH, () => {});
    const unknown = Object.entries(findings).filter(([, { verdict }]) => verdict === 'unknown');
    expect(unknown.map(([check]) => check)).toEqual([
      ...['load', 'steal', 'siblings', 'quota', 'governor', 'turbo', 'offload', 'buffers'],
      ...['wallTime', 'steadyCpuTime', 'agreement'],
    ]);
    expect(findings.cpus).toMatchObject({ verdict: 'good', figures: { cpuCount: 4 } });
    expect(findings.clock).toMatchObject({ verdict: 'good' });
  });

  it('a load average alone can only be bad news', async () => {
    expect(await find('load', { noFiles: true, loadAverage: 0.5 })).toMatchObject({ verdict: 'unknown' });
    expect(await find('load', { noFiles: true, loadAverage: 9 })).toMatchObject({ verdict: 'fair' });
  });
});

describe('a verdict', () => {
  it.each<[CheckName, string, MadeUp, Finding['verdict'], string]>([
    ['load', 'others use a little', { ticks: [2, 1, 1, 196, 0, 0, 0, 0] }, 'good', 'others use 2.00 %'],
    ['load', 'others use a fifth', { ticks: [30, 5, 3, 160, 0, 1, 1, 0] }, 'fair', 'others use 20.0 %'],
    ['load', 'others use half', { ticks: [80, 0, 20, 100, 0, 0, 0, 0] }, 'poor', 'others use 50.0 %'],
    ['load', 'CPUs wait for a disk', { ticks: [0, 0, 0, 100, 100, 0, 0, 0] }, 'good', 'others use 0.00 %'],
    [
      'load',
      'it is only this process that works',
      { ticks: [50, 0, 0, 150, 0, 0, 0, 0], ownMicros: 2_000_000 },
      'good',
      'others use 0.00 %',
    ],
    ['load', 'it was loaded a moment ago', { loadAverage: 4.5 }, 'fair', 'load average 4.50'],
    ['steal', 'the hypervisor takes some', { ticks: [4, 0, 0, 192, 0, 0, 0, 4] }, 'fair', '2.00 %'],
    ['steal', 'it takes a tenth', { ticks: [10, 0, 0, 170, 0, 0, 0, 20] }, 'poor', '10.0 %'],
    ['steal', '/proc/stat is cut off', { files: { '/proc/stat': 'cpu0 1 2 3\n' } }, 'unknown', 'not to be seen'],
    ['steal', '/proc/stat stands still', { ticks: [0, 0, 0, 0, 0, 0, 0, 0] }, 'unknown', 'not to be seen'],
    ['cpus', 'two may be used', allowed('1,3'), 'fair', '2'],
    ['cpus', 'one may be used', allowed('2'), 'poor', '1'],
    [
      'siblings',
      'CPUs share cores',
      { files: forEachCpu('topology/thread_siblings_list', (each) => `${each % 2},${(each % 2) + 2}\n`) },
      'fair',
      '4 CPUs on 2 cores',
    ],
    [
      'siblings',
      'each CPU has a sibling that is not ours',
      { files: forEachCpu('topology/thread_siblings_list', (each) => `${each},${each + 8}\n`) },
      'fair',
      '4 CPUs on 4 cores',
    ],
    [
      'siblings',
      'it is a virtual machine that shows none',
      { files: { '/proc/cpuinfo': 'flags\t: fpu hypervisor tsc\n' } },
      'unknown',
      'virtual machine',
    ],
    [
      'siblings',
      'one CPU does not tell',
      { files: { [`${cpu}/cpu2/topology/thread_siblings_list`]: undefined } },
      'unknown',
      'not to be seen',
    ],
    ['quota', 'the group has none', groups({ '/user.slice/session': 'max 100000' }), 'good', 'none'],
    ['quota', 'it has more than there are CPUs', groups({ '': '800000 100000' }), 'good', "8 CPUs' worth"],
    ['quota', 'what the group is in has one', groups({ '/user.slice': '250000 100000' }), 'fair', "2.5 CPUs' worth"],
    [
      'quota',
      'the smallest counts',
      groups({ '/user.slice/session': '50000 100000', '/user.slice': '300000 100000' }),
      'poor',
      "0.5 CPUs' worth",
    ],
    ['quota', 'a group of version 1 has none', oldGroup('-1'), 'good', 'none'],
    ['quota', 'a group of version 1 has one', oldGroup('150000'), 'poor', "1.5 CPUs' worth"],
    ['quota', 'there are no groups', { files: { '/proc/self/cgroup': undefined } }, 'unknown', 'not to be seen'],
    [
      'governor',
      'one CPU has another',
      { files: { [`${cpu}/cpu3/cpufreq/scaling_governor`]: 'schedutil\n' } },
      'fair',
      'performance, schedutil',
    ],
    [
      'governor',
      'there is none',
      { files: forEachCpu('cpufreq/scaling_governor', () => undefined) },
      'unknown',
      'not to be seen',
    ],
    ['turbo', 'it is on', { files: { [`${cpu}/intel_pstate/no_turbo`]: '0\n' } }, 'fair', 'on'],
    [
      'turbo',
      'another driver has it on',
      { files: { [`${cpu}/intel_pstate/no_turbo`]: undefined, [`${cpu}/cpufreq/boost`]: '1\n' } },
      'fair',
      'on',
    ],
    ['turbo', 'nobody tells', { files: { [`${cpu}/intel_pstate/no_turbo`]: undefined } }, 'unknown', 'not to be seen'],
    ['clock', 'reading it is a system call', { clocks: { hrtimeNanos: 600 } }, 'fair', 'tsc, performance.now() 40'],
    ['clock', 'reading it takes microseconds', { clocks: { performanceNowNanos: 2500 } }, 'poor', '2500 ns'],
    ['clock', 'it goes on by milliseconds', { clocks: { hrtimeStepNanos: 1e6 } }, 'poor', 'steps of 1000000 ns'],
    ['cpuTime', 'it goes on by ticks', { clocks: { cpuUsageStepMicros: 10_000 } }, 'poor', 'steps of 10000 µs'],
    ['cpuTime', 'it goes on roughly', { clocks: { cpuUsageStepMicros: 50 } }, 'fair', 'steps of 50.0 µs'],
    ['pinning', 'there is no taskset', { pinned: [], missing: ['taskset: none'] }, 'poor', 'without taskset: none'],
    ['pinning', 'there is no setarch', { missing: ['setarch -R: no'] }, 'fair', 'to CPU 2 and 3, without setarch -R'],
    ['instructions', 'there is no valgrind', { callgrind: false }, 'fair', 'not installed'],
    [
      'native',
      'there is no addon',
      { native: { loaded: false, reason: 'none here' } },
      'fair',
      'not loaded: none here',
    ],
    ['offload', 'there is no addon to ask', { native: { loaded: false } }, 'unknown', 'not to be seen'],
    [
      'offload',
      'the kernel has no GRO',
      { native: { loaded: true, segments: true, coalesces: false } },
      'fair',
      'no GRO',
    ],
    ['buffers', 'they are as most systems have them', { buffers: buffersOf(212_992) }, 'fair', '208 KiB to receive'],
    ['buffers', 'they are tiny', { buffers: buffersOf(65_536) }, 'poor', '64 KiB to receive, 4 MiB to send'],
    ['buffers', 'there is no socket', { buffers: undefined }, 'unknown', 'not to be seen'],
    ['multicast', 'nothing comes back', { multicast: false }, 'poor', 'nothing comes back'],
    [
      'wallTime',
      'one in a hundred takes ten times as long',
      { steadiness: { ...STEADY, wall: { ...STEADY.wall, p99Ratio: 10 } } },
      'poor',
      'p99 / p50 10.0',
    ],
    [
      'wallTime',
      'half are some percent off',
      { steadiness: { ...STEADY, wall: { ...STEADY.wall, madShare: 0.04 } } },
      'fair',
      'MAD 4.00 %',
    ],
    [
      'steadyCpuTime',
      'half are far off',
      { steadiness: { ...STEADY, cpu: { ...STEADY.wall, madShare: 0.2 } } },
      'poor',
      'MAD 20.0 %',
    ],
    [
      'steadyCpuTime',
      'CPU time goes on by ticks',
      { steadiness: { ...STEADY, cpu: undefined, smallestChange: undefined } },
      'unknown',
      'not to be seen',
    ],
    [
      'agreement',
      'CPU time goes on by ticks',
      { steadiness: { ...STEADY, cpu: undefined, smallestChange: undefined } },
      'unknown',
      'not to be seen',
    ],
    ['agreement', 'turns hardly agree', { steadiness: { ...STEADY, smallestChange: 0.02 } }, 'fair', '2.00 %'],
    ['agreement', 'turns do not agree', { steadiness: { ...STEADY, smallestChange: 0.08 } }, 'poor', '8.00 %'],
  ])('on %s, when %s', async (check, _, made, verdict, value) => {
    const finding = await find(check, made);
    expect(finding.verdict).toBe(verdict);
    expect(finding.value).toContain(value);
    expect(finding.meaning).toMatch(/\.$/);
  });
});

describe('the advice', () => {
  it('on socket buffers names what to set, on Linux', async () => {
    const { meaning } = await find('buffers', { buffers: buffersOf(212_992) });
    expect(meaning).toContain('sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304');
    const elsewhere = await find('buffers', { buffers: buffersOf(212_992), platform: 'darwin' });
    expect(elsewhere.meaning).not.toContain('sysctl');
  });
});

describe('figures', () => {
  it('are of the CPUs that this process may use', async () => {
    const made = { ticks: [20, 0, 0, 170, 0, 0, 0, 10] } as const;
    expect((await find('load', made)).figures).toEqual({
      othersShare: expect.closeTo(0.1, 9),
      loadAverage: 0.1,
      observedSeconds: 2,
    });
    expect((await find('steal', made)).figures).toEqual({ stealShare: 0.05, observedSeconds: 2 });
  });

  it('of load are never below nothing, when CPU time is counted more finely than by ticks', async () => {
    const { figures } = await find('load', { ticks: IDLE, ownMicros: 500_000 });
    expect(figures.othersShare).toBe(0);
  });
});

/** CPU time of this process, all its threads together. */
export interface CpuTime {
  readonly pid: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

/** Since the process began, or since an earlier reading. */
export function cpuTime(since?: CpuTime): CpuTime {
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    userSeconds: user / 1e6 - (since?.userSeconds ?? 0),
    systemSeconds: system / 1e6 - (since?.systemSeconds ?? 0),
  };
}

/** Of all processes that took part: threads of one process have all measured the same. */
export function totalCpuSeconds(times: readonly CpuTime[]): number {
  const byProcess = new Map<number, number>();
  for (const { pid, userSeconds, systemSeconds } of times) {
    byProcess.set(pid, Math.max(byProcess.get(pid) ?? 0, userSeconds + systemSeconds));
  }
  return [...byProcess.values()].reduce((sum, seconds) => sum + seconds, 0);
}

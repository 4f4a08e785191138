/** All checks, one after the other: what one does must not disturb what another measures. */

import type { CheckName } from './check-table.js';
import { judgeLoad, judgeSteal } from './checks/busy.js';
import { judgeClock, judgeCpuTime } from './checks/clocks.js';
import { judgeInstructions, judgePinning } from './checks/launching.js';
import { judgeBuffers, judgeMulticast, judgeNative, judgeOffload } from './checks/network.js';
import { judgeCpus, judgeGovernor, judgeQuota, judgeSiblings, judgeTurbo } from './checks/processors.js';
import { judgeAgreement, judgeSteadyCpuTime, judgeWallTime } from './checks/steadiness.js';
import type { Finding } from './finding.js';
import { observe } from './observation.js';
import type { Probes } from './probes.js';

/** How much of what is seen over time. */
export interface Thoroughness {
  readonly observedMs: number;
  readonly quartets: number;
}

export const THOROUGH: Thoroughness = { observedMs: 2000, quartets: 1000 };
export const QUICK: Thoroughness = { observedMs: 500, quartets: 200 };

/** What it is busy with, for who waits. */
export type OnStep = (what: string) => void;

export async function examine(
  probes: Probes,
  { observedMs, quartets }: Thoroughness,
  onStep: OnStep,
): Promise<Readonly<Record<CheckName, Finding>>> {
  onStep('watching what else runs');
  const observation = await observe(probes, observedMs);
  onStep('trying sockets and clocks');
  const buffers = await probes.socketBuffers();
  const multicast = await probes.hasLoopbackMulticast();
  const native = probes.native();
  const clocks = probes.measureClocks();
  onStep('doing the same work again and again');
  const steadiness = await probes.measureSteadiness({ quartets });
  return {
    load: judgeLoad(observation),
    steal: judgeSteal(observation),
    cpus: judgeCpus(probes),
    siblings: judgeSiblings(probes),
    quota: judgeQuota(probes),
    governor: judgeGovernor(probes),
    turbo: judgeTurbo(probes),
    clock: judgeClock(probes, clocks),
    cpuTime: judgeCpuTime(clocks),
    pinning: judgePinning(probes),
    instructions: judgeInstructions(probes),
    native: judgeNative(native),
    offload: judgeOffload(native),
    buffers: judgeBuffers(buffers, probes.platform),
    multicast: judgeMulticast(multicast),
    wallTime: judgeWallTime(steadiness),
    steadyCpuTime: judgeSteadyCpuTime(steadiness),
    agreement: judgeAgreement(steadiness),
  };
}

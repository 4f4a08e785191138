/** The machine that this process runs on. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hasCallgrind } from '../check/launcher/instructions.js';
import { findSurroundings, type Surroundings } from '../check/launcher/surroundings.js';
import { cpuMicros } from '../stats/cpu-micros.js';
import { measureClocks } from './clocks.js';
import type { Probes } from './probes.js';
import { probeBuffers, probeMulticast, probeNative } from './socket-probes.js';
import { type BatchTimes, type Steadiness, type SteadinessPlan, steadinessOf } from './steadiness.js';

const STEADINESS_PROGRAM = fileURLToPath(new URL('./steadiness-program.js', import.meta.url));
/** On a machine with very much else to do. */
const STEADINESS_TIMEOUT_MS = 120_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;

export function machineProbes(): Probes {
  let surroundings: readonly Surroundings[] | undefined;
  // Finding them starts some processes.
  const found = () => {
    surroundings ??= findSurroundings(undefined);
    return surroundings;
  };
  return {
    platform: process.platform,
    readFile,
    // Windows has none, and Node says 0.
    loadAverage: () => (process.platform === 'win32' ? undefined : loadavg()[0]),
    cpuCount: availableParallelism,
    ownCpuMicros: cpuMicros,
    nowMicros: () => performance.now() * 1000,
    pause: (milliseconds) => pause(milliseconds),
    measureClocks,
    surroundings: found,
    hasCallgrind,
    native: probeNative,
    socketBuffers: probeBuffers,
    hasLoopbackMulticast: probeMulticast,
    measureSteadiness: (plan) => measureSteadiness(plan, found()[0]),
  };
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** In a process of its own, as `consort check` would run it. */
async function measureSteadiness(
  { quartets }: SteadinessPlan,
  surroundings: Surroundings | undefined,
): Promise<Steadiness | undefined> {
  const [command, ...args] = surroundings?.command ?? [process.execPath];
  const options = { timeout: STEADINESS_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES };
  try {
    const { stdout } = await promisify(execFile)(command, [...args, STEADINESS_PROGRAM, String(quartets)], options);
    return steadinessOf(JSON.parse(stdout) as readonly BatchTimes[]);
  } catch {
    return undefined;
  }
}

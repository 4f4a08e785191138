/** A worker of `consort sim`: runs seeds, and tells which failed. */
import { breathe } from '../sim/io-breathe.js';
import { runSeed } from '../sim/outcome.js';
import { plant } from '../sim/planted.js';

export interface SimTask {
  readonly seeds: readonly number[];
  readonly members: number | undefined;
  readonly native: boolean;
  readonly groupd: boolean;
  readonly servers: boolean | undefined;
  readonly plant: string | undefined;
}

export interface SimAnswer {
  readonly failed: readonly number[];
  readonly datagrams: number;
  readonly simulatedSeconds: number;
}

let planted: string | undefined;

// Piscina calls the default export; a named one needs its name at each call.
export async function simulate({ seeds, members, native, groupd, servers, plant: bug }: SimTask): Promise<SimAnswer> {
  if (bug !== undefined && planted === undefined) plant(bug);
  planted ??= bug;
  const failed: number[] = [];
  let datagrams = 0;
  let simulatedSeconds = 0;
  for (const seed of seeds) {
    const outcome = runSeed(seed, { members, native, groupd, servers });
    if (outcome.violations.length > 0) failed.push(seed);
    datagrams += outcome.datagrams;
    simulatedSeconds += outcome.simulatedSeconds;
    await breathe();
  }
  return { failed, datagrams, simulatedSeconds };
}

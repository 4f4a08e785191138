/** A worker of `consort sim`: runs seeds, and tells which failed. */
import { breathe } from '../sim/io-breathe.js';
import { plantFor, type SimChoices, simulate as simulateSeed } from './sim-kinds.js';

export interface SimTask extends SimChoices {
  readonly seeds: readonly number[];
  readonly plant: string | undefined;
}

export interface SimAnswer {
  readonly failed: readonly number[];
  readonly messages: number;
  readonly simulatedSeconds: number;
}

let planted: string | undefined;

// Piscina calls the default export; a named one needs its name at each call.
export async function simulate({ seeds, plant, ...choices }: SimTask): Promise<SimAnswer> {
  if (plant !== undefined && planted === undefined) plantFor(choices.store, plant);
  planted ??= plant;
  const failed: number[] = [];
  let messages = 0;
  let simulatedSeconds = 0;
  for (const seed of seeds) {
    const run = simulateSeed(seed, choices);
    if (run.failed) failed.push(seed);
    messages += run.messages;
    simulatedSeconds += run.simulatedSeconds;
    await breathe();
  }
  return { failed, messages, simulatedSeconds };
}

/** What a transfer shall come to on a machine that has nothing else to do. */
import type { BenchMode } from './options.js';

/** Where both sides are alike. */
const AIMS_BYTES_PER_SECOND: Readonly<Record<BenchMode, number | undefined>> = {
  native: 1e9,
  ts: 3e8,
  mixed: undefined,
};

/** The aims are for states of so many bytes: smaller ones are over before what runs is compiled. */
const AIM_STATE_BYTES = 2 ** 30;

/** Undefined: there is none. */
export function aimBytesPerSecond(mode: BenchMode, stateBytes: number): number | undefined {
  return stateBytes === AIM_STATE_BYTES ? AIMS_BYTES_PER_SECOND[mode] : undefined;
}

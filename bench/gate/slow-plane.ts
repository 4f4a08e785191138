/**
 * A slowdown of the data plane on purpose, for the check's self-test. It is no part of the data plane: it is put before the function that takes in a frame, when
 * and where it is asked for, so that without it there is nothing that could cost.
 */
import { CORE_CLASSES, type Mode, type SimCore } from '../../ts/sim/cores.js';

const CALIBRATING_TURNS = 2_000_000;

/** What each frame costs more; undefined: nothing is put before it. */
const turnsPerFrame: { [Name in Mode]?: number } = {};

/** From now on each frame that a member takes in costs so much more. With 0 all is there but the cost: so the other side can have it, too. */
export function slowDownPlane(mode: Mode, microsPerFrame: number): void {
  if (turnsPerFrame[mode] === undefined) putBefore(mode);
  turnsPerFrame[mode] = microsPerFrame === 0 ? 0 : Math.round(microsPerFrame * turnsPerMicrosecond());
}

function putBefore(mode: Mode): void {
  const { prototype } = CORE_CLASSES[mode];
  const original = prototype.receive;
  prototype.receive = function (this: SimCore, frame, header, now) {
    spin(turnsPerFrame[mode] ?? 0);
    original.call(this, frame, header, now);
  };
}

let sink = 0;

function spin(turns: number): void {
  let state = sink | 1;
  for (let turn = 0; turn < turns; turn++) state = Math.imul(state ^ (state >>> 13), 0x5bd1e995);
  sink = state;
}

/** Measured twice: the first time it is compiled. */
function turnsPerMicrosecond(): number {
  spin(CALIBRATING_TURNS);
  const start = process.cpuUsage();
  spin(CALIBRATING_TURNS);
  const { user, system } = process.cpuUsage(start);
  return CALIBRATING_TURNS / Math.max(1, user + system);
}

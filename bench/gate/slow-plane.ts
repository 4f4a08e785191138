/**
 * A slowdown of the data plane on purpose, for the check's self-test. It is no part of the data plane: it is put before the function that takes in a frame, when
 * and where it is asked for, so that without it there is nothing that could cost.
 */
import { CORE_CLASSES, type Mode, type SimCore } from '../../ts/sim/cores.js';

const CALIBRATING_TURNS = 2_000_000;
/**
 * What frames cost more is spent when it comes to so much: a processor that looks some hundred instructions ahead does a shorter spin beside what comes after it, and
 * it costs less than it says.
 */
const SPENT_AT_ONCE_MICROS = 2;

export class SlowPlane {
  /** Frames that have been taken in since it is there. */
  frames = 0;
  private readonly spentAtOnce = SPENT_AT_ONCE_MICROS * turnsPerMicrosecond();
  private turnsPerFrame = 0;
  private owed = 0;

  /** From now on it sees each frame that a member of this mode takes in, and costs nothing more: so the other side can have it, too. */
  constructor(mode: Mode) {
    const { prototype } = CORE_CLASSES[mode];
    const original = prototype.receive;
    const takesIn = () => this.takesIn();
    prototype.receive = function (this: SimCore, frame, header, now) {
      takesIn();
      original.call(this, frame, header, now);
    };
  }

  /** From now on each frame costs so much more. */
  set microsPerFrame(micros: number) {
    this.turnsPerFrame = (micros * this.spentAtOnce) / SPENT_AT_ONCE_MICROS;
  }

  private takesIn(): void {
    this.frames++;
    this.owed += this.turnsPerFrame;
    if (this.owed < this.spentAtOnce) return;
    spin(this.owed);
    this.owed = 0;
  }
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

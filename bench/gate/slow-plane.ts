/**
 * A slowdown of the data plane on purpose, for the check's self-test. It is no part of the data plane: it is put before the function that takes in a frame, when
 * and where it is asked for, so that without it there is nothing that could cost.
 */
import { CORE_CLASSES, type Mode, type SimCore } from '../../ts/sim/cores.js';
import { cpuMicros } from '../stats/cpu-micros.js';

/**
 * What frames cost more is spent when it comes to so much: a processor that looks some hundred instructions ahead does a shorter spin beside what comes after it, and
 * it costs less than it says.
 */
const SPENT_AT_ONCE_MICROS = 2;
const REHEARSED_RUNS = 30;
const REHEARSED_FRAMES = 100;

/** How time is told, and spent. */
export interface Spinning {
  readonly cpuMicros: () => number;
  readonly spin: (turns: number) => void;
  readonly turnsPerMicrosecond: number;
}

export class SlowPlane {
  /** The share of its own time that a run takes longer. */
  share = 0;
  private readonly spentAtOnce: number;
  private turnsPerFrame = 0;
  private owed = 0;
  /** Of the run that goes on. */
  private frames = 0;
  private spent = 0;
  private start = 0;

  /** From now on it sees each frame that a member of this mode takes in, and costs nothing more: so the other side can have it, too. */
  constructor(
    mode: Mode,
    private readonly spinning: Spinning = realSpinning(),
  ) {
    this.spentAtOnce = SPENT_AT_ONCE_MICROS * spinning.turnsPerMicrosecond;
    this.rehearse();
    const { prototype } = CORE_CLASSES[mode];
    const original = prototype.receive;
    const takesIn = () => this.takesIn();
    prototype.receive = function (this: SimCore, frame, header, now) {
      takesIn();
      original.call(this, frame, header, now);
    };
  }

  begins(): void {
    this.frames = this.spent = 0;
    this.start = this.spinning.cpuMicros();
  }

  /** What a run took without it tells what the frames of the next cost: a benchmark gets faster for long, as it is compiled. */
  ends(): void {
    const turns = (this.spinning.cpuMicros() - this.start) * this.spinning.turnsPerMicrosecond;
    this.turnsPerFrame = (this.share * (turns - this.spent)) / Math.max(1, this.frames);
  }

  /** What is compiled into the code around it shall be the same on both sides, and stay: so all of it has been seen before. */
  private rehearse(): void {
    this.share = 0.5;
    for (let run = 0; run < REHEARSED_RUNS; run++) {
      this.begins();
      for (let frame = 0; frame < REHEARSED_FRAMES; frame++) this.takesIn();
      this.ends();
      this.turnsPerFrame = this.spentAtOnce / 2.5;
    }
    this.share = this.turnsPerFrame = this.owed = 0;
  }

  private takesIn(): void {
    this.frames++;
    this.owed += this.turnsPerFrame;
    if (this.owed < this.spentAtOnce) return;
    const turns = Math.round(this.owed);
    this.spinning.spin(turns);
    this.spent += turns;
    this.owed -= turns;
  }
}

const CALIBRATING_TURNS = 2_000_000;

/** The CPU time of this process, as the check counts it. The speed is measured twice: the first time it is compiled. */
function realSpinning(): Spinning {
  spin(CALIBRATING_TURNS);
  const start = cpuMicros();
  spin(CALIBRATING_TURNS);
  return { cpuMicros, spin, turnsPerMicrosecond: CALIBRATING_TURNS / Math.max(1, cpuMicros() - start) };
}

let sink = 0;

function spin(turns: number): void {
  let state = sink | 1;
  for (let turn = 0; turn < turns; turn++) state = Math.imul(state ^ (state >>> 13), 0x5bd1e995);
  sink = state;
}

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
const REHEARSED_RUNS = 30;
const REHEARSED_FRAMES = 100;

export class SlowPlane {
  /** The share of its own time that a run takes longer. */
  share = 0;
  private readonly turnsPerMicrosecond = turnsPerMicrosecond();
  private turnsPerFrame = 0;
  private owed = 0;
  /** Of the run that goes on. */
  private frames = 0;
  private spent = 0;
  private startMs = 0;

  /** From now on it sees each frame that a member of this mode takes in, and costs nothing more: so the other side can have it, too. */
  constructor(mode: Mode) {
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
    this.startMs = performance.now();
  }

  /** What a run took without it tells what the frames of the next cost: a benchmark gets faster for long, as it is compiled. */
  ends(): void {
    const turns = (performance.now() - this.startMs) * 1000 * this.turnsPerMicrosecond;
    this.turnsPerFrame = (this.share * (turns - this.spent)) / Math.max(1, this.frames);
  }

  /** What is compiled into the code around it shall be the same on both sides, and stay: so all of it has been seen before. */
  private rehearse(): void {
    this.share = 0.5;
    for (let run = 0; run < REHEARSED_RUNS; run++) {
      this.begins();
      for (let frame = 0; frame < REHEARSED_FRAMES; frame++) this.takesIn();
      this.ends();
      this.turnsPerFrame = (SPENT_AT_ONCE_MICROS * this.turnsPerMicrosecond) / 2.5;
    }
    this.share = this.turnsPerFrame = 0;
  }

  private takesIn(): void {
    this.frames++;
    this.owed += this.turnsPerFrame;
    if (this.owed < SPENT_AT_ONCE_MICROS * this.turnsPerMicrosecond) return;
    spin(Math.round(this.owed));
    this.spent += this.owed;
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

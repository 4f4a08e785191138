/**
 * Linearizable reads without a write: whoever reads asks the leader up to where it has to have applied; the leader first makes sure, by a round of answers
 * of a majority, that no other leads (invariant S3). One round is for all questions that came before it.
 *
 * Source: the read index of Raft.
 */
import type { Environment } from '../stack/environment.js';

export interface ReadIndexPort {
  readonly environment: Environment;
  /** Asks all. */
  confirm(round: number): void;
  /** Undefined: nothing of this epoch is committed yet. */
  committed(): number | undefined;
  readonly majority: number;
}

/** Called with the version up to which all was committed when the round began. */
type Answer = (version: number) => void;

export class ReadIndex {
  private round = 0;
  private waiting: Answer[] = [];
  private asked: { readonly questions: Answer[]; readonly version: number; readonly answers: Set<number> } | undefined;
  private scheduled = false;

  constructor(
    private readonly port: ReadIndexPort,
    private readonly myRank: number,
  ) {}

  /** `answer` is called if this replica leads still. */
  ask(answer: Answer): void {
    this.waiting.push(answer);
    this.schedule();
  }

  confirmed(rank: number, round: number): void {
    if (this.asked === undefined || round !== this.round) return;
    this.asked.answers.add(rank);
    if (this.asked.answers.size < this.port.majority) return;
    const { questions, version } = this.asked;
    this.asked = undefined;
    for (const answer of questions) answer(version);
    this.schedule();
  }

  /** The first entry of the epoch is committed. */
  ready(): void {
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.asked !== undefined || this.waiting.length === 0) return;
    this.scheduled = true;
    this.port.environment.defer(() => {
      this.scheduled = false;
      this.begin();
    });
  }

  private begin(): void {
    const version = this.port.committed();
    if (version === undefined || this.asked !== undefined || this.waiting.length === 0) return;
    this.asked = { questions: this.waiting, version, answers: new Set() };
    this.waiting = [];
    this.round++;
    this.port.confirm(this.round);
    this.confirmed(this.myRank, this.round);
  }
}

/** Of one replica: its questions, and who waits until it has applied what was answered. */
export class Barriers {
  private readonly waiting = new Map<number, { readonly done: (error?: Error) => void; version: number | undefined }>();
  private numbers = 0;
  private sends: ((number: number) => void) | undefined;

  /** Undefined: nobody leads. */
  settle(send: ((number: number) => void) | undefined): void {
    this.sends = send;
    for (const [number, barrier] of this.waiting) {
      barrier.version = undefined;
      send?.(number);
    }
  }

  ask(done: (error?: Error) => void): void {
    const number = ++this.numbers;
    this.waiting.set(number, { done, version: undefined });
    this.sends?.(number);
  }

  answered(number: number, version: number, applied: number): void {
    const barrier = this.waiting.get(number);
    if (barrier === undefined) return;
    barrier.version = version;
    this.onApplied(applied);
  }

  onApplied(applied: number): void {
    if (this.waiting.size === 0) return;
    for (const [number, { version, done }] of [...this.waiting]) {
      if (version === undefined || version > applied) continue;
      this.waiting.delete(number);
      done();
    }
  }

  failAll(error: Error): void {
    for (const [number, { done }] of [...this.waiting]) {
      this.waiting.delete(number);
      done(error);
    }
  }
}

/** What a member under load has got of whom. */
import type { Endpoint, Message } from '../../ts/index.js';
import type { Tally } from '../verify/tally.js';

const MAX_FAILURES = 3;

export class CastTallies {
  private tallies: ReadonlyMap<Endpoint, Tally> = new Map();
  private lastOrigin: Endpoint | undefined;
  private tally: Tally | undefined;
  /** Why the run is worth nothing, whatever the tallies say. */
  private readonly failures: string[] = [];

  /** From now on what comes from these members is counted. */
  arm(tallies: ReadonlyMap<Endpoint, Tally>): void {
    this.tallies = tallies;
    this.lastOrigin = undefined;
    this.tally = undefined;
  }

  /** Runs for each message. */
  take(origin: Endpoint, message: Message): void {
    if (origin !== this.lastOrigin) this.select(origin);
    if (this.tally !== undefined) this.tally.take(message);
  }

  takeFailures(): string[] {
    return this.failures.splice(0);
  }

  fail(reason: string): void {
    if (this.failures.length < MAX_FAILURES) this.failures.push(reason);
  }

  private select(origin: Endpoint): void {
    this.lastOrigin = origin;
    this.tally = this.tallies.get(origin);
    if (this.tally === undefined) this.fail(`a message came from ${origin}, which sends nothing`);
  }
}

/** Makes a scenario that fails smaller, as long as it fails in the same way: fewer steps, then fewer members, then less that is odd about them. */
import { PLAIN } from './member.js';
import { type Outcome, runScenario } from './outcome.js';
import type { Scenario } from './scenario.js';
import { shrinkSteps } from './shrink-steps.js';

/** Runs that a shrinking may take at most. */
const MOST_RUNS = 400;

/** @param breathe called between two runs: what the addon has finished with is freed by the event loop only */
export function shrink(
  failed: Outcome,
  breathe: () => Promise<void> = async () => {},
  mostRuns: number = MOST_RUNS,
): Promise<Outcome> {
  return new Shrinker(failed, breathe, mostRuns).shrink();
}

class Shrinker {
  private runs = 0;
  private readonly invariant: string;

  constructor(
    private best: Outcome,
    private readonly breathe: () => Promise<void>,
    private readonly mostRuns: number,
  ) {
    this.invariant = best.violations[0]?.invariant ?? '';
  }

  async shrink(): Promise<Outcome> {
    let before: Scenario;
    do {
      before = this.best.scenario;
      await this.dropMembers();
      await this.dropSteps();
      await this.dropOddities();
    } while (this.best.scenario !== before && this.runs < this.mostRuns);
    return this.best;
  }

  /** Keeps what still fails. */
  private async attempt(change: Partial<Scenario>): Promise<boolean> {
    if (this.runs >= this.mostRuns) return false;
    this.runs++;
    await this.breathe();
    const outcome = runScenario({ ...this.best.scenario, ...change });
    if (!outcome.violations.some(({ invariant }) => invariant === this.invariant)) return false;
    this.best = outcome;
    return true;
  }

  private async dropMembers(): Promise<void> {
    const { places } = this.best.scenario;
    for (let place = places - 1; place >= 0; place--) {
      const steps = this.best.scenario.steps.filter((step) => !('place' in step) || step.place !== place);
      if (steps.length < this.best.scenario.steps.length) await this.attempt({ steps });
    }
  }

  private dropSteps(): Promise<void> {
    return shrinkSteps(
      () => this.best.scenario.steps,
      (steps) => this.attempt({ steps }),
    );
  }

  private async dropOddities(): Promise<void> {
    for (const [place, traits] of this.best.scenario.traits.entries()) {
      if (traits === PLAIN) continue;
      await this.attempt({ traits: this.best.scenario.traits.with(place, PLAIN) });
    }
    if (this.best.scenario.checksum) await this.attempt({ checksum: false });
  }
}

/**
 * Failure detection: a member from which nothing has come for `suspect_max_idle` sweeps of `suspect_sweep` seconds is suspected. The data plane
 * asks the watched for a sign of life when they have been silent, and answers such questions itself: a busy application is not a dead one.
 *
 * Each member watches the `suspect_neighbours` before it, and the coordinator watches all: the cost of a view is linear in its size, and
 * whoever fails is watched by somebody, however many fail at once. Those who leave do not count among the neighbours: they do not coordinate any more,
 * and keep to themselves whom they suspect, so whoever comes after them has to look further. So does whoever has found others gone, and the further
 * the more it has found: when the twenty oldest fail at once, the next one knows that it coordinates after some four rounds of suspicion, not after ten.
 *
 * Where the kernel says that nothing is bound to a member's address any more, it is asked at once, and suspected when it stays silent for
 * `suspect_verify`: a process that was killed on a living host is gone within a tenth of a second.
 *
 * Source: Ensemble's Suspect, which watches all by all.
 */
import type { Rank, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';

interface Watched {
  heard: number;
  /** Sweeps without a sign of life. */
  idle: number;
}

export class Suspect extends Layer {
  private readonly gone = new Set<Rank>();
  private readonly leaving = new Set<Rank>();
  private readonly watched = new Map<Rank, Watched>();
  private coordinates = false;
  /** How many it has found gone by itself. */
  private found = 0;
  private readonly sweepMs = this.context.params.milliseconds('suspect_sweep');
  private readonly maxIdle = this.context.params.number('suspect_max_idle');
  private readonly probeMs = this.context.params.milliseconds('suspect_probe');
  private readonly verifyMs = this.context.params.milliseconds('suspect_verify');
  private readonly verifying = new Set<Rank>();
  private readonly neighbours = this.context.params.number('suspect_neighbours');

  override up(event: StackEvent): void {
    if (event.type === 'init') {
      this.coordinates = this.context.myRank === 0;
      this.watch();
      this.schedule();
    }
    if (event.type === 'leaving') {
      this.leaving.add(event.rank);
      this.watch();
    }
    if (event.type === 'block') {
      for (const rank of event.failed) this.gone.add(rank);
      for (const rank of event.leaving) this.leaving.add(rank);
      this.coordinates ||= event.coordinator === this.context.myRank;
      this.watch();
    }
    this.context.up(event);
  }

  override down(event: StackEvent): void {
    if (event.type === 'block' && event.coordinator === this.context.myRank) this.coordinates = true;
    this.context.down(event);
  }

  override refused(rank: Rank): void {
    if (this.gone.has(rank) || this.verifying.has(rank)) return;
    const { plane, environment } = this.context;
    const before = plane.heard(rank);
    this.verifying.add(rank);
    this.probe();
    // Twice: one question or its answer may be lost, and a live member must not go for that.
    environment.setTimer(this.verifyMs / 2, () => this.probe());
    environment.setTimer(this.verifyMs, () => {
      this.verifying.delete(rank);
      if (this.gone.has(rank)) return;
      if (plane.heard(rank) === before) this.suspect([rank], 'nothing is bound to its address');
      else this.probe();
    });
  }

  private schedule(): void {
    this.context.environment.setTimer(this.sweepMs, () => {
      this.sweep();
      this.schedule();
    });
  }

  private sweep(): void {
    const silent: Rank[] = [];
    for (const [rank, watched] of this.watched) {
      const heard = this.context.plane.heard(rank);
      watched.idle = heard === watched.heard ? watched.idle + 1 : 0;
      watched.heard = heard;
      if (watched.idle > this.maxIdle) silent.push(rank);
    }
    if (silent.length === 0) return;
    const seconds = (((this.maxIdle + 1) * this.sweepMs) / 1000).toFixed(1);
    this.suspect(silent, `nothing has come for ${seconds} s`);
  }

  private suspect(ranks: readonly Rank[], reason: string): void {
    for (const rank of ranks) this.gone.add(rank);
    this.found += ranks.length;
    this.watch();
    this.context.up({ type: 'suspect', ranks, reason });
  }

  /** What others suspect needs no watching; the next ones do. */
  private watch(): void {
    const ranks = this.toWatch();
    let changed = false;
    for (const rank of this.watched.keys()) {
      if (!ranks.includes(rank)) changed = this.watched.delete(rank);
    }
    for (const rank of ranks) {
      if (this.watched.has(rank)) continue;
      this.watched.set(rank, { heard: this.context.plane.heard(rank), idle: 0 });
      changed = true;
    }
    // All are probed at once: not for nothing, in the middle of a view change.
    if (changed) this.probe();
  }

  /** The watched, and those that may be gone, whether they are watched or not: who is not asked can't answer. */
  private probe(): void {
    const ranks = new Set([...this.watched.keys(), ...this.verifying].filter((rank) => !this.gone.has(rank)));
    this.context.plane.watch([...ranks], this.probeMs);
  }

  private toWatch(): Rank[] {
    const { view, myRank } = this.context;
    const members = view.members.length;
    const ranks: Rank[] = [];
    let left = this.coordinates ? members : this.neighbours * (1 + this.found);
    for (let step = 1; step < members && left > 0; step++) {
      const rank = (myRank - step + members) % members;
      if (this.gone.has(rank)) continue;
      ranks.push(rank);
      if (!this.leaving.has(rank)) left--;
    }
    return ranks;
  }
}

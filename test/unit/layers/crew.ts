// One layer at all members of a view: records go from member to member in the order in which a stream brings them, and what a layer sends down
// comes back up to it, as from Bottom.
import type { Rank, StackEvent } from '../../../ts/stack/event.js';
import type { Layer, LayerContext } from '../../../ts/stack/layer.js';
import { viewOf } from '../stack/views.js';
import { FakeContext, FakeEnvironment, type FakeSettings, reader } from './fake-context.js';

interface Parcel {
  readonly from: Rank;
  readonly to: Rank;
  readonly record: Uint8Array;
}

export class Crew<T extends Layer> {
  readonly environment = new FakeEnvironment();
  readonly contexts: FakeContext[];
  readonly layers: T[];
  readonly dead = new Set<Rank>();
  /** Events that went up from each layer, by rank. */
  readonly ups: StackEvent[][];
  /** Records on their way that `lose` says are lost: their sender fails before they have arrived. */
  lose: (parcel: Parcel) => boolean = () => false;
  /** Set to false, what a layer sends down stays in `contexts[rank].downs`. */
  bounces: (event: StackEvent) => boolean = () => true;
  private readonly parcels: Parcel[] = [];

  constructor(layerClass: new (context: LayerContext) => T, members: number, settings: FakeSettings = {}) {
    const ranks = [...Array(members).keys()];
    const view = viewOf(ranks);
    const { environment } = this;
    this.contexts = ranks.map((myRank) => new FakeContext(view, { ...settings, myRank, environment }));
    this.layers = this.contexts.map((context) => new layerClass(context));
    this.ups = ranks.map(() => []);
  }

  down(rank: Rank, event: StackEvent): void {
    this.layers[rank]?.down(event);
    this.run();
  }

  up(rank: Rank, event: StackEvent): void {
    this.layers[rank]?.up(event);
    this.run();
  }

  /** Something has arrived at these, or at all. */
  progress(...ranks: Rank[]): void {
    const all = ranks.length > 0 ? ranks : [...this.layers.keys()];
    for (const rank of all) if (!this.dead.has(rank)) this.layers[rank]?.progress();
    this.run();
  }

  advance(milliseconds: number): void {
    this.environment.advance(milliseconds);
    this.run();
  }

  /** Until nobody has anything to say. */
  run(): void {
    do {
      this.collect();
      const parcel = this.parcels.shift();
      if (parcel === undefined || this.dead.has(parcel.to) || this.lose(parcel)) continue;
      this.layers[parcel.to]?.receive(parcel.from, reader(parcel.record));
    } while (this.parcels.length > 0 || this.contexts.some(busy));
  }

  upTypes(rank: Rank): string[] {
    return (this.ups[rank] ?? []).map(({ type }) => type);
  }

  /** What went up of a type, at one member. */
  upsOf<K extends StackEvent['type']>(rank: Rank, type: K): Extract<StackEvent, { type: K }>[] {
    return (this.ups[rank] ?? []).filter((event): event is Extract<StackEvent, { type: K }> => event.type === type);
  }

  private collect(): void {
    for (const [from, context] of this.contexts.entries()) {
      const casts = context.casts.splice(0);
      const sends = context.sends.splice(0);
      const downs = context.downs.splice(0);
      this.ups[from]?.push(...context.ups.splice(0));
      if (this.dead.has(from)) continue;
      for (const record of casts) {
        for (const to of this.layers.keys()) if (to !== from) this.parcels.push({ from, to, record });
      }
      for (const { to, record } of sends) this.parcels.push({ from, to, record });
      for (const event of downs) if (this.bounces(event)) this.layers[from]?.up(event);
    }
  }
}

function busy({ casts, sends, downs, ups }: FakeContext): boolean {
  return casts.length + sends.length + downs.length + ups.length > 0;
}

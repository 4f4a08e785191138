/** What blocks of results are called: rows under one title were measured in turns. */
import { LAYERS } from '../layers/layer-table.js';
import type {
  LatencyResult,
  LayersResult,
  ResultHead,
  ScaleResult,
  SoakResult,
  StoreResult,
  ThroughputResult,
  TransferResult,
  ViewsResult,
} from '../results.js';
import { VIEW_MEASURES } from '../view-measures.js';
import { size } from './format.js';
import { rowLabel } from './result-head.js';

export function throughputTitle(result: ThroughputResult): string {
  return `throughput, messages of ${size(result.sizeBytes)}, ${frames(result)}`;
}

export function latencyTitle(result: LatencyResult): string {
  return `round trip, messages of ${size(result.sizeBytes)}, ${frames(result)}, ${loadOf(result)}`;
}

/** Of one row: what was measured stands in the lines. */
export function viewsTitle(result: ViewsResult): string {
  return `views, ${rowLabel(result)}; casts of ${size(result.sizeBytes)} where there is load`;
}

/** Of one thing that was measured, of all rows. */
export function viewMeasureTitle({ measure, sizeBytes }: ViewsResult): string {
  return `views, ${VIEW_MEASURES[measure].title}; casts of ${size(sizeBytes)} where there is load`;
}

export function transferTitle(result: TransferResult): string {
  return `transfer of a state of ${size(result.stateBytes)}, ${frames(result)}; shares of casts of ${size(result.sizeBytes)}`;
}

/** Of commits; the rest has a table of its own. */
export function storeTitle({ durability, sizeBytes }: StoreResult): string {
  return `store ${durability === 'disk' ? 'on disk' : 'in memory'}, values of ${size(sizeBytes)}`;
}

export function wholeStoreTitle(result: StoreResult): string {
  return `${storeTitle(result)}: reads, the leader killed, a whole store of ${size(result.stateBytes ?? 0)}`;
}

export function layersTitle({ layer, operation, sizeBytes }: LayersResult): string {
  const what = operation === 'message' ? `message of ${size(sizeBytes)}` : operation;
  return `layer ${layer}: ${LAYERS[layer].title}, for each ${what}`;
}

export function scaleTitle(result: ScaleResult): string {
  return `scale, one member casts messages of ${size(result.sizeBytes)}, ${frames(result)}`;
}

export function soakTitle(result: SoakResult): string {
  return `soak, all members cast messages of ${size(result.sizeBytes)} at a steady rate, ${frames(result)}`;
}

export function frames({ mtu, network }: Pick<ResultHead, 'mtu' | 'network'>): string {
  const frames = mtu === 'auto' ? "frames of the interface's MTU" : `frames of ${mtu} B`;
  return network === 'netns' ? `${frames}, between namespaces` : frames;
}

export function loadOf({ load, ratePerSecond }: Pick<LatencyResult, 'load' | 'ratePerSecond'>): string {
  return load === 'rate' ? `${ratePerSecond} messages/s, from the intended time` : 'ping-pong';
}

/** In the order in which they come. */
export function groupBy<Key, Item>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): readonly (readonly [Key, readonly Item[]])[] {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups];
}

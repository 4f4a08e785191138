/** From members and memory to what the data plane needs to know of a view; the same at all its members but for the rank and the seed. */
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError } from '../base/errors.js';
import { formatBytes } from '../base/show.js';
import { connectionId } from './connection-id.js';
import { StreamKind, type ViewConfig } from './data-plane.js';
import { minMemory, type RingSizes, ringSizes } from './ring-sizes.js';

/** Bytes that all receivers of a stream together may have on their way to them. */
const MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024;
const MIN_WINDOW_BYTES = 64 * 1024;

export interface ViewSettings {
  readonly groupName: string;
  readonly key: string;
  readonly viewTime: number;
  /** In the order of ranks. */
  readonly endpoints: readonly Endpoint[];
  readonly myRank: number;
  /** Bytes for all rings. */
  readonly memory: number;
  /** Most bytes of a frame. */
  readonly frameBytes: number;
  readonly checksum: boolean;
  readonly seed: number;
  /** Whether what has arrived and what is stable is told at once (see ViewConfig). Default: false. */
  readonly prompt?: boolean;
}

export function viewConfig(settings: ViewSettings): { readonly config: ViewConfig; readonly sizes: RingSizes } {
  const { endpoints, myRank, memory } = settings;
  const sizes = ringSizes(memory, endpoints.length);
  const id = connectionId({ ...settings, ringSizes: sizes, addresses: endpoints });
  const config = {
    connectionLow: id.low,
    connectionHigh: id.high,
    myRank,
    addresses: endpoints.map(({ host, port }) => ({ host, port })),
    frameBytes: Math.floor(settings.frameBytes / 8) * 8,
    maxWindow: maxWindow(sizes[StreamKind.cast], endpoints.length),
    checked: settings.checksum,
    seed: settings.seed,
    prompt: settings.prompt ?? false,
  };
  return { config, sizes };
}

/** @throws ConsortError when a view of this size does not fit into the memory */
export function checkMemory(memory: number, members: number): void {
  const wantedBytes = minMemory(members);
  if (memory >= wantedBytes) return;
  throw new ConsortError(
    'ERR_MEMORY_TOO_SMALL',
    `options.memory: ${formatBytes(memory)} are too small for a view of ${members} members, want at least ` +
      `${formatBytes(wantedBytes)} at each of them`,
    { details: { memory, members, wantedBytes } },
  );
}

function maxWindow(castRing: number, members: number): number {
  return Math.max(MIN_WINDOW_BYTES, Math.min(castRing, Math.floor(MAX_IN_FLIGHT_BYTES / Math.max(1, members - 1))));
}

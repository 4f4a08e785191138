/** What is measured, in which order: from options to blocks of rows that take turns. */
import type { ThreadMode } from '../ts/index.js';
import { MAX_VALUE_BYTES } from '../ts/store/limits.js';
import { LAYER_FRAME_BYTES, LAYER_NAMES, LAYERS, type LayerName } from './layers/layer-table.js';
import type { Language } from './layers/layer-work.js';
import {
  type BenchMode,
  type BenchOptions,
  type Durability,
  FIFO,
  FIXED_PROPERTIES,
  hasViews,
  type Mtu,
  type Network,
  SCENARIOS,
  type ScenarioName,
  type Senders,
} from './options.js';
import { COMPARED_WITH_PEERS, maxPeerBytes, type PeerName } from './peers/peer-table.js';
import { MIN_PING_BYTES } from './roles/pinger.js';
import { UsageError } from './usage-error.js';

/** A group under test. */
export interface GroupRow {
  readonly kind: 'group';
  readonly mode: BenchMode;
  readonly threads: ThreadMode;
  readonly properties: string;
  /** Properties that order casts, or FIFO. */
  readonly ordering: string;
  readonly members: number;
  readonly senders: Senders;
  readonly lossRate: number;
}

/** What groups are compared with; always one sender and one receiver. */
export interface ReferenceRow {
  readonly kind: 'limit' | 'dgram' | 'tcp';
}

/** What others would take, likewise. */
export interface PeerRow {
  readonly kind: PeerName;
}

/** One layer of the data plane, alone. */
export interface LayerRow {
  readonly kind: 'layer';
  readonly mode: Language;
}

/** A group in the simulator. */
export interface SimulatedRow {
  readonly kind: 'simulated';
  readonly mode: Language;
  readonly members: number;
}

export type Row = GroupRow | ReferenceRow | PeerRow | LayerRow | SimulatedRow;

/** Rows that are measured in turns, so that they meet the same state of the machine. */
export interface Block {
  readonly scenario: ScenarioName;
  readonly sizeBytes: number;
  readonly mtu: Mtu;
  /** Undefined: loopback. */
  readonly network?: Network;
  /** Of the state that is transferred, or of the store that is synchronized; only where one is. */
  readonly stateBytes?: number;
  /** Of a store. */
  readonly durability?: Durability;
  /** Which layer is measured; only where one is. */
  readonly layer?: LayerName;
  readonly rows: readonly Row[];
}

export interface Defaults {
  readonly sizesBytes: readonly number[];
  readonly mtus: readonly Mtu[];
  /** Of each mode. */
  readonly threads: Readonly<Record<BenchMode, readonly ThreadMode[]>>;
}

const DEFAULTS: Readonly<Record<ScenarioName, Defaults>> = {
  throughput: {
    sizesBytes: [16, 64, 1024, 65536],
    mtus: ['auto', 1400],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
  latency: {
    sizesBytes: [64],
    mtus: ['auto'],
    threads: { native: ['single', 'multi'], ts: ['single', 'multi'], mixed: ['single', 'multi'] },
  },
  views: {
    sizesBytes: [1024],
    mtus: ['auto'],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
  transfer: {
    sizesBytes: [1024],
    mtus: ['auto'],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
  store: {
    sizesBytes: [100],
    mtus: ['auto'],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
  layers: {
    sizesBytes: [],
    mtus: ['auto'],
    threads: { native: ['single'], ts: ['single'], mixed: [] },
  },
  scale: {
    sizesBytes: [64],
    mtus: ['auto'],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
  soak: {
    sizesBytes: [1024],
    mtus: ['auto'],
    threads: { native: ['multi'], ts: ['multi'], mixed: ['multi'] },
  },
};

/** Beside peers. */
const PEERS_SIZES_BYTES = [64, 1024, 65536];
/** There are up to nine rows of each size. */
const QUICK_PEERS_SIZES_BYTES = [1024];

const STATES_BYTES = [2 ** 20, 64 * 2 ** 20, 2 ** 30];
const QUICK_STATES_BYTES = [16 * 2 ** 20];
const PEERS_STATES_BYTES = [64 * 2 ** 20];
const STORES_BYTES = [64 * 2 ** 20];
const QUICK_STORES_BYTES = [8 * 2 ** 20];
/** A value's first bytes say which one it is. */
const MIN_STORE_VALUE_BYTES = 4;

/** Scenarios that measure what comes of changes of views. */
const NEED_VIEWS: readonly ScenarioName[] = ['views', 'transfer', 'store', 'scale', 'soak'];
/** In a quick run one mode of these is enough: they take seconds. */
const SLOW: readonly ScenarioName[] = ['views', 'transfer', 'store', 'scale'];
/** They run when they are named, and not else. */
const ONLY_NAMED: readonly ScenarioName[] = ['soak'];

/** What the aims of views are for; others' are as many as two cores bear. */
const MEMBERS: Readonly<Record<ScenarioName, readonly number[]>> = {
  throughput: [2],
  latency: [2],
  views: [8],
  transfer: [2],
  store: [3],
  layers: [],
  scale: [2, 4, 8, 16],
  soak: [4],
};
const QUICK_SCALE_MEMBERS = [2, 4];
const SIMULATED = [8, 16, 32, 64];
const QUICK_SIMULATED = [8, 16];
const SIMULATED_BYTES = 64;
const SOAK_LOSS_RATES = [0.01];

/** UDP over IPv4 carries no more in a datagram. Bytes. */
const MAX_DATAGRAM_BYTES = 65507;

/** What this machine can do. */
export interface Abilities {
  /** Why there is no native plane; undefined: there is one. */
  readonly noNative: string | undefined;
  /** Those of the peers that are installed. */
  readonly peers?: readonly PeerName[];
}

/** @throws UsageError when something was asked for by name that can't be had */
export function planBlocks(options: BenchOptions, { noNative, peers = [] }: Abilities): readonly Block[] {
  const able = noNative === undefined ? (['native', 'ts'] as const) : (['ts'] as const);
  const modes = options.modes ?? able;
  const first = modes.find((mode) => mode !== 'ts');
  if (noNative !== undefined && first !== undefined) {
    throw new UsageError(`--mode: ${first} needs the native addon: ${noNative}`);
  }
  return SCENARIOS.filter((scenario) => planned(scenario, options)).flatMap((scenario) => {
    const languages = scenarioModes(scenario, options, modes).filter((mode) => mode !== 'mixed');
    if (scenario === 'layers') return layerBlocks(languages);
    const defaults = DEFAULTS[scenario];
    const besidePeers = options.peers.length > 0;
    const besidePeersBytes = options.quick ? QUICK_PEERS_SIZES_BYTES : PEERS_SIZES_BYTES;
    const sizes =
      options.sizesBytes ?? (scenario === 'throughput' && besidePeers ? besidePeersBytes : defaults.sizesBytes);
    const mtus = options.mtus ?? (options.quick || besidePeers ? defaults.mtus.slice(0, 1) : defaults.mtus);
    checkSizes(scenario, sizes);
    const blocks = options.networks.flatMap((network) =>
      mtus.flatMap((mtu) =>
        sizes.flatMap((sizeBytes) =>
          variantsOf(scenario, options).map((variant) => ({
            scenario,
            sizeBytes,
            mtu,
            ...(network === 'netns' ? { network } : {}),
            ...variant,
            rows: [
              ...groupRows(scenario, options, scenarioModes(scenario, options, modes), defaults),
              ...referenceRows(scenario, sizeBytes, noNative === undefined),
              ...peerRows(scenario, sizeBytes, peers),
            ],
          })),
        ),
      ),
    );
    return scenario === 'scale' ? scaleBlocks(blocks, options, languages) : blocks;
  });
}

/** One for each layer: both languages take turns. */
function layerBlocks(languages: readonly Language[]): readonly Block[] {
  const rows = languages.map((mode): LayerRow => ({ kind: 'layer', mode }));
  return LAYER_NAMES.map((layer) => {
    return { scenario: 'layers', sizeBytes: LAYERS[layer].sizeBytes, mtu: LAYER_FRAME_BYTES, layer, rows };
  });
}

/** One for each size of a group, so that no more processes are there at once than that takes; then the simulated ones. */
function scaleBlocks(
  blocks: readonly Block[],
  { simulated, quick }: BenchOptions,
  languages: readonly Language[],
): readonly Block[] {
  const real = blocks.flatMap((block) => {
    const rows = block.rows as readonly GroupRow[];
    const sizes = [...new Set(rows.map(({ members }) => members))];
    return sizes.map((size) => ({ ...block, rows: rows.filter(({ members }) => members === size) }));
  });
  const sizes = simulated ?? (quick ? QUICK_SIMULATED : SIMULATED);
  const rows = sizes.flatMap((members) =>
    languages.map((mode): SimulatedRow => ({ kind: 'simulated', mode, members })),
  );
  return [...real, { scenario: 'scale', sizeBytes: SIMULATED_BYTES, mtu: 'auto', rows }];
}

function peerRows(scenario: ScenarioName, sizeBytes: number, peers: readonly PeerName[]): readonly PeerRow[] {
  const compared: readonly ScenarioName[] = COMPARED_WITH_PEERS;
  if (!compared.includes(scenario)) return [];
  // A state is carried in parts that all of them take.
  if (scenario === 'transfer') return peers.map((kind) => ({ kind }));
  return peers.filter((peer) => sizeBytes <= maxPeerBytes(peer)).map((kind) => ({ kind }));
}

/** One, without a state, where none is transferred. A store without a disk to wait for is measured for its commits only. */
function variantsOf(
  scenario: ScenarioName,
  { statesBytes, quick, peers }: BenchOptions,
): readonly Pick<Block, 'stateBytes' | 'durability'>[] {
  if (scenario === 'store') {
    const stores = statesBytes ?? (quick ? QUICK_STORES_BYTES : STORES_BYTES);
    return [...stores.map((stateBytes) => ({ durability: 'disk' as const, stateBytes })), { durability: 'memory' }];
  }
  if (scenario !== 'transfer') return [{}];
  const usual = peers.length > 0 ? PEERS_STATES_BYTES : STATES_BYTES;
  return (statesBytes ?? (quick ? QUICK_STATES_BYTES : usual)).map((stateBytes) => ({ stateBytes }));
}

/** A fixed view never changes: of its changes there is nothing to measure. */
function planned(scenario: ScenarioName, { scenarios, properties }: BenchOptions): boolean {
  const asked = scenarios?.includes(scenario) ?? !ONLY_NAMED.includes(scenario);
  if (!NEED_VIEWS.includes(scenario) || hasViews(properties)) return asked;
  if (scenarios?.includes(scenario) !== true) return false;
  throw new UsageError(`${scenario}: groups with the properties ${properties} have a view that never changes`);
}

/** How many workers a row needs. */
export function crewSize({ scenario }: Pick<Block, 'scenario'>, row: Row): number {
  if (row.kind === 'layer' || row.kind === 'simulated') return 1;
  if (row.kind !== 'group') return 2;
  // Beside the members there is one that comes and goes.
  return scenario === 'views' ? row.members + 1 : row.members;
}

/** About how long a measurement of a row takes, in those of throughput. */
export function turnWeight({ scenario }: Pick<Block, 'scenario'>): number {
  return { throughput: 1, latency: 1, views: 8, transfer: 4, store: 6, layers: 0.6, scale: 2, soak: 20 }[scenario];
}

/** How often a row is measured: what is simulated comes out the same, and a soak is long. */
export function repeatsOf({ scenario }: Pick<Block, 'scenario'>, row: Row, { repeats }: { repeats: number }): number {
  return row.kind === 'simulated' || scenario === 'soak' ? 1 : repeats;
}

/** All properties of a row's members. */
export function propertiesOf({ properties, ordering }: Pick<GroupRow, 'properties' | 'ordering'>): string {
  return ordering === FIFO ? properties : `${properties}:${ordering}`;
}

/** Whether its view never changes: then it is given its members. */
export function isFixed({ properties }: Pick<GroupRow, 'properties'>): boolean {
  return !hasViews(properties);
}

/** How many members of a row send. */
export function senderCount({ members, senders }: Pick<GroupRow, 'members' | 'senders'>): number {
  if (senders === 'all') return members;
  return senders === 'one' ? 1 : senders;
}

function scenarioModes(
  scenario: ScenarioName,
  { quick, modes: asked }: BenchOptions,
  modes: readonly BenchMode[],
): readonly BenchMode[] {
  if (asked !== undefined) return modes;
  // Both data planes, in one group.
  if (scenario === 'soak') return modes.includes('native') ? ['mixed'] : modes;
  return SLOW.includes(scenario) && quick ? modes.slice(0, 1) : modes;
}

function groupRows(
  scenario: ScenarioName,
  options: BenchOptions,
  modes: readonly BenchMode[],
  defaults: Defaults,
): readonly GroupRow[] {
  const senders = sendersOf(scenario, options);
  const { properties } = options;
  const members = options.members ?? (scenario === 'scale' && options.quick ? QUICK_SCALE_MEMBERS : MEMBERS[scenario]);
  const threadsOf = (mode: BenchMode) =>
    options.threads ?? (options.peers.length > 0 ? (['multi'] as const) : defaults.threads[mode]);
  const stacks = NEED_VIEWS.includes(scenario)
    ? [properties]
    : options.compareFixed && hasViews(properties)
      ? [properties, FIXED_PROPERTIES]
      : [properties];
  const isStore = scenario === 'store';
  const lossRates = isStore ? [0] : (options.lossRates ?? (scenario === 'soak' ? SOAK_LOSS_RATES : [0]));
  const orderings = isStore ? [FIFO] : options.orderings;
  return lossRates.flatMap((lossRate) =>
    members.flatMap((size) =>
      senders.flatMap((each) =>
        modes.flatMap((mode) =>
          threadsOf(mode).flatMap((threads) =>
            stacks.flatMap((stack) =>
              orderings.map((ordering) => ({
                kind: 'group' as const,
                mode,
                threads,
                properties: stack,
                ordering,
                members: size,
                senders: each,
                lossRate,
              })),
            ),
          ),
        ),
      ),
    ),
  );
}

function sendersOf(scenario: ScenarioName, options: BenchOptions): readonly Senders[] {
  // Somebody asks and somebody answers: there are no other senders in the latency scenario. Where views change all send; where a state is transferred, one.
  if (scenario === 'throughput') return options.senders;
  return ['views', 'store', 'soak'].includes(scenario) ? ['all'] : ['one'];
}

function referenceRows(scenario: ScenarioName, sizeBytes: number, withLimit: boolean): readonly ReferenceRow[] {
  if (scenario === 'transfer') return [{ kind: 'tcp' }];
  const dgram: readonly ReferenceRow[] = sizeBytes <= MAX_DATAGRAM_BYTES ? [{ kind: 'dgram' }] : [];
  if (NEED_VIEWS.includes(scenario)) return [];
  if (scenario === 'latency') return dgram;
  return [...(withLimit ? [{ kind: 'limit' } as const] : []), { kind: 'tcp' }, ...dgram];
}

function checkSizes(scenario: ScenarioName, sizes: readonly number[]): void {
  const noValue = sizes.find((size) => size < MIN_STORE_VALUE_BYTES || size > MAX_VALUE_BYTES);
  if (scenario === 'store' && noValue !== undefined) {
    throw new UsageError(
      `--size: got ${noValue}, want ${MIN_STORE_VALUE_BYTES} bytes to 1 MiB for the values of a store`,
    );
  }
  const tooSmall = sizes.find((size) => size < MIN_PING_BYTES);
  if (scenario === 'latency' && tooSmall !== undefined) {
    throw new UsageError(
      `--size: got ${tooSmall}, want at least ${MIN_PING_BYTES} bytes for latency; or name the scenario 'throughput'`,
    );
  }
}

/** What is measured, in which order: from options to blocks of rows that take turns. */
import type { ThreadMode } from '../ts/index.js';
import {
  type BenchMode,
  type BenchOptions,
  FIFO,
  FIXED_PROPERTIES,
  hasViews,
  type Mtu,
  SCENARIOS,
  type ScenarioName,
  type Senders,
} from './options.js';
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

export type Row = GroupRow | ReferenceRow;

/** Rows that are measured in turns, so that they meet the same state of the machine. */
export interface Block {
  readonly scenario: ScenarioName;
  readonly sizeBytes: number;
  readonly mtu: Mtu;
  /** Of the state that is transferred; only where one is. */
  readonly stateBytes?: number;
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
};

const STATES_BYTES = [2 ** 20, 64 * 2 ** 20, 2 ** 30];
const QUICK_STATES_BYTES = [16 * 2 ** 20];

/** Scenarios that measure what comes of changes of views. */
const NEED_VIEWS: readonly ScenarioName[] = ['views', 'transfer'];

/** What the aims are for. */
const VIEWS_MEMBERS = 8;

/** UDP over IPv4 carries no more in a datagram. Bytes. */
const MAX_DATAGRAM_BYTES = 65507;

/** What this machine can do. */
export interface Abilities {
  /** Why there is no native plane; undefined: there is one. */
  readonly noNative: string | undefined;
}

/** @throws UsageError when something was asked for by name that can't be had */
export function planBlocks(options: BenchOptions, { noNative }: Abilities): readonly Block[] {
  const able = noNative === undefined ? (['native', 'ts'] as const) : (['ts'] as const);
  const modes = options.modes ?? able;
  const first = modes.find((mode) => mode !== 'ts');
  if (noNative !== undefined && first !== undefined) {
    throw new UsageError(`--mode: ${first} needs the native addon: ${noNative}`);
  }
  return SCENARIOS.filter((scenario) => planned(scenario, options)).flatMap((scenario) => {
    const defaults = DEFAULTS[scenario];
    const sizes = options.sizesBytes ?? defaults.sizesBytes;
    const mtus = options.mtus ?? (options.quick ? defaults.mtus.slice(0, 1) : defaults.mtus);
    checkSizes(scenario, sizes);
    return mtus.flatMap((mtu) =>
      sizes.flatMap((sizeBytes) =>
        statesOf(scenario, options).map((state) => ({
          scenario,
          sizeBytes,
          mtu,
          ...state,
          rows: [
            ...groupRows(scenario, options, scenarioModes(scenario, options, modes), defaults),
            ...referenceRows(scenario, sizeBytes, noNative === undefined),
          ],
        })),
      ),
    );
  });
}

/** One, without a state, where none is transferred. */
function statesOf(
  scenario: ScenarioName,
  { statesBytes, quick }: BenchOptions,
): readonly { readonly stateBytes?: number }[] {
  if (scenario !== 'transfer') return [{}];
  return (statesBytes ?? (quick ? QUICK_STATES_BYTES : STATES_BYTES)).map((stateBytes) => ({ stateBytes }));
}

/** A fixed view never changes: of its changes there is nothing to measure. */
function planned(scenario: ScenarioName, { scenarios, properties }: BenchOptions): boolean {
  const asked = scenarios?.includes(scenario) ?? true;
  if (!NEED_VIEWS.includes(scenario) || hasViews(properties)) return asked;
  if (scenarios?.includes(scenario) !== true) return false;
  throw new UsageError(`${scenario}: groups with the properties ${properties} have a view that never changes`);
}

/** How many workers a row needs. */
export function crewSize({ scenario }: Pick<Block, 'scenario'>, row: Row): number {
  if (row.kind !== 'group') return 2;
  // Beside the members there is one that comes and goes.
  return scenario === 'views' ? row.members + 1 : row.members;
}

/** About how long a measurement of a row takes, in those of throughput. */
export function turnWeight({ scenario }: Pick<Block, 'scenario'>): number {
  return { throughput: 1, latency: 1, views: 8, transfer: 4 }[scenario];
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

/** They take seconds: in a quick run one mode is enough. */
function scenarioModes(
  scenario: ScenarioName,
  { quick, modes: asked }: BenchOptions,
  modes: readonly BenchMode[],
): readonly BenchMode[] {
  return NEED_VIEWS.includes(scenario) && quick && asked === undefined ? modes.slice(0, 1) : modes;
}

function groupRows(
  scenario: ScenarioName,
  options: BenchOptions,
  modes: readonly BenchMode[],
  defaults: Defaults,
): readonly GroupRow[] {
  const senders = sendersOf(scenario, options);
  const { properties } = options;
  const members = options.members ?? (scenario === 'views' ? [VIEWS_MEMBERS] : [2]);
  const stacks = NEED_VIEWS.includes(scenario)
    ? [properties]
    : options.compareFixed && hasViews(properties)
      ? [properties, FIXED_PROPERTIES]
      : [properties];
  return options.lossRates.flatMap((lossRate) =>
    members.flatMap((size) =>
      senders.flatMap((each) =>
        modes.flatMap((mode) =>
          (options.threads ?? defaults.threads[mode]).flatMap((threads) =>
            stacks.flatMap((stack) =>
              options.orderings.map((ordering) => ({
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
  return scenario === 'views' ? ['all'] : ['one'];
}

function referenceRows(scenario: ScenarioName, sizeBytes: number, withLimit: boolean): readonly ReferenceRow[] {
  const dgram: readonly ReferenceRow[] = sizeBytes <= MAX_DATAGRAM_BYTES ? [{ kind: 'dgram' }] : [];
  if (NEED_VIEWS.includes(scenario)) return [];
  if (scenario === 'latency') return dgram;
  return [...(withLimit ? [{ kind: 'limit' } as const] : []), { kind: 'tcp' }, ...dgram];
}

function checkSizes(scenario: ScenarioName, sizes: readonly number[]): void {
  const tooSmall = sizes.find((size) => size < MIN_PING_BYTES);
  if (scenario === 'latency' && tooSmall !== undefined) {
    throw new UsageError(
      `--size: got ${tooSmall}, want at least ${MIN_PING_BYTES} bytes for latency; or name the scenario 'throughput'`,
    );
  }
}

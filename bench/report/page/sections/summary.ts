/** The first thing one sees: how it ended, and the figures that most come for. */
import type { BenchReport, ThroughputResult } from '../../../results.js';
import { firstLine, percent, plain, size, times } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { h, type Markup } from '../html.js';
import { plainRows } from '../pick.js';
import { type Tone, toneOf } from '../tone.js';
import { amount, unbroken } from '../words.js';

interface Tile {
  readonly what: string;
  readonly figure: string;
  readonly unit: string;
  readonly more: string;
  readonly tone?: Tone;
}

export function tiles(report: BenchReport): Markup | undefined {
  const some = [
    ...throughputTiles(report),
    ...latencyTiles(report),
    ...viewsTiles(report),
    ...transferTiles(report),
    ...storeTiles(report),
  ];
  return some.length === 0 ? undefined : h('ul', { class: 'tiles' }, ...some.map(tile));
}

/** What could not be measured, and why. */
export function faults({ throughput, latency, views, transfer, store }: BenchReport): Markup | undefined {
  const failed = [...throughput, ...latency, ...views, ...transfer, ...store].filter(
    ({ error }) => error !== undefined,
  );
  const lines = [
    ...new Set(failed.map((row) => `${size(row.sizeBytes)}, ${rowLabel(row)}: ${firstLine(row.error ?? '')}`)),
  ];
  return lines.length === 0 ? undefined : h('ul', { class: 'faults' }, ...lines.map((line) => h('li', {}, line)));
}

function tile({ what, figure, unit, more, tone }: Tile): Markup {
  return h(
    'li',
    { class: tone === undefined ? 'tile' : `tile t-${tone}` },
    h('span', { class: 'what' }, what),
    h('span', { class: 'number' }, figure, h('span', { class: 'unit' }, ` ${unit}`)),
    h('span', { class: 'more' }, unbroken(more)),
  );
}

/** The fastest group by messages, and by bytes; and how far native is ahead at most. */
function throughputTiles({ throughput }: BenchReport): readonly Tile[] {
  const groups = plainRows(throughput).filter(({ row }) => row === 'group');
  const by = (measure: (result: ThroughputResult) => number | undefined) =>
    best(groups, (result) => measure(result) ?? Number.NEGATIVE_INFINITY);
  const rate = by(({ messagesPerSecond }) => messagesPerSecond?.median);
  const bytes = by(({ bytesPerSecond }) => bytesPerSecond?.median);
  const ratio = by(({ timesTs }) => timesTs);
  const name = (result: ThroughputResult) => `${rowLabel(result)}, ${size(result.sizeBytes)}`;
  const share = ({ shareOfLimit }: ThroughputResult) =>
    shareOfLimit === undefined ? '' : `, ${percent(shareOfLimit)} of the limit`;
  return [
    ...(rate?.messagesPerSecond === undefined
      ? []
      : [amountTile('Most messages', rate.messagesPerSecond.median, 'msg/s', name(rate) + share(rate), toneOf(rate))]),
    ...(bytes?.bytesPerSecond === undefined
      ? []
      : [amountTile('Most bytes', bytes.bytesPerSecond.median, 'B/s', name(bytes) + share(bytes), toneOf(bytes))]),
    ...(ratio?.timesTs === undefined
      ? []
      : [
          {
            what: 'Native ahead of TypeScript',
            figure: times(ratio.timesTs).replace(' ×', ''),
            unit: '×',
            more: `at most: ${size(ratio.sizeBytes)}`,
          },
        ]),
  ];
}

function latencyTiles({ latency }: BenchReport): readonly Tile[] {
  const groups = latency.filter(({ row, load }) => row === 'group' && load === 'ping-pong');
  const fastest = best(groups, ({ p50Micros }) => -(p50Micros?.median ?? Number.POSITIVE_INFINITY));
  if (fastest?.p50Micros === undefined) return [];
  const more = `${rowLabel(fastest)}, ${size(fastest.sizeBytes)}, p99 ${plain(fastest.p99Micros?.median)} µs`;
  return [{ what: 'Round trip', figure: plain(fastest.p50Micros.median), unit: 'µs', more, tone: toneOf(fastest) }];
}

function viewsTiles({ views }: BenchReport): readonly Tile[] {
  const joins = views.filter(({ measure, tookMillis }) => measure === 'joinAll' && tookMillis !== undefined);
  const fastest = best(joins, ({ tookMillis }) => -(tookMillis?.median ?? Number.POSITIVE_INFINITY));
  if (fastest?.tookMillis === undefined) return [];
  const more = `until all of ${fastest.members + 1} have the view, ${fastest.mode ?? ''}`;
  return [
    { what: 'One more joins', figure: plain(fastest.tookMillis.median), unit: 'ms', more, tone: toneOf(fastest) },
  ];
}

function transferTiles({ transfer }: BenchReport): readonly Tile[] {
  const fastest = best(transfer, ({ bytesPerSecond }) => bytesPerSecond?.median ?? Number.NEGATIVE_INFINITY);
  if (fastest?.bytesPerSecond === undefined) return [];
  const more = `${rowLabel(fastest)}, ${size(fastest.stateBytes)}`;
  return [amountTile('State transfer', fastest.bytesPerSecond.median, 'B/s', more, toneOf(fastest))];
}

function storeTiles({ store }: BenchReport): readonly Tile[] {
  const onDisk = store.filter(({ durability }) => durability === 'disk');
  const all = onDisk.flatMap((result) => result.commits.map((commits) => ({ result, commits })));
  const fastest = best(all, ({ commits }) => commits.commitsPerSecond.median);
  if (fastest === undefined) return [];
  const { result, commits } = fastest;
  const more = `${rowLabel(result)}, ${commits.writers} writers, p50 ${times(commits.p50Fsyncs)} one fsync`;
  return [amountTile('Commits on disk', commits.commitsPerSecond.median, 'commits/s', more, toneOf(result))];
}

/** The prefix of the unit goes to the unit: `31.7`, `M msg/s`. */
function amountTile(what: string, value: number, unit: string, more: string, tone: Tone): Tile {
  const [figure = '', ...rest] = amount(value, unit).split(' ');
  return { what, figure, unit: rest.join(' '), more, tone };
}

function best<Item>(items: readonly Item[], score: (item: Item) => number): Item | undefined {
  const scored = items.map((item) => ({ item, score: score(item) })).filter((each) => Number.isFinite(each.score));
  return scored.reduce<(typeof scored)[number] | undefined>(
    (most, each) => (most === undefined || each.score > most.score ? each : most),
    undefined,
  )?.item;
}

/** Charts of block characters, for a terminal: rates and round trips, the rows of a message size below each other on one scale. */
import { styleText } from 'node:util';
import type { BenchReport, LatencyResult, ResultHead, ThroughputResult } from '../results.js';
import { plain, quantity, size } from './format.js';
import { rowLabel } from './result-head.js';
import { frames, groupBy, loadOf } from './titles.js';

export interface BarOptions {
  readonly colors: boolean;
  /** Of the terminal. */
  readonly columns: number;
}

interface Bar {
  readonly head: ResultHead;
  readonly value: number;
  /** Where its lighter part ends; undefined: it has none. */
  readonly upTo?: number;
  readonly text: string;
}

/** A group of bars has a scale of its own: the longest fills the width. */
interface Group {
  readonly label: string;
  readonly bars: readonly Bar[];
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MOST_WIDTH = 40;
const LEAST_WIDTH = 8;

export function throughputBars(
  { throughput }: Pick<BenchReport, 'throughput'>,
  options: BarOptions,
): readonly string[] {
  return groupBy(throughput, frames).flatMap(([title, results]) =>
    chart(
      `msg/s by size, ${title}; each size on a scale of its own`,
      groupBy(results, ({ sizeBytes }) => size(sizeBytes)).map(([label, rows]) => ({
        label,
        bars: rows.flatMap(rateBar),
      })),
      options,
    ),
  );
}

export function latencyBars({ latency }: Pick<BenchReport, 'latency'>, options: BarOptions): readonly string[] {
  return groupBy(latency, loadOf).flatMap(([title, results]) =>
    chart(
      `round trip, µs, ${title}: █ up to p50, ░ up to p99`,
      groupBy(results, ({ sizeBytes }) => size(sizeBytes)).map(([label, rows]) => ({
        label,
        bars: rows.flatMap(roundTripBar),
      })),
      options,
    ),
  );
}

/** `███▌░░`: as long as the shares of the width, to an eighth of a character. */
export function barOf(share: number, upTo: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const solid = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
  const light = Math.round(Math.min(1, upTo) * width) - solid.length;
  return solid + '░'.repeat(Math.max(0, light));
}

function rateBar(result: ThroughputResult): readonly Bar[] {
  const value = result.messagesPerSecond?.median;
  return value === undefined ? [] : [{ head: result, value, text: quantity(value) }];
}

function roundTripBar(result: LatencyResult): readonly Bar[] {
  const { p50Micros: p50, p99Micros: p99 } = result;
  if (p50 === undefined || p99 === undefined) return [];
  const text = `${plain(p50.median)} / ${plain(p99.median)}`;
  return [{ head: result, value: p50.median, upTo: p99.median, text }];
}

/** Empty without bars. */
function chart(title: string, given: readonly Group[], { colors, columns }: BarOptions): readonly string[] {
  const groups = given.filter(({ bars }) => bars.length > 0);
  if (groups.length === 0) return [];
  const all = groups.flatMap(({ bars }) => bars);
  const longest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
  const groupWidth = longest(groups.map(({ label }) => label));
  const nameWidth = longest(all.map(({ head }) => rowLabel(head)));
  const room = columns - groupWidth - nameWidth - longest(all.map(({ text }) => text)) - 8;
  const width = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, room));
  const lines = groups.flatMap(({ label, bars }) => {
    const most = Math.max(...bars.map(({ value, upTo = value }) => upTo));
    return bars.map(({ head, value, upTo = value, text }, at) => {
      const name = rowLabel(head).padEnd(nameWidth);
      const bar = barOf(value / most, upTo / most, width).padEnd(width);
      return `  ${(at === 0 ? label : '').padEnd(groupWidth)}  ${name}  ${paint(head, bar, colors)}  ${text}`;
    });
  });
  return [title, ...lines, ''];
}

/** As on the page: native blue, TypeScript orange, what they are compared with gray. */
function paint({ mode }: ResultHead, bar: string, colors: boolean): string {
  if (!colors) return bar;
  const color = mode === 'native' ? 'cyan' : mode === 'ts' ? 'yellow' : mode === 'mixed' ? 'magenta' : 'gray';
  return styleText(color, bar, { validateStream: false });
}

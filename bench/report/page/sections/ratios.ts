/** Ratios to what was measured in the same turns, as heat maps. */
import type { BenchReport, ThroughputResult } from '../../../results.js';
import { size } from '../../format.js';
import { rowLabel } from '../../result-head.js';
import { heatMap } from '../heat-map.js';
import type { Markup } from '../html.js';
import { distinct, plainRows } from '../pick.js';
import { type Section, sectionOf } from '../section.js';

interface Ratio {
  readonly name: 'timesTs' | 'timesTcp' | 'timesDgram' | 'shareOfLimit';
  readonly title: string;
  readonly what: string;
  readonly scale: 'ratio' | 'share';
}

const RATIOS: readonly Ratio[] = [
  { name: 'timesTs', title: 'Native against TypeScript', what: 'messages per second, × those of ts', scale: 'ratio' },
  { name: 'timesTcp', title: 'Against TCP', what: 'messages per second, × those of node:net', scale: 'ratio' },
  {
    name: 'timesDgram',
    title: 'Against datagrams',
    what: 'messages per second, × those of node:dgram',
    scale: 'ratio',
  },
  { name: 'shareOfLimit', title: 'Share of the limit', what: 'of what the system calls move', scale: 'share' },
];

export function ratiosSection({ throughput }: BenchReport): Section | undefined {
  const results = plainRows(throughput);
  return sectionOf({
    id: 'ratios',
    title: 'Ratios',
    lead: 'Medians of the ratios of measurements made one after the other, so that drift of the machine cancels out. Blue is ahead, orange is behind.',
    parts: [{ columns: 2, content: RATIOS.flatMap((ratio) => mapOf(ratio, results)) }],
  });
}

function mapOf({ name, title, what, scale }: Ratio, results: readonly ThroughputResult[]): readonly Markup[] {
  const found = results.filter((result) => result.row !== 'limit' && result[name] !== undefined);
  if (found.length === 0) return [];
  const mtus = distinct(found.map(({ mtu }) => mtu));
  const nameOf = (result: ThroughputResult) =>
    mtus.length < 2 ? rowLabel(result) : `${rowLabel(result)}, ${result.mtu === 'auto' ? 'auto' : `${result.mtu} B`}`;
  const sizes = distinct(found.map(({ sizeBytes }) => sizeBytes)).toSorted((a, b) => a - b);
  return [
    heatMap({
      title,
      what: mtus.length < 2 ? what : `${what}; by frame size`,
      scale,
      columns: sizes.map(size),
      rows: distinct(found.map(nameOf)),
      cells: found.map((result) => ({ row: nameOf(result), column: size(result.sizeBytes), value: result[name] ?? 0 })),
      metric: name,
    }),
  ];
}

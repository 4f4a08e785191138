/** What was measured, as a result says it. */
import { FIFO } from '../options.js';
import { type Block, isFixed, type Row } from '../plan.js';
import type { ResultHead } from '../results.js';

export function resultHead(block: Block, row: Row, frameBytes: number, error: string | undefined): ResultHead {
  const { sizeBytes, mtu } = block;
  const where = block.network === 'netns' ? { network: block.network } : {};
  const problem = error === undefined ? {} : { error };
  if (row.kind === 'group') {
    const { mode, threads, properties, ordering, members, senders, lossRate } = row;
    return {
      row: 'group',
      sizeBytes,
      mtu,
      ...where,
      frameBytes,
      mode,
      threads,
      properties,
      ordering,
      members,
      senders,
      lossRate,
      ...problem,
    };
  }
  if (row.kind === 'layer') {
    return { row: 'layer', sizeBytes, mtu, mode: row.mode, members: 1, senders: 'one', ...problem };
  }
  if (row.kind === 'simulated') {
    const { mode, members } = row;
    return { row: 'simulated', sizeBytes, mtu, mode, members, senders: 'one', ...problem };
  }
  const frames = row.kind === 'limit' ? { frameBytes } : {};
  return { row: row.kind, sizeBytes, mtu, ...where, ...frames, members: 2, senders: 'one', ...problem };
}

/** A row's name in tables: only what tells it from the others of its block. */
export function rowLabel(head: ResultHead): string {
  if (head.row === 'layer') return head.mode ?? '';
  if (head.row === 'simulated') return `${head.mode} simulated, ${head.members} members`;
  if (head.row !== 'group') return head.row;
  const { mode, threads, properties, ordering = FIFO, members, senders, lossRate = 0 } = head;
  const parts = [`${mode} ${threads}`];
  if (properties !== undefined && isFixed({ properties })) parts.push('fixed');
  if (ordering !== FIFO) parts.push(ordering);
  if (members !== 2) parts.push(`${members} members`);
  if (senders === 'all') parts.push('all send');
  else if (senders !== 'one' && senders !== 1) parts.push(`${senders} send`);
  if (lossRate > 0) parts.push(`${Number((lossRate * 100).toPrecision(3))} % loss`);
  return parts.join(', ');
}

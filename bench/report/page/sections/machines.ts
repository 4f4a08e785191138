/** Where and how each result was measured. */
import type { ResultsFile } from '../../../read-results.js';
import { duration, percent, size } from '../../format.js';
import { h, type Markup } from '../html.js';
import { type Section, sectionOf } from '../section.js';

/** More than these would be a wall. */
const MOST = 6;

/** @param files the newest first */
export function machinesSection(files: readonly ResultsFile[]): Section | undefined {
  return sectionOf({
    id: 'machine',
    title: 'Machine',
    lead: 'A figure says nothing about another machine, and little about the same machine under another load.',
    parts: [{ content: files.slice(0, MOST).map(facts) }],
  });
}

function facts({ name, report }: ResultsFile): Markup {
  const { environment: machine, options } = report;
  const { commit, dirty, cpuGovernor, stealShare } = machine;
  const rows: readonly (readonly [string, string])[] = [
    ['measured', `${report.startedAt.slice(0, 16).replace('T', ' ')} UTC, in ${duration(report.durationSeconds)}`],
    ['consort', machine.consortVersion],
    [
      'commit',
      commit === undefined ? 'not from a checkout' : `${commit.slice(0, 12)}${dirty === true ? ', changed' : ''}`,
    ],
    ['CPU', `${machine.cpuModel}, ${machine.cpuCount} CPUs`],
    ['memory', size(machine.memoryBytes)],
    ['system', `${machine.platform}, kernel ${machine.kernel}`],
    ['Node', `${machine.node} (V8 ${machine.v8})`],
    ['CPU governor', cpuGovernor ?? 'none to be seen'],
    ['load average', `${machine.loadBefore.toFixed(2)} before, ${machine.loadAfter.toFixed(2)} after`],
    ['steal', stealShare === undefined ? 'unknown' : percent(stealShare)],
    ['measurements', `${options.repeats} of ${options.seconds} s each${options.quick ? ', --quick' : ''}`],
    ['members', `in ${options.isolation}`],
    ['seed', String(options.seed)],
    ...(machine.noNative === undefined ? [] : [['native', `none: ${machine.noNative}`] as const]),
  ];
  return h(
    'div',
    { class: 'chart facts' },
    h('h4', {}, name),
    h('dl', {}, ...rows.map(([term, value]) => [h('dt', {}, term), h('dd', {}, value)])),
  );
}

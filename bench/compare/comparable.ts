/** Whether two results can be compared at all, and what to keep in mind when they are. */
import type { Environment } from '../environment.js';
import { size } from '../report/format.js';
import type { BenchReport } from '../results.js';

export interface Differences {
  /** Figures say nothing about each other: another machine, or measured in another way. */
  readonly grave: readonly string[];
  /** May explain a difference. */
  readonly notes: readonly string[];
}

/** A virtual machine has not always the same memory, to the byte. */
const SAME_MEMORY = 0.1;
/** What a hypervisor may give to others before it shows. Share of the time. */
const MUCH_STEAL = 0.02;

export function differences(base: BenchReport, head: BenchReport): Differences {
  const [a, b] = [base.environment, head.environment];
  const grave = [
    ...differs('CPU', a.cpuModel, b.cpuModel),
    ...differs('number of CPUs', a.cpuCount, b.cpuCount),
    ...differs('platform', a.platform, b.platform),
    ...(sameMemory(a, b) ? [] : differs('memory', size(a.memoryBytes), size(b.memoryBytes))),
    ...differs('isolation of members', base.options.isolation, head.options.isolation),
  ];
  const notes = [
    ...differs('kernel', a.kernel, b.kernel),
    ...differs('Node', a.node, b.node),
    ...differs('CPU governor', a.cpuGovernor ?? 'none', b.cpuGovernor ?? 'none'),
    ...differs('seconds of a measurement', base.options.seconds, head.options.seconds),
    ...differs('--quick', base.options.quick, head.options.quick),
    ...[base, head].flatMap(disturbances),
  ];
  return { grave, notes: [...new Set(notes)] };
}

function differs(what: string, a: string | number | boolean, b: string | number | boolean): readonly string[] {
  return a === b ? [] : [`${what}: ${a} and ${b}`];
}

function sameMemory({ memoryBytes: a }: Environment, { memoryBytes: b }: Environment): boolean {
  return Math.abs(a - b) <= SAME_MEMORY * Math.max(a, b);
}

/** What a reader of one of them should know. */
function disturbances({ environment, passed, startedAt }: BenchReport): readonly string[] {
  const { cpuCount, loadBefore, stealShare = 0, dirty, commit = '' } = environment;
  const of = `of ${startedAt.slice(0, 16).replace('T', ' ')}`;
  return [
    ...(passed ? [] : [`that ${of}: not all rows were measured, or it was interrupted`]),
    ...(loadBefore > cpuCount ? [`that ${of}: the load was ${loadBefore.toFixed(1)} before it began`] : []),
    ...(stealShare > MUCH_STEAL ? [`that ${of}: ${(stealShare * 100).toFixed(1)} % of the CPU time was stolen`] : []),
    ...(dirty === true ? [`that ${of}: there were changes that are in no commit, beside ${commit.slice(0, 12)}`] : []),
  ];
}

/**
 * Who leads in a view: a function of the hellos of its members, the same at all of them, so that nobody has to be asked.
 *
 * The leader has the best log of a majority of the configured replicas, and a version that was committed is in the logs of a majority: so the leader has it
 * (invariant S1). Replicas that may have lost what they acknowledged do not count for that; only when all that are configured are there is the best log of
 * them the best there is at all: so a store is founded, and so it comes back when a majority of its disks was lost.
 *
 * Source: the elections of Raft and Zab and the quorums of Ceph's monitors, with views in the place of votes.
 */
import type { Hello } from './store-messages.js';

export interface Candidate extends Hello {
  readonly rank: number;
}

export type Election =
  | {
      readonly type: 'elected';
      readonly leader: Candidate;
      readonly epoch: number;
      /** Ranks of those whose promises make the leader. */
      readonly counted: ReadonlySet<number>;
    }
  | { readonly type: 'no-quorum'; readonly reason: string };

export interface Electorate {
  /** Of the configured names. */
  readonly members: number;
  readonly names: readonly string[];
}

export function majorityOf(replicas: number): number {
  return Math.floor(replicas / 2) + 1;
}

/** Those whose hellos count: configured as here, one for each name, of one store. */
export function eligible(hellos: readonly Candidate[], { members, names }: Electorate): Candidate[] {
  const configured = hellos.filter((hello) => hello.members === members && names.includes(hello.name));
  const storeId = commonStore(configured);
  const byName = new Map<string, Candidate>();
  for (const hello of [...configured].sort((a, b) => a.rank - b.rank)) {
    if (hello.storeId !== '' && hello.storeId !== storeId) continue;
    if (!byName.has(hello.name)) byName.set(hello.name, hello);
  }
  return [...byName.values()];
}

/** The store that most of them are part of; by the order of their ids, when there are two. Empty: there is none yet. */
export function commonStore(hellos: readonly Candidate[]): string {
  const counts = new Map<string, number>();
  for (const { storeId } of hellos) if (storeId !== '') counts.set(storeId, (counts.get(storeId) ?? 0) + 1);
  const [first] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return first?.[0] ?? '';
}

export function elect(hellos: readonly Candidate[], electorate: Electorate): Election {
  const present = eligible(hellos, electorate);
  const total = electorate.names.length;
  const majority = majorityOf(total);
  const intact = present.filter(({ standing }) => standing === 'intact');
  const usable = present.filter(({ standing }) => standing !== 'half');
  const counted = intact.length >= majority ? intact : present.length === total ? usable : [];
  const [leader] = [...counted].sort(byLog);
  if (leader === undefined) return { type: 'no-quorum', reason: whyNot(present, intact, electorate) };
  const epoch = 1 + Math.max(...present.map(({ promised, lastEpoch }) => Math.max(promised, lastEpoch)));
  // Where all are there, all count: their promises only keep the epoch theirs.
  const promising = intact.length >= majority ? intact : present;
  return { type: 'elected', leader, epoch, counted: new Set(promising.map(({ rank }) => rank)) };
}

function byLog(a: Candidate, b: Candidate): number {
  return b.lastEpoch - a.lastEpoch || b.lastVersion - a.lastVersion || a.rank - b.rank;
}

function whyNot(present: readonly Candidate[], intact: readonly Candidate[], { names }: Electorate): string {
  const there = present.map(({ name }) => name).sort();
  const missing = names.filter((name) => !there.includes(name));
  if (present.length < majorityOf(names.length))
    return `${present.length} of ${names.length} replicas are there, a majority is ${majorityOf(names.length)}; missing: ${missing.join(', ')}`;
  if (intact.length === 0 && present.every(({ storeId }) => storeId === ''))
    return `the store is founded when all ${names.length} configured replicas are there; missing: ${missing.join(', ')}`;
  return `only ${intact.length} of the ${present.length} replicas that are there surely have all that was committed, and a majority is ${majorityOf(names.length)}; missing: ${missing.join(', ')}`;
}

/** Of the configured names: replicas that were configured differently do not work together. */
export function membersHash(names: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const name of [...names].sort()) {
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * The options of `consort bench`, declared once as data: the command line, its help, the checks' messages and the table in
 * docs/benchmarking.md come from here.
 */
import { PEER_NAMES } from './peers/peer-table.js';

export interface BenchOptionDeclaration {
  /** What follows the flag; undefined: it is a switch. */
  readonly argument?: string;
  /** What it takes, as an error says it after `want`. */
  readonly want?: string;
  readonly sentence: string;
  readonly defaultText?: string;
}

export const BENCH_OPTIONS = {
  size: {
    argument: 'LIST',
    want: 'sizes from 1 byte to 32 MiB, as in 64,1KiB,64KiB',
    sentence: 'Message sizes, and those of the values of a store.',
    defaultText:
      'throughput: 16,64,1KiB,64KiB (peers 64,1KiB,64KiB, with --quick 1KiB); latency, scale: 64; views, transfer, soak: 1KiB; store: 100',
  },
  state: {
    argument: 'LIST',
    want: 'sizes from 1 byte to 64 GiB, as in 1MiB,1GiB',
    sentence:
      'Sizes of the state that a member gets when it becomes a server, and of the store that a replica takes as a whole.',
    defaultText: 'transfer: 1MiB,64MiB,1GiB (peers 64MiB, with --quick 16MiB); store: 64MiB (with --quick 8MiB)',
  },
  mode: {
    argument: 'LIST',
    want: 'native, ts or mixed, or several of them',
    sentence: 'Data planes to measure; in a mixed group every other member is native.',
    defaultText: 'native,ts (views, transfer, store and scale with --quick native); soak: mixed',
  },
  threads: {
    argument: 'LIST',
    want: 'single or multi, or both',
    sentence: 'Where the data plane runs: on the event loop (single) or on a thread of its own (multi).',
    defaultText: 'latency: single,multi (peers multi); others: multi',
  },
  properties: {
    argument: 'P',
    want: 'names of properties separated by colons',
    sentence: 'Properties of the groups; without Gmp they are in a fixed view.',
    defaultText: 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow',
  },
  fixed: { sentence: 'Groups in a fixed view: as --properties Frag:Flow.' },
  'compare-fixed': { sentence: 'Measures each group in a fixed view too, in turns, and tells the ratio.' },
  ordering: {
    argument: 'LIST',
    want: 'fifo, local, causal, total or agree, or some of them joined by colons as in total:agree',
    sentence:
      'How casts are ordered, beside what --properties say; each is compared with fifo where that is measured too.',
    defaultText: 'fifo',
  },
  members: {
    argument: 'LIST',
    want: 'numbers from 2 to 64',
    sentence: 'Sizes of the group.',
    defaultText: '2; views: 8; store: 3; scale: 2,4,8,16 (with --quick 2,4); soak: 4',
  },
  senders: {
    argument: 'LIST',
    want: "'one', 'all' or a number of members, or several of them",
    sentence: 'How many members send at once; throughput only.',
    defaultText: 'one',
  },
  mtu: {
    argument: 'LIST',
    want: 'auto or frame sizes from 1200 to 65504',
    sentence: "Largest frame, in bytes of UDP payload; auto: the interface's (64 KiB on loopback).",
    defaultText: 'throughput: auto,1400 (with --quick or peers auto); others: auto',
  },
  simulated: {
    argument: 'LIST',
    want: 'numbers from 2 to 256',
    sentence: 'Sizes of simulated groups; scale only.',
    defaultText: '8,16,32,64 (with --quick 8,16)',
  },
  loss: {
    argument: 'LIST',
    want: 'rates below 0.9 or percentages, as in 0,1%,0.05',
    sentence: 'Share of the arriving frames that every member throws away on purpose.',
    defaultText: '0; soak: 1%',
  },
  rate: {
    argument: 'N',
    want: 'an integer from 1 to 1000000',
    sentence: 'Messages per second of the latency scenario at a fixed rate.',
    defaultText: '1000',
  },
  seconds: {
    argument: 'S',
    want: 'a number from 0.05 to 3600',
    sentence: 'How long one measurement lasts, warm-up not counted.',
    defaultText: '1 (with --quick 0.3)',
  },
  repeats: {
    argument: 'R',
    want: 'an integer from 1 to 1000',
    sentence: 'Measurements of each row; those of different rows take turns.',
    defaultText: '5 (with --quick 3, or fewer if time runs out)',
  },
  duration: {
    argument: 'TIME',
    want: 'seconds, or a time with a unit as in 30s, 10min, 2h',
    sentence: 'How long the soak lasts.',
    defaultText: '10min (with --quick 5s)',
  },
  peers: {
    argument: 'LIST',
    want: `${PEER_NAMES.join(', ')}, or several of them`,
    sentence: "What groups are compared with by the scenario 'peers'.",
    defaultText: 'all that are installed',
  },
  isolation: {
    argument: 'WHERE',
    want: 'processes or threads',
    sentence: 'Whether each member has a process of its own, or all are threads of one.',
    defaultText: 'processes',
  },
  network: {
    argument: 'LIST',
    want: 'loopback or netns, or both',
    sentence: 'Where members meet: on loopback, or each in a network namespace, with links of MTU 1500 (needs root).',
    defaultText: 'loopback',
  },
  seed: {
    argument: 'N',
    want: 'an integer from 0 to 4294967295',
    sentence: 'Seed of message contents, injected loss and protocol delays.',
    defaultText: '1',
  },
  folder: {
    argument: 'PATH',
    want: 'a folder that is there',
    sentence: 'Where stores have their disks: what an fsync costs there decides; store only.',
    defaultText: "the system's folder for temporary files",
  },
  json: {
    argument: 'FILE',
    sentence: "Writes the results as JSON; '-' writes them, and nothing else, to standard output.",
  },
  markdown: { argument: 'FILE', sentence: 'Writes the tables as Markdown.' },
  html: {
    argument: 'FILE',
    sentence:
      'Writes one page with charts, and the history of results/ where there are some; consort report makes it later.',
  },
  quick: { sentence: 'Less of everything: all scenarios in under a minute.' },
  quiet: { sentence: 'No progress.' },
} as const satisfies Record<string, BenchOptionDeclaration>;

export type BenchOptionName = keyof typeof BENCH_OPTIONS;

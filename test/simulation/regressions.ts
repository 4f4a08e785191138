// Seeds that have failed once, and what they have found. The scenario of a seed changes when ts/sim/scenario.ts does: they are replayed all the same,
// for what their neighbourhood is worth; what they found has a test of its own where it can have one. None of these has clients and servers: those that
// have are in server-regressions.ts.

export interface Regression {
  readonly seed: number;
  /** It was found where casts are ordered. The others are older than that: they are replayed as they were, without. */
  readonly ordered?: boolean;
  readonly found: string;
}

export const REGRESSIONS: readonly Regression[] = [
  { seed: 2, found: 'a spoiled announcement was believed: datagrams between views had no checksum' },
  { seed: 40, found: 'the same' },
  { seed: 72, found: 'a member that had left with all others went on announcing its view, and others waited for it' },
  { seed: 412, found: 'the simulator took a group for together that a member was just about to be excluded from' },
  { seed: 541, found: 'a member was asked for its view message after exit, by a view that it had left' },
  {
    seed: 541,
    found:
      'a member that had the next view did not give it to those who had lost it with the coordinator, and composed another',
  },
  { seed: 557, found: 'the same' },
  {
    seed: 10314,
    found:
      'a merge was granted to one who had just given up, and asked again, and gave up again before it was found not to be there',
  },
  {
    seed: 20626,
    found: 'two who left watched a coordinator that crashed, and whoever came after them did not: nobody coordinated',
  },
  { seed: 24445, found: 'the same' },
  {
    seed: 21551,
    found: 'members that had come again at their addresses stayed in the view beside themselves, until it was full',
  },
  {
    seed: 300214,
    found: 'a leaver that heard by a block that nobody was left to make a view without it waited for ever',
  },
  { seed: 303601, found: 'the same' },
  { seed: 309798, found: 'the same' },
  {
    seed: 1144176,
    found:
      'a timer fired that was cancelled while its process was stopped, and a coordinator suspected itself: the simulator must not, and Sync looks again',
  },
  { seed: 1175178, found: 'the same' },
  {
    seed: 27,
    ordered: true,
    found:
      'what had arrived at all but those who were taken for failed was delivered as safe, and they went on without it',
  },
  { seed: 68, ordered: true, found: 'the same' },
  {
    seed: 96,
    ordered: true,
    found: 'a send with Subcast that waited for two views, and whom it was for was gone in the first, broke the second',
  },
  {
    seed: 1675,
    ordered: true,
    found: 'a member that was cut off delivered, beyond the order that it knew, what depended on that order',
  },
  { seed: 2012, ordered: true, found: 'the same' },
  {
    seed: 2004326,
    ordered: true,
    found:
      'a member that left by itself went on casting while it was handed the rest of its view in an order of its own',
  },
];

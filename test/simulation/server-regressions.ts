// Seeds of groups with clients and servers that have failed once, and what they have found; as in regressions.ts.

export interface ServerRegression {
  readonly seed: number;
  /** With membership services. */
  readonly groupd: boolean;
  readonly found: string;
}

export const SERVER_REGRESSIONS: readonly ServerRegression[] = [
  {
    seed: 36,
    groupd: false,
    found: 'who gave a transfer up, and wanted to be a server again before the next view, waited in it for ever',
  },
  { seed: 5, groupd: false, found: 'the same' },
  { seed: 52, groupd: false, found: 'a request for the state did not end when its member left, and did so long after' },
  {
    seed: 62,
    groupd: false,
    found: 'a server that wanted to be a client when a view was being composed stayed a server',
  },
  {
    seed: 10066,
    groupd: true,
    found: 'a view that a member had asked for was forgotten with the connection to its membership service',
  },
  { seed: 4, groupd: true, found: 'the same' },
];

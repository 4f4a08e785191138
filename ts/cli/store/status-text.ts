/** How a store's status reads: a line for people, and a bar while it takes the whole store from another replica. */
import type { SyncProgress } from '../../store/replica-port.js';
import type { StoreStatus } from '../../store/store-standing.js';

const BAR_WIDTH = 24;
const MEGABYTE = 1e6;

const STATES: Readonly<Record<StoreStatus['state'], string>> = {
  joining: 'agrees with the others who leads',
  'no-quorum': 'has no quorum',
  'catching-up': 'takes what it has missed from the log',
  synchronizing: 'takes the whole store from another replica',
  leader: 'leads',
  follower: 'follows',
  failed: 'has failed',
  closed: 'is closed',
};

/** The line of `consort store status`. */
export function statusLine({ name, members, state, epoch, leader, present, reason, ...versions }: StoreStatus): string {
  const led = state === 'follower' || state === 'catching-up' ? ` ${leader}` : '';
  const why = reason === undefined ? '' : ` (${reason})`;
  const here = `${present.length} of ${members.length} are here: ${present.join(', ') || 'nobody'}`;
  const { firstCommitted, lastCommitted, lastApplied } = versions;
  const log = lastCommitted === 0 ? 'nothing committed' : `versions ${firstCommitted} to ${lastCommitted} in the log`;
  const applied = lastApplied === lastCommitted ? '' : `, applied up to ${lastApplied}`;
  return `${name} ${STATES[state]}${led}${why} · epoch ${epoch} · ${here} · ${log}${applied}`;
}

/** `[#####-----]  52 % of 104.2 MB from b, 30210 keys`. */
export function syncLine({ provider, bytes, totalBytes, keys }: SyncProgress): string {
  const from = provider === '' ? '' : ` from ${provider}`;
  const got = `${megabytes(bytes)}${from}, ${keys} keys`;
  if (totalBytes === 0) return got;
  const share = Math.min(1, bytes / totalBytes);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${Math.floor(share * 100)} % of about ${megabytes(totalBytes)}: ${got}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

/** Shows one status after the other: the bar in place on a terminal, elsewhere a line for each ten percent. */
export class StatusScreen {
  private lastLine = '';
  private lastTenth = -1;
  private barShown = false;

  constructor(private readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }) {}

  show(status: StoreStatus): void {
    const line = statusLine(status);
    if (line !== this.lastLine) this.write(`${line}\n`);
    this.lastLine = line;
    if (status.sync === undefined) this.lastTenth = -1;
    else this.showSync(status.sync);
  }

  /** Nothing more comes. */
  end(): void {
    if (this.barShown) this.stream.write('\n');
    this.barShown = false;
  }

  private showSync(sync: SyncProgress): void {
    if (this.stream.isTTY === true) {
      this.stream.write(`\r${syncLine(sync)}\u001b[K`);
      this.barShown = true;
      return;
    }
    const tenth =
      sync.totalBytes === 0 ? Math.floor(Math.log2(sync.bytes + 1)) : Math.floor((10 * sync.bytes) / sync.totalBytes);
    if (tenth === this.lastTenth) return;
    this.lastTenth = tenth;
    this.stream.write(`${syncLine(sync)}\n`);
  }

  private write(text: string): void {
    this.end();
    this.stream.write(text);
  }
}

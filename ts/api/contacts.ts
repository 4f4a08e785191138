/**
 * Whom a member asks that joins a group which does not announce itself: the contact registered in the directory, and the group's address. The
 * coordinator is the contact, view after view.
 *
 * Source: Horus's name server, `contactName` and `groupEntity`.
 */
import { Endpoint } from '../base/endpoint.js';
import { ConsortArgumentError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { BroadcastDirectory, type Directory } from '../discovery/directory.js';
import { familyOf, parseAddress, resolveAddress } from '../transport/address.js';
import type { CheckedOptions } from './options.js';
import type { SessionReports } from './session.js';
import type { ViewData } from './view.js';

export class Contacts {
  private registered = false;

  private constructor(
    private readonly name: string | undefined,
    private readonly directory: Directory | undefined,
    private readonly closeDirectory: () => Promise<void>,
    private readonly reports: Pick<SessionReports, 'guard'>,
    /** Only their addresses count. */
    readonly members: readonly Endpoint[],
  ) {}

  static async open(
    options: CheckedOptions,
    name: string | undefined,
    address: Address,
    reports: Pick<SessionReports, 'guard' | 'report'>,
  ): Promise<Contacts> {
    const own =
      name !== undefined && options.directory === undefined
        ? await openOwn(options, address, (error) => reports.report(error))
        : undefined;
    const directory = own ?? options.directory;
    const close = async () => {
      await own?.close();
    };
    try {
      const found = name === undefined ? undefined : await directory?.lookup(name);
      return new Contacts(name, directory, close, reports, await membersAt(contactOf(found, options), address));
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** A view begins: who coordinates it is the contact. */
  viewIs({ myRank, myEndpoint: { host, port } }: ViewData): void {
    const { name, directory } = this;
    if (name === undefined || directory === undefined) return;
    if (myRank === 0) {
      this.reports.guard('directory.register()', () => directory.register(name, new Endpoint(host, port).name));
    } else this.unregister();
    this.registered = myRank === 0;
  }

  async close(): Promise<void> {
    this.unregister();
    await this.closeDirectory();
  }

  private unregister(): void {
    const { name, directory, registered } = this;
    if (!registered || name === undefined || directory === undefined) return;
    // It may be the application's own, and fail: the group goes on without.
    this.reports.guard('directory.unregister()', () => directory.unregister(name));
  }
}

function contactOf(found: string | undefined, { groupAddress }: CheckedOptions): Address | undefined {
  return found === undefined ? groupAddress : parseAddress(found, 'directory', 'ERR_INVALID_ARGUMENT', 1);
}

/** Who is to be asked at a contact: nobody where that is this member's own address. */
async function membersAt(contact: Address | undefined, mine: Address): Promise<Endpoint[]> {
  if (contact === undefined) return [];
  const { host, port } = await resolveAddress(contact, familyOf(mine));
  return host === mine.host && port === mine.port ? [] : [new Endpoint(host, port)];
}

function openOwn(
  options: CheckedOptions,
  address: Address,
  report: (error: Error) => void,
): Promise<BroadcastDirectory> {
  const { discovery, key } = options;
  if (discovery.type === 'multicast' || discovery.type === 'gossip') {
    return BroadcastDirectory.open(discovery, { key, address, sendTo: () => {}, report });
  }
  throw new ConsortArgumentError(
    'ERR_INVALID_ARGUMENT',
    `contactName: the discovery '${discovery.type}' has no directory, want options.directory, or the discovery 'multicast' or 'gossip'`,
    { details: { path: 'contactName', discovery: discovery.type } },
  );
}

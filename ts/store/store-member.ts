/** The member of a group that a replica is: views by name, messages by rank, and nobody in the group but replicas. */
import { GroupMember } from '../api/group-member.js';
import type { GroupMemberOptions } from '../api/option-table.js';
import type { ViewData } from '../api/view.js';
import type { Endpoint } from '../base/endpoint.js';
import { ConsortError, isConsortError } from '../base/errors.js';
import type { Message } from '../base/message.js';
import type { GroupPort } from './replica-port.js';

/** The part of a replica that its group drives. */
export interface StoreMemberOwner {
  enterView(view: string, size: number, myRank: number): void;
  leaveView(): void;
  receive(from: number, bytes: Uint8Array): void;
  drained(): void;
  report(error: ConsortError): void;
}

/** What a replica says when it asks to be let in. A later protocol has another number. */
const REPLICA = 'consort store 1';

export class StoreMember extends GroupMember {
  readonly #owner: StoreMemberOwner;
  #ranks: ReadonlyMap<Endpoint, number> = new Map();
  /** Who was denied: told once. */
  readonly #denied = new Set<string>();

  constructor(options: GroupMemberOptions, owner: StoreMemberOwner) {
    super(options);
    this.#owner = owner;
  }

  joinAsReplica(): Promise<void> {
    return this.join({ message: REPLICA });
  }

  /** As the replica sends. Who is leaving, or was closed by a failure of its socket, sends nothing any more. */
  get port(): GroupPort {
    const member = this;
    return {
      cast: (bytes) => unlessGone(() => this.cast(bytes)),
      send: (rank, bytes) => unlessGone(() => this.send(rank, bytes)),
      get isFull() {
        return member.writableNeedDrain;
      },
    };
  }

  override onAcceptedView(view: ViewData): void {
    const { viewId, members, myRank } = view;
    this.#ranks = new Map(members.map((member, rank) => [member, rank]));
    this.#owner.enterView(`${viewId.time} ${viewId.coordinator.name}`, members.length, myRank);
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    this.#receive(origin, message);
  }

  override onReceiveSend(origin: Endpoint, message: Message): void {
    this.#receive(origin, message);
  }

  override onDrain(): void {
    this.#owner.drained();
  }

  override onExit(): void {
    this.#owner.leaveView();
  }

  override onJoinRequest(origin: Endpoint, message: Message): boolean {
    if (Buffer.from(message.bytes()).equals(Buffer.from(REPLICA))) return true;
    if (!this.#denied.has(origin.name)) {
      this.#denied.add(origin.name);
      const text = `the member ${origin.name} wants to join, and is no replica of a store of this version: it is not let in`;
      this.#owner.report(new ConsortError('ERR_STORE_PROTOCOL', text, { details: { origin: origin.name } }));
    }
    return false;
  }

  #receive(origin: Endpoint, message: Message): void {
    const rank = this.#ranks.get(origin);
    if (rank !== undefined) this.#owner.receive(rank, message.bytes());
  }
}

function unlessGone(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!isConsortError(error) || (error.code !== 'ERR_NOT_JOINED' && error.code !== 'ERR_CLOSED')) throw error;
  }
}

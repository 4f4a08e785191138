/**
 * Full synchronization of a replica, in whatever role it is: leader, provider, requester. Tells their messages apart, and has what concerns all of them.
 */
import { MalformedError } from '../stack/codec.js';
import { SyncLeader } from './sync-leader.js';
import { readSync, type SyncMessage, type SyncRole } from './sync-messages.js';
import type { SyncPort } from './sync-port.js';
import { SyncProvider } from './sync-provider.js';
import { SyncRequester } from './sync-requester.js';

export class Sync {
  readonly leader: SyncLeader;
  readonly provider: SyncProvider;
  readonly requester: SyncRequester;

  constructor(port: SyncPort) {
    this.leader = new SyncLeader(port);
    this.provider = new SyncProvider(port);
    this.requester = new SyncRequester(port);
  }

  /** @param bytes for which `isSyncMessage` holds; valid only during the call */
  handleSync(from: string, bytes: Uint8Array): void {
    let message: SyncMessage;
    try {
      message = readSync(bytes, (chunk) => this.requester.copyOf(chunk));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return this.requester.handleMalformed(from, error.message);
    }
    this.dispatch(from, message);
  }

  /** The view is over, or its epoch: leader and provider forget whom they served, a requester waits for `leaderChanged`. */
  resetSync(): void {
    this.leader.resetSync();
    this.provider.resetSync();
    this.requester.resetSync();
  }

  /** The replica is closed, or must not go on. Nothing may be called afterwards. */
  close(reason: string): void {
    this.requester.syncAbort(reason);
    this.resetSync();
  }

  private dispatch(from: string, message: SyncMessage): void {
    const { leader, provider, requester } = this;
    switch (message.type) {
      case 'start':
        return leader.handleSyncStart(from, message.sync, message.avoid);
      case 'start-reply':
        return requester.handleSyncStartReply(from, message);
      case 'heartbeat':
        if (message.role === 'leader') return leader.handleSyncHeartbeat(from, message.sync);
        return requester.handleSyncHeartbeat(from, message.sync);
      case 'heartbeat-reply':
        if (message.role === 'leader') return requester.handleSyncHeartbeatReply(from, message.sync);
        return provider.handleSyncHeartbeatReply(from, message.sync);
      case 'start-chunks':
        return provider.handleSyncStartChunks(from, message.sync, message.after);
      case 'chunk':
        return requester.handleSyncChunk(from, message);
      case 'chunk-reply':
        return provider.handleSyncChunkReply(from, message.sync, message.number);
      case 'finish':
        return leader.handleSyncFinish(from, message.sync);
      case 'finish-reply':
        return requester.handleSyncFinishReply(from, message.sync);
      case 'abort':
        return this.handleSyncAbort(from, message.sync, message.role, message.reason);
    }
  }

  /** Of a requester: of what it had here, in that role. Else of the leader, or the provider, of a synchronization of this replica. */
  private handleSyncAbort(from: string, sync: number, role: SyncRole, reason: string): void {
    if (role === 'leader') this.leader.handleSyncAbort(from, sync);
    else this.provider.handleSyncAbort(from, sync);
    this.requester.handleSyncAbort(from, sync, role, reason);
  }
}

/** The public face of consort; docs/api.md describes it. */

export { ClientServer } from './api/client-server.js';
export { ClientServerMember } from './api/client-server-member.js';
export {
  CLIENT_SERVER_OPTIONS,
  type ClientServerJoinOptions,
  type ClientServerOptions,
  type ListOptions,
  type MessageOptions,
} from './api/client-server-options.js';
export type { ClientServerView, MembershipType } from './api/client-server-view.js';
export type { GroupEvent, GroupMemberEvents } from './api/events.js';
export { GroupMember } from './api/group-member.js';
export type { JoinOptions } from './api/member-list.js';
export type { MemberStats } from './api/member-stats.js';
export { type NativeStatus, nativeStatus } from './api/native-status.js';
export { type GroupMemberOptions, OPTIONS, type OptionDeclaration, type OptionKind } from './api/option-table.js';
export type { SendView } from './api/outbox.js';
export type { Payload } from './api/payload.js';
export type { Destination } from './api/rank-of.js';
export type { SizedState, StateAnswer, StateParts, TransferId, TransferProgress } from './api/state-transfer.js';
export { STATE_TRANSFER_OPTIONS, type StateTransferOptions } from './api/state-transfer-options.js';
export {
  StateTransferServer,
  type StreamOptions,
} from './api/state-transfer-server.js';
export type { ViewData, ViewId } from './api/view.js';
export { Endpoint } from './base/endpoint.js';
export { EndpointList } from './base/endpoint-list.js';
export type { ConsortErrorOptions, ErrorCode, ErrorDetails } from './base/errors.js';
export {
  ConsortAbortError,
  ConsortArgumentError,
  ConsortError,
  ERROR_CODES,
  isConsortError,
  TransferTerminated,
} from './base/errors.js';
export { Message, type MessageValue } from './base/message.js';
export type { MessageItems } from './base/message-items.js';
export { VERSION } from './base/version.js';
export type { ClientServerState } from './client-server/automaton.js';
export type { Safety, TransferType } from './client-server/safety.js';
export type { Address, DropOptions, PlaneStats, ThreadMode } from './data-plane/data-plane.js';
export type { DiscoveryChoice, DiscoveryOption } from './discovery/choose.js';
export type { Directory } from './discovery/directory.js';
export type { PropertyName } from './stack/properties.js';
export type {
  Database,
  DatabaseReads,
  DatabaseSnapshot,
  Done,
  Entry,
  OpenDatabase,
  Operation,
  Range,
  RangeDone,
} from './store/database.js';
export { openMemoryDatabase } from './store/io-memory-database.js';
export { openLevelDatabase } from './store/level-database.js';
export type { ReplicaState, SyncProgress } from './store/replica-port.js';
export {
  type OpenOptions,
  ReplicatedStore,
  type ReplicatedStoreEvents,
  type SnapshotOptions,
  type WatchOptions,
} from './store/replicated-store.js';
export type { ReadMode, ReadOptions, SignalOptions, StoreBytes } from './store/store-arguments.js';
export { type ReplicatedStoreOptions, STORE_GROUP_OPTIONS, STORE_OPTIONS } from './store/store-options.js';
export { StoreServer } from './store/store-server.js';
export type { EntriesOptions, StoreEntry, StoreSnapshot, StoreValue } from './store/store-snapshot.js';
export type { StoreStatus } from './store/store-standing.js';
export type { StoreTransaction } from './store/store-transaction.js';
export type { Outcome } from './store/transaction.js';
export type { StoreEvent } from './store/watch.js';
export type { AddressInput } from './transport/address.js';

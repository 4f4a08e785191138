/** The public face of consort; docs/api.md describes it. */

export type { GroupEvent, GroupMemberEvents } from './api/events.js';
export { ClientServer } from "./api/client-server.js";
export { GroupMember } from './api/group-member.js';
export type { JoinOptions } from './api/member-list.js';
export type { MemberStats } from './api/member-stats.js';
export { type NativeStatus, nativeStatus } from './api/native-status.js';
export { type GroupMemberOptions, OPTIONS, type OptionDeclaration, type OptionKind } from './api/option-table.js';
export type { SendView } from './api/outbox.js';
export type { Payload } from './api/payload.js';
export type { Destination } from './api/rank-of.js';
export type { ViewData, ViewId } from './api/view.js';
export { Endpoint } from './base/endpoint.js';
export type { ConsortErrorOptions, ErrorCode, ErrorDetails } from './base/errors.js';
export { ConsortAbortError, ConsortArgumentError, ConsortError, ERROR_CODES, isConsortError } from './base/errors.js';
export { Message } from './base/message.js';
export { VERSION } from './base/version.js';
export type { Address, DropOptions, PlaneStats, ThreadMode } from './data-plane/data-plane.js';
export type { DiscoveryChoice, DiscoveryOption } from './discovery/choose.js';
export type { PropertyName } from './stack/properties.js';
export type { AddressInput } from './transport/address.js';

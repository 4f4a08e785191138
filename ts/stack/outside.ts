/**
 * Datagrams between views of a group: announcements and what coordinators say to each other about a merge.
 *
 *   magic 2 | version 1 | layer 1 | group 8 | sender: an endpoint | body | CRC-32C 4, over all before
 *
 * `group` is the beginning of SHA-256 over the group's name and key: others' datagrams are none of our business. The CRC is always there,
 * unlike that of frames: these datagrams are few, a wrong bit in one can name members that there never were, and discovery may bring them by
 * ways that check nothing.
 */
import { createHash } from 'node:crypto';
import type { Endpoint } from '../base/endpoint.js';
import { crc32c } from '../data-plane/typescript/crc32c.js';
import { ByteReader, ByteWriter, MalformedError } from './codec.js';

const MAGIC = 0x5c56;
/** Of the control plane: what layers say to each other. */
export const CONTROL_VERSION = 1;
const GROUP_BYTES = 8;
const CRC_BYTES = 4;

export interface OutsideDatagram {
  readonly layer: number;
  readonly from: Endpoint;
  readonly body: Uint8Array;
}

export class OutsideFormat {
  private readonly group: Uint8Array;

  constructor(groupName: string, key: string) {
    this.group = createHash('sha256')
      .update(JSON.stringify(['consort group', groupName, key]))
      .digest()
      .subarray(0, GROUP_BYTES);
  }

  write(layer: number, from: Endpoint, body: Uint8Array): Uint8Array {
    const head = new ByteWriter().u16(MAGIC).u8(CONTROL_VERSION).u8(layer);
    for (const byte of this.group) head.u8(byte);
    const bytes = head.endpoint(from).raw(body).finish();
    return new ByteWriter().raw(bytes).u32(crc32c(bytes, bytes.length)).finish();
  }

  /**
   * Undefined: not of this group, or not of consort at all. A number: of this group, and of another version.
   * @throws MalformedError
   */
  read(bytes: Uint8Array): OutsideDatagram | number | undefined {
    const end = bytes.length - CRC_BYTES;
    if (end < 4 + GROUP_BYTES) return undefined;
    const reader = new ByteReader(bytes.subarray(0, end));
    if (reader.u16() !== MAGIC) return undefined;
    const version = reader.u8();
    const layer = reader.u8();
    if (!this.group.every((byte) => reader.u8() === byte)) return undefined;
    if (new ByteReader(bytes.subarray(end)).u32() !== crc32c(bytes, end))
      throw new MalformedError('spoiled on its way');
    if (version !== CONTROL_VERSION) return version;
    const from = reader.endpoint();
    if (from.host === '' || from.port === 0) throw new MalformedError('no address');
    return { layer, from, body: reader.rest() };
  }
}

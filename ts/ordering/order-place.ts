/**
 * How far members were in the total order when they cast, as their streams tell it:
 *
 *   bytes of the sequencer's stream since the last such record u32 | bytes handed over of what its last ORDER record names u32     little-endian
 *
 * Both only grow along the order, the second begins anew with each ORDER record: so two places can be compared.
 */
import type { Message } from '../base/message.js';
import { CastKind } from '../data-plane/cast-order.js';
import { WHOLE } from '../data-plane/record.js';
import type { RecordWriter } from '../data-plane/record-writer.js';

const PLACE_BYTES = 8;

/** How far the order is known to somebody. */
export interface Place {
  position: number;
  bytes: number;
}

export class OrderPlace {
  private readonly told: Place = { position: 0, bytes: 0 };
  /** By origin: as read. */
  private readonly places: readonly Place[];

  constructor(members: number) {
    this.places = Array.from({ length: members }, () => ({ position: 0, bytes: 0 }));
  }

  /** Where I am now, if that is not told yet. False: there is no room for it. */
  write(writer: RecordWriter, position: number, bytes: number): boolean {
    const { told } = this;
    if (position === told.position && bytes === told.bytes) return true;
    const at = writer.reserve(PLACE_BYTES);
    if (at < 0) return false;
    const { buffer } = writer;
    const view = new DataView(buffer.buffer, buffer.byteOffset + at, PLACE_BYTES);
    view.setUint32(0, position - told.position, true);
    view.setUint32(4, bytes, true);
    writer.commit(PLACE_BYTES, WHOLE | (CastKind.dependencies << 8));
    told.position = position;
    told.bytes = bytes;
    return true;
  }

  /** False: no member has written this. */
  read(origin: number, { buffer, offset, length }: Message): boolean {
    const place = this.places[origin];
    if (length !== PLACE_BYTES || place === undefined) return false;
    const view = new DataView(buffer.buffer, buffer.byteOffset + offset, length);
    place.position += view.getUint32(0, true);
    place.bytes = view.getUint32(4, true);
    return true;
  }

  /** Whether what a member cast last, as far as was read, may depend on more than is known up to this place. */
  isBeyond(origin: number, position: number, bytes: number): boolean {
    const place = this.places[origin] as Place;
    return place.position > position || (place.position === position && place.bytes > bytes);
  }
}

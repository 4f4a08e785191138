// What members of a group send: an id that no two share, then filling whose every byte is checked.

const SPACE = 0x20;

/** At least as long as the id, but for 0 bytes. */
export function payloadOf(id, bytes) {
  if (bytes === 0) return new Uint8Array(0);
  const payload = new Uint8Array(Math.max(bytes, id.length));
  payload.set(Buffer.from(id));
  if (payload.length > id.length) payload[id.length] = SPACE;
  payload.set(fillingOf(payload.length).subarray(id.length + 1), Math.min(id.length + 1, payload.length));
  return payload;
}

/** The id; with a mark behind it when the rest is not as it was sent. */
export function idOf(message) {
  const bytes = message.copy();
  const end = bytes.indexOf(SPACE);
  const length = end < 0 ? bytes.length : end;
  const id = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  const from = Math.min(length + 1, bytes.length);
  const filling = fillingOf(bytes.length);
  if (filling.subarray(from).equals(bytes.subarray(from))) return id;
  return `${id} spoiled at ${bytes.findIndex((byte, at) => at >= from && byte !== filling[at])}`;
}

/** It repeats after so many bytes. */
const PERIOD = Uint8Array.from({ length: 65_536 }, (_, at) => at * 31 + (at >> 8));

let filling = Buffer.alloc(0);

/** What stands at each place of a payload, of so many bytes. Made by copying: 20 MB made byte by byte block the event loop for so long that a busy machine suspects the member. */
function fillingOf(bytes) {
  if (filling.length < bytes) filling = Buffer.alloc(bytes, PERIOD);
  return filling.subarray(0, bytes);
}

// What members of a group send: an id that no two share, then filling whose every byte is checked.

const SPACE = 0x20;

/** At least as long as the id, but for 0 bytes. */
export function payloadOf(id, bytes) {
  if (bytes === 0) return new Uint8Array(0);
  const payload = new Uint8Array(Math.max(bytes, id.length));
  payload.set(Buffer.from(id));
  if (payload.length > id.length) payload[id.length] = SPACE;
  for (let at = id.length + 1; at < payload.length; at++) payload[at] = fillingAt(at);
  return payload;
}

/** The id; with a mark behind it when the rest is not as it was sent. */
export function idOf(message) {
  const bytes = message.copy();
  const end = bytes.indexOf(SPACE);
  const length = end < 0 ? bytes.length : end;
  const id = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  for (let at = length + 1; at < bytes.length; at++) {
    if (bytes[at] !== fillingAt(at)) return `${id} spoiled at ${at}`;
  }
  return id;
}

function fillingAt(at) {
  return (at * 31 + (at >> 8)) & 0xff;
}

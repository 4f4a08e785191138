/** What simulated members send: an id that no two share, then filling whose every byte can be checked. */
import type { Message } from '../base/message.js';

const SPACE = 0x20;

/** At least as long as the id, but for 0 bytes. */
export function payloadOf(id: string, bytes: number): Uint8Array {
  if (bytes === 0) return new Uint8Array(0);
  const payload = new Uint8Array(Math.max(bytes, id.length));
  for (let i = 0; i < id.length; i++) payload[i] = id.charCodeAt(i);
  if (payload.length > id.length) payload[id.length] = SPACE;
  for (let i = id.length + 1; i < payload.length; i++) payload[i] = fillingAt(i);
  return payload;
}

/** The id; with a mark behind it when the rest is not as it was sent. */
export function idOf(message: Message): string {
  let id = '';
  let at = 0;
  for (; at < message.length && message.at(at) !== SPACE; at++) id += String.fromCharCode(message.at(at));
  for (at++; at < message.length; at++) {
    if (message.at(at) !== fillingAt(at)) return `${id} spoiled at ${at}`;
  }
  return id;
}

function fillingAt(at: number): number {
  return (at * 31 + (at >> 8)) & 0xff;
}

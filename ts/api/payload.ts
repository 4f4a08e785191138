/** What may be sent: bytes, text that goes as UTF-8, or what was not popped yet of a message. */
import { isUint8Array } from 'node:util/types';
import { ConsortArgumentError, ConsortError } from '../base/errors.js';
import { Message } from '../base/message.js';
import { formatBytes, show } from '../base/show.js';

export type Payload = Uint8Array | string | Message;

/** The bytes of a payload; throws when it is none, or longer than `maxMessageSize`. */
export function payloadBytes(payload: unknown, maxMessageSize: number): Uint8Array {
  const bytes = bytesOf(payload);
  // Not instanceof: arrays of another realm are as good.
  if (!isUint8Array(bytes)) {
    throw new ConsortArgumentError(
      'ERR_INVALID_ARGUMENT',
      `payload: got ${show(payload)}, want a Uint8Array, a Buffer, a string or a Message`,
      { details: { path: 'payload' } },
    );
  }
  if (bytes.length > maxMessageSize) throw tooLarge('a message', bytes.length, maxMessageSize, 'maxMessageSize');
  return bytes;
}

/** A copy of them: what the caller does with a payload afterwards is its own business. A Buffer's `slice` would copy nothing. */
export function payloadCopy(payload: unknown, maxMessageSize: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(payloadBytes(payload, maxMessageSize));
}

function bytesOf(payload: unknown): unknown {
  if (typeof payload === 'string') return Buffer.from(payload);
  return payload instanceof Message ? payload.bytes() : payload;
}

export function tooLarge(what: string, length: number, max: number, limit: string): ConsortError {
  return new ConsortError(
    'ERR_MESSAGE_TOO_LARGE',
    `${what} of ${formatBytes(length)} is longer than ${limit} (${formatBytes(max)})`,
    { details: { length, max } },
  );
}

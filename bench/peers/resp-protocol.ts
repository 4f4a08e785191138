/**
 * What a Redis server pushes to a subscriber, in a stream of bytes (RESP, version 2), as far as the bench needs it:
 *
 *   *3\r\n $7\r\nmessage\r\n $<bytes>\r\n<channel>\r\n $<bytes>\r\n<payload>\r\n      :<number>\r\n      +OK\r\n      -ERR what\r\n
 */
export interface RespEvents {
  /** The bytes are valid during the call. */
  onMessage(payload: Uint8Array): void;
  /** The server has done what it was told. */
  onSubscribed(): void;
  /** The server has something against it. */
  onError(what: string): void;
}

const LF = 10;
const ARRAY = 42;
const BULK = 36;
const MINUS = 45;
const ZERO = 48;
const MESSAGE = 109;

export class RespReader {
  private rest: Buffer | undefined;

  constructor(private readonly events: RespEvents) {}

  /** Takes what a 'data' event brings. */
  take(chunk: Buffer): void {
    const buffer = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (at < buffer.length) {
      const next = buffer[at] === ARRAY ? this.takePush(buffer, at) : this.takeLine(buffer, at);
      if (next < 0) break;
      at = next;
    }
    this.rest = at === buffer.length ? undefined : buffer.subarray(at);
  }

  /** Returns where the next one begins; -1: its end is not here yet. */
  private takeLine(buffer: Buffer, at: number): number {
    const end = buffer.indexOf(LF, at);
    if (end < 0) return -1;
    if (buffer[at] === MINUS) this.events.onError(buffer.toString('latin1', at + 1, end - 1));
    return end + 1;
  }

  /** An array whose items are bulk strings, but for the count after a subscription. */
  private takePush(buffer: Buffer, start: number): number {
    let at = buffer.indexOf(LF, start) + 1;
    if (at === 0) return -1;
    const items = numberAt(buffer, start + 1);
    let kind = 0;
    let from = 0;
    let to = 0;
    for (let item = 0; item < items; item++) {
      const lineEnd = buffer.indexOf(LF, at);
      if (lineEnd < 0) return -1;
      if (buffer[at] !== BULK) {
        at = lineEnd + 1;
        continue;
      }
      from = lineEnd + 1;
      to = from + numberAt(buffer, at + 1);
      at = to + 2;
      if (at > buffer.length) return -1;
      if (item === 0) kind = buffer[from] as number;
    }
    if (kind === MESSAGE) this.events.onMessage(buffer.subarray(from, to));
    else this.events.onSubscribed();
    return at;
  }
}

function numberAt(buffer: Buffer, at: number): number {
  let value = 0;
  for (let digit = buffer[at] as number; digit >= ZERO && digit <= ZERO + 9; digit = buffer[++at] as number) {
    value = value * 10 + digit - ZERO;
  }
  return value;
}

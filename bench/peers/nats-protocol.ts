/**
 * The messages of NATS's text protocol in a stream of bytes, as far as the bench needs them:
 *
 *   MSG subject sid [reply-to] bytes\r\n payload \r\n      INFO {...}\r\n      PING\r\n      -ERR 'what'\r\n
 */
export interface NatsEvents {
  /** The bytes are valid during the call. */
  onMessage(payload: Uint8Array): void;
  onPing(): void;
  /** The server has something against it. */
  onError(what: string): void;
}

const CR = 13;
const LF = 10;
const SPACE = 32;
const M = 77;
const ZERO = 48;

export class NatsReader {
  private rest: Buffer | undefined;

  constructor(private readonly events: NatsEvents) {}

  /** Takes what a 'data' event brings. */
  take(chunk: Buffer): void {
    const buffer = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      const lineEnd = buffer.indexOf(LF, at);
      if (lineEnd < 0) break;
      if (buffer[at] !== M) {
        this.takeLine(buffer.toString('latin1', at, lineEnd - 1));
        at = lineEnd + 1;
        continue;
      }
      const bytes = lastNumber(buffer, lineEnd);
      const next = lineEnd + 1 + bytes + 2;
      if (next > buffer.length) break;
      this.events.onMessage(buffer.subarray(lineEnd + 1, lineEnd + 1 + bytes));
      at = next;
    }
    this.rest = at === buffer.length ? undefined : buffer.subarray(at);
  }

  private takeLine(line: string): void {
    if (line === 'PING') this.events.onPing();
    else if (line.startsWith('-ERR')) this.events.onError(line.slice('-ERR '.length));
  }
}

/** The digits before the end of a line. */
function lastNumber(buffer: Buffer, lineEnd: number): number {
  let at = buffer[lineEnd - 1] === CR ? lineEnd - 2 : lineEnd - 1;
  let value = 0;
  for (let digit = 1; buffer[at] !== SPACE; at--, digit *= 10) value += ((buffer[at] as number) - ZERO) * digit;
  return value;
}

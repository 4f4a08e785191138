import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NatsReader } from '../../../../bench/peers/nats-protocol.js';
import { RespReader } from '../../../../bench/peers/resp-protocol.js';

/** Cuts a stream of bytes anywhere. */
function inPieces(bytes: Buffer, cuts: readonly number[], take: (chunk: Buffer) => void): void {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    if (to > from) take(bytes.subarray(from, to));
    from = to;
  }
}

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
const cuts = fc.array(fc.nat(10_000), { maxLength: 30 });

function natsReader() {
  const seen: string[] = [];
  const reader = new NatsReader({
    onMessage: (payload) => seen.push(Buffer.from(payload).toString('hex')),
    onPing: () => seen.push('ping'),
    onError: (what) => seen.push(`error ${what}`),
  });
  return { seen, reader };
}

function respReader() {
  const seen: string[] = [];
  const reader = new RespReader({
    onMessage: (payload) => seen.push(Buffer.from(payload).toString('hex')),
    onSubscribed: () => seen.push('subscribed'),
    onError: (what) => seen.push(`error ${what}`),
  });
  return { seen, reader };
}

describe('what a NATS server says', () => {
  it('is understood: information, messages, pings and errors', () => {
    const { seen, reader } = natsReader();
    const text =
      'INFO {"version":"2"}\r\n+OK\r\nMSG a.1 1 5\r\nhello\r\nPING\r\nMSG a.1 1 reply.to 0\r\n\r\n-ERR \'no\'\r\n';
    reader.take(Buffer.from(text));
    expect(seen).toEqual([Buffer.from('hello').toString('hex'), 'ping', '', "error 'no'"]);
  });

  it('may come in any pieces, and hold any bytes', () => {
    fc.assert(
      fc.property(payloads, cuts, (messages, where) => {
        const { seen, reader } = natsReader();
        const stream = messages.flatMap((payload) => [
          Buffer.from(`MSG bench.0 1 ${payload.length}\r\n`),
          payload,
          Buffer.from('\r\nPING\r\n'),
        ]);
        inPieces(Buffer.concat(stream), where, (chunk) => reader.take(chunk));
        expect(seen).toEqual(messages.flatMap((payload) => [Buffer.from(payload).toString('hex'), 'ping']));
      }),
    );
  });
});

describe('what a Redis server says', () => {
  it('is understood: subscriptions, messages, counts and errors', () => {
    const { seen, reader } = respReader();
    const subscribed = '*3\r\n$9\r\nsubscribe\r\n$3\r\na.1\r\n:1\r\n';
    reader.take(Buffer.from(`${subscribed}:2\r\n*3\r\n$7\r\nmessage\r\n$3\r\na.1\r\n$5\r\nhello\r\n-ERR no\r\n`));
    expect(seen).toEqual(['subscribed', Buffer.from('hello').toString('hex'), 'error ERR no']);
  });

  it('may come in any pieces, and hold any bytes', () => {
    fc.assert(
      fc.property(payloads, cuts, (messages, where) => {
        const { seen, reader } = respReader();
        const stream = messages.flatMap((payload) => [
          Buffer.from(`*3\r\n$7\r\nmessage\r\n$7\r\nbench.0\r\n$${payload.length}\r\n`),
          payload,
          Buffer.from('\r\n:1\r\n'),
        ]);
        inPieces(Buffer.concat(stream), where, (chunk) => reader.take(chunk));
        expect(seen).toEqual(messages.map((payload) => Buffer.from(payload).toString('hex')));
      }),
    );
  });
});

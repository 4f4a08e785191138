import { describe, expect, it } from 'vitest';
import { type AskRecord, readAsk, type StateRecord, writeState } from '../../../ts/client-server/state-records.js';
import { WINDOW_BYTES } from '../../../ts/client-server/state-requester.js';
import { MalformedError } from '../../../ts/stack/codec.js';
import { bytesOf, type member, members } from '../stack/views.js';
import { TestSink, TIMEOUT_MS, TransferCrew } from './transfer-crew.js';

const [A, B, C] = members(1, 2, 3) as [ReturnType<typeof member>, ReturnType<typeof member>, ReturnType<typeof member>];

/** One who asks for a state; the servers are played by hand. */
function asker(sink = new TestSink(), servers = [A, B, C], first = 0) {
  const crew = new TransferCrew(servers);
  crew.first = first;
  const start = () => {
    sink.request = crew.get(sink, bytesOf('all'));
  };
  const asked = (server = A): AskRecord[] => crew.link(crew.asks, server).splice(0).map(readAsk);
  const say = (record: StateRecord, from = A) => crew.requester.receive(from, writeState(record));
  const part = (number: number, text: string, from = A, total?: number) =>
    say({ type: 'part', number, total, part: bytesOf(text) }, from);
  const end = (number: number, from = A) => say({ type: 'end', number }, from);
  const text = () => Buffer.from(sink.bytes).toString();
  return { crew, sink, start, asked, say, part, end, text };
}

const request = (number: number, skip = 0): AskRecord => ({
  type: 'request',
  number,
  transfer: 7,
  skip,
  request: bytesOf('all'),
});

describe('a request for a state', () => {
  it('goes to one server, and ends when all has come', () => {
    const { start, asked, part, end, text, sink, crew } = asker();
    start();
    expect([asked(A), asked(B), asked(C)]).toEqual([[request(1)], [], []]);
    part(1, 'one ');
    part(1, 'two');
    expect(sink.ends).toEqual([]);
    end(1);
    expect([text(), sink.ends]).toEqual(['one two', ['end']]);
    expect(crew.environment.pendingTimers).toBe(0);
  });

  it('goes to another server where several ask', () => {
    const { start, asked } = asker(undefined, undefined, 4);
    start();
    expect([asked(A), asked(B)]).toEqual([[], [request(1)]]);
  });

  it('tells the server what was taken in, now and then', () => {
    const { start, asked, say, sink } = asker(new TestSink(false));
    start();
    asked();
    const part = new Uint8Array(WINDOW_BYTES / 16);
    for (let count = 0; count < 3; count++) say({ type: 'part', number: 1, total: undefined, part });
    expect(asked()).toEqual([]);
    sink.take();
    expect(asked()).toEqual([{ type: 'credit', number: 1, bytes: 3 * part.length }]);
    sink.take();
    expect(asked()).toEqual([]);
  });

  it('hears only the server that was asked, and only of this request', () => {
    const { start, part, end, sink } = asker();
    start();
    part(1, 'of another', B);
    part(2, 'of another request');
    end(1, B);
    end(0);
    expect([sink.bytes, sink.ends]).toEqual([[], []]);
  });

  it('hands over no parts of nothing, of which there may be any number', () => {
    const { start, part, sink } = asker(new TestSink(false));
    start();
    part(1, '');
    expect([sink.bytes, sink.mostUntaken]).toEqual([[], 0]);
  });

  it('refuses what cannot be read', () => {
    const { start, crew } = asker();
    start();
    expect(() => crew.requester.receive(A, bytesOf('?'))).toThrow(MalformedError);
  });

  it('is not wanted any more: the server is told, and nothing comes of it', () => {
    const { start, asked, part, sink, crew } = asker();
    start();
    asked();
    sink.request?.cancel();
    sink.request?.cancel();
    part(1, 'late');
    expect([asked(), sink.bytes, sink.ends]).toEqual([[{ type: 'cancel', number: 1 }], [], []]);
    expect(crew.environment.pendingTimers).toBe(0);
  });

  it('ends with its transfer: the server is told, and so is whoever asked', () => {
    const { start, asked, part, sink, crew } = asker();
    start();
    asked();
    crew.requester.terminate('over');
    part(1, 'late');
    expect([asked(), sink.bytes]).toEqual([[{ type: 'cancel', number: 1 }], []]);
    expect(sink.ends).toEqual(['ERR_TRANSFER_TERMINATED']);
    expect(crew.environment.pendingTimers).toBe(0);
  });

  it('is one of several at once, which end each by itself', () => {
    const { crew, part, end } = asker();
    const sinks = [new TestSink(), new TestSink()];
    for (const sink of sinks) sink.request = crew.get(sink);
    part(2, 'two');
    part(1, 'one');
    end(2);
    expect(sinks.map(({ ends }) => ends)).toEqual([[], ['end']]);
    end(1);
    expect(sinks.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['one', 'two']);
  });
});

describe('another server is asked', () => {
  it('when one says that it cannot; from the beginning', () => {
    const { start, asked, say, part, end, text, sink } = asker();
    start();
    part(1, 'half');
    say({ type: 'failed', number: 1, reason: 'disk' });
    expect(asked(B)).toEqual([request(2)]);
    part(2, 'whole', B);
    part(1, 'late');
    end(2, B);
    expect([text(), sink.ends, sink.restarts]).toEqual(['whole', ['end'], 1]);
  });

  it('when one is no server any more', () => {
    const { start, asked, crew, sink } = asker();
    start();
    crew.view([A, C]);
    expect([asked(A).length, asked(C)]).toEqual([1, []]);
    crew.view([B, C]);
    expect([asked(B), asked(C), sink.restarts]).toEqual([[request(2)], [], 0]);
  });

  it('when one says nothing for too long; it is told', () => {
    const { start, asked, part, crew } = asker();
    start();
    asked();
    crew.environment.advance(TIMEOUT_MS - 1);
    part(1, 'a sign of life');
    crew.environment.advance(TIMEOUT_MS - 1);
    expect(asked(B)).toEqual([]);
    crew.environment.advance(1);
    expect([asked(A), asked(B)]).toEqual([[{ type: 'cancel', number: 1 }], [request(2)]]);
  });

  it('but not while the application has not taken in what came', () => {
    const { start, asked, part, crew, sink } = asker(new TestSink(false));
    start();
    part(1, 'some');
    crew.environment.advance(5 * TIMEOUT_MS);
    expect(asked(B)).toEqual([]);
    sink.take();
    crew.environment.advance(TIMEOUT_MS);
    expect(asked(B)).toEqual([request(2)]);
  });

  it('when one ends before it gave what it announced', () => {
    const { start, asked, part, end, sink } = asker();
    start();
    part(1, 'half', A, 8);
    end(1);
    expect([asked(B), sink.ends]).toEqual([[request(2)], []]);
  });

  it('for what was not taken in yet, where what was stays', () => {
    const { start, asked, part, say, end, text, sink } = asker(new TestSink(false));
    sink.stays = 'taken';
    start();
    part(1, 'onetwo');
    sink.take(3);
    say({ type: 'failed', number: 1, reason: 'disk' });
    expect(asked(B)).toEqual([request(2, 3)]);
    part(2, 'TWO', B, 6);
    end(2, B);
    expect([text(), sink.ends]).toEqual(['oneTWO', ['end']]);
  });

  it('not where what came cannot be taken back: the request fails', () => {
    const { start, asked, part, say, sink } = asker();
    sink.stays = 'refused';
    start();
    part(1, 'some');
    say({ type: 'failed', number: 1, reason: 'disk' });
    expect([asked(B), sink.ends]).toEqual([[], ['ERR_STATE_INTERRUPTED']]);
  });

  it('once each: then the request fails', () => {
    const { start, say, sink, crew } = asker();
    start();
    say({ type: 'failed', number: 1, reason: 'disk' });
    crew.environment.advance(TIMEOUT_MS);
    expect(sink.ends).toEqual([]);
    say({ type: 'failed', number: 3, reason: 'disk' }, C);
    expect(sink.ends).toEqual(['ERR_STATE_UNAVAILABLE']);
    crew.environment.advance(10 * TIMEOUT_MS);
    expect([sink.ends.length, crew.environment.pendingTimers]).toEqual([1, 0]);
  });

  it('of none where there is none', () => {
    const { start, sink } = asker(undefined, []);
    start();
    expect(sink.ends).toEqual(['ERR_STATE_UNAVAILABLE']);
  });
});

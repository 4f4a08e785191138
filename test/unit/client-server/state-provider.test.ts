import { describe, expect, it } from 'vitest';
import { MOST_ANSWERS, wholeState } from '../../../ts/client-server/state-provider.js';
import { readState, type StateRecord, writeAsk } from '../../../ts/client-server/state-records.js';
import { WINDOW_BYTES } from '../../../ts/client-server/state-requester.js';
import { MalformedError } from '../../../ts/stack/codec.js';
import { bytesOf, member } from '../stack/views.js';
import { ASKER, partsOf, stateBytes, TestSource, TransferCrew } from './transfer-crew.js';

const SERVER = member(1);

/** A server, and whoever asks it, by hand. */
function server(roomBytes?: number, mostDirect?: number) {
  const crew = new TransferCrew([SERVER], roomBytes, mostDirect);
  const { provider, questions } = crew.provider(SERVER);
  const ask = (number = 1, skip = 0, request = bytesOf('all')) =>
    provider.receive(ASKER, writeAsk({ type: 'request', number, transfer: 7, skip, request }));
  const says = (): StateRecord[] => crew.link(crew.answers, SERVER).splice(0).map(readState);
  const short = () => says().map((record) => (record.type === 'part' ? record.part.length : record.type));
  const question = (index = 0) => {
    const asked = questions[index];
    if (asked === undefined) throw new Error('nobody has asked');
    return asked;
  };
  return { provider, ask, says, short, question, questions };
}

describe('a server that has the state', () => {
  it('hands a request to its application, and says nothing until that answers', () => {
    const { ask, says, question } = server();
    ask();
    expect(question()).toMatchObject({ origin: ASKER, transfer: 7, request: bytesOf('all'), isOpen: true });
    expect(says()).toEqual([]);
    question().answer(wholeState(bytesOf('state')));
    expect(question().isOpen).toBe(false);
    expect(says()).toEqual([
      { type: 'part', number: 1, total: 5, part: bytesOf('state') },
      { type: 'end', number: 1 },
    ]);
  });

  it('gives a state of nothing, too', () => {
    const { ask, short, question } = server();
    ask();
    question().answer(wholeState(new Uint8Array(0)));
    expect(short()).toEqual(['end']);
  });

  it('cuts long parts into records that go in one piece, and leaves empty ones out', () => {
    const { ask, says, question } = server(undefined, 120);
    ask();
    question().answer(partsOf([250, 0, 30]));
    const records = says();
    expect(records.map((record) => record.type === 'part' && record.part.length)).toEqual([100, 100, 50, 30, false]);
    const bytes = records.flatMap((record) => (record.type === 'part' ? [...record.part] : []));
    expect(bytes).toEqual([...stateBytes(0, 280)]);
  });

  it('takes one answer to a question, and cancels the others', () => {
    const { ask, short, question } = server();
    ask();
    const late = new TestSource();
    question().answer(wholeState(bytesOf('one')));
    question().answer(late);
    question().refuse('too late');
    expect([short(), late.cancelled]).toEqual([[3, 'end'], 1]);
  });

  it('says why it cannot', () => {
    const { ask, says, question } = server();
    ask();
    question().refuse('not now');
    expect(says()).toEqual([{ type: 'failed', number: 1, reason: 'not now' }]);
    expect(question().isOpen).toBe(false);
  });

  it('says so when its source fails on the way, and leaves it', () => {
    const { ask, short, question } = server();
    const source = new TestSource();
    ask();
    question().answer(source);
    source.give({ type: 'part', part: bytesOf('abc') });
    source.give({ type: 'failed', reason: 'disk' });
    expect([short(), source.cancelled]).toEqual([[3, 'failed'], 1]);
  });

  it('skips what is there already, also where that ends within a part', () => {
    const { ask, says, question } = server();
    ask(1, 15);
    question().answer(partsOf([10, 10]));
    expect(says()).toEqual([
      { type: 'part', number: 1, total: undefined, part: stateBytes(15, 20) },
      { type: 'end', number: 1 },
    ]);
  });

  it.each([
    ['is shorter than what is there already', 15, partsOf([10])],
    ['is shorter than it was to be', 0, partsOf([10], 11)],
    ['is longer than it was to be', 0, partsOf([10, 10], 11)],
  ])('fails, rather than end, where its state %s', (_, skip, source) => {
    const { ask, short, question } = server();
    ask(1, skip);
    question().answer(source);
    expect(short().at(-1)).toBe('failed');
  });
});

describe('a server that sends a state', () => {
  it('goes no further than the window beyond what was taken in, nor does it pull', () => {
    const { ask, says, question, provider } = server(undefined, 1024 * 1024);
    const source = new TestSource();
    ask();
    question().answer(source);
    const part = new Uint8Array(WINDOW_BYTES);
    source.give({ type: 'part', part });
    const sent = () => says().reduce((sum, each) => sum + (each.type === 'part' ? each.part.length : 0), 0);
    expect([sent(), source.pulls]).toEqual([WINDOW_BYTES, 1]);
    const credit = (bytes: number) => provider.receive(ASKER, writeAsk({ type: 'credit', number: 1, bytes }));
    credit(1000);
    expect(source.pulls).toBe(2);
    source.give({ type: 'part', part });
    expect(sent()).toBeGreaterThanOrEqual(1000);
  });

  it('is not made to send without end by whoever says that it took in what was never sent', () => {
    const { ask, says, question, provider } = server(undefined, 1024 * 1024);
    ask();
    question().answer(partsOf(new Array(8).fill(WINDOW_BYTES / 2)));
    says();
    provider.receive(ASKER, writeAsk({ type: 'credit', number: 1, bytes: Number.MAX_SAFE_INTEGER }));
    const sent = says().reduce((sum, each) => sum + (each.type === 'part' ? each.part.length : 0), 0);
    expect(sent).toBeLessThanOrEqual(WINDOW_BYTES);
  });

  it('sends a part when there is room for it, and not before', () => {
    const { ask, short, question, provider } = server(150, 120);
    ask();
    question().answer(partsOf([300]));
    expect(short()).toEqual([100]);
    provider.progress();
    expect(short()).toEqual([100]);
    provider.viewChanged([ASKER]);
    expect(short()).toEqual([100, 'end']);
  });

  it('stops when nobody wants it any more, and leaves the source once', () => {
    const { ask, short, question, provider } = server();
    const source = new TestSource();
    ask();
    question().answer(source);
    const cancel = () => provider.receive(ASKER, writeAsk({ type: 'cancel', number: 1 }));
    cancel();
    cancel();
    source.give({ type: 'part', part: bytesOf('late') });
    expect([short(), source.cancelled]).toEqual([[], 1]);
  });

  it('stops when whoever asked does not get the state any more, or it does not give it', () => {
    const { ask, question, provider } = server();
    const [one, other] = [new TestSource(), new TestSource()];
    ask(1);
    question(0).answer(one);
    provider.viewChanged([ASKER, member(5)]);
    expect(one.cancelled).toBe(0);
    provider.viewChanged([member(5)]);
    expect(one.cancelled).toBe(1);
    ask(2);
    question(1).answer(other);
    provider.viewChanged(undefined);
    expect(other.cancelled).toBe(1);
  });

  it('asks nobody for an answer that nobody waits for', () => {
    const { ask, short, question, provider } = server();
    const source = new TestSource();
    ask();
    provider.viewChanged(undefined);
    expect(question().isOpen).toBe(false);
    question().answer(source);
    question().refuse('too late');
    expect([short(), source.cancelled, source.pulls]).toEqual([[], 1, 0]);
  });
});

describe('a server that is asked what nobody asks', () => {
  it('takes the second of two requests with one number', () => {
    const { ask, short, question } = server();
    const first = new TestSource();
    ask(1);
    question(0).answer(first);
    ask(1);
    expect(first.cancelled).toBe(1);
    question(1).answer(wholeState(bytesOf('state')));
    expect(short()).toEqual([5, 'end']);
  });

  it('refuses more requests than it can remember', () => {
    const { ask, says, questions } = server();
    for (let number = 0; number <= MOST_ANSWERS; number++) ask(number);
    expect(questions).toHaveLength(MOST_ANSWERS);
    expect(says()).toEqual([expect.objectContaining({ type: 'failed', number: MOST_ANSWERS })]);
  });

  it('ignores what is about no request, and refuses what cannot be read', () => {
    const { provider, says } = server();
    provider.receive(ASKER, writeAsk({ type: 'credit', number: 9, bytes: 1 }));
    provider.receive(ASKER, writeAsk({ type: 'cancel', number: 9 }));
    expect(says()).toEqual([]);
    expect(() => provider.receive(ASKER, bytesOf('?'))).toThrow(MalformedError);
  });
});

import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { EndpointList } from '../../../ts/base/endpoint-list.js';
import { Message, type MessageValue } from '../../../ts/base/message.js';
import { bytesOf } from '../stack/views.js';

const anna = new Endpoint('10.0.0.1', 4001, 7);
const boris = new Endpoint('fe80::1%eth0', 65535, Number.MAX_SAFE_INTEGER);
const failure = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** A value of each type, pushed by a call of its own. */
function oneOfEach(): Message {
  return new Message()
    .pushInteger(-3)
    .pushNumber(0.5)
    .pushBigInt(-(2n ** 63n))
    .pushBoolean(true)
    .pushString('\ufeffgrüß dich')
    .pushBytes(Uint8Array.of(1, 2, 3))
    .pushEndpoint(anna)
    .pushEndpoints(new EndpointList([boris, anna]))
    .pushMessage(new Message().pushString('inner'))
    .pack([new Message().pushInteger(1), Message.of(bytesOf('raw')), new Message()]);
}

describe('a message', () => {
  it('gives its values back in the reverse order, by their types', () => {
    const message = oneOfEach();
    const packed = message.unpack();
    expect(packed.map(({ length }) => length)).toEqual([9, 3, 0]);
    expect([packed[0]?.popInteger(), packed[1]?.text()]).toEqual([1, 'raw']);
    expect(message.popMessage().popString()).toBe('inner');
    expect([...message.popEndpoints()]).toEqual([boris, anna]);
    expect(message.popEndpoint()).toEqual(anna);
    expect(message.popBytes()).toEqual(Uint8Array.of(1, 2, 3));
    expect(message.popString()).toBe('\ufeffgrüß dich');
    expect(message.popBoolean()).toBe(true);
    expect(message.popBigInt()).toBe(-(2n ** 63n));
    expect(message.popNumber()).toBe(0.5);
    expect(message.isEmpty).toBe(false);
    expect(message.popInteger()).toBe(-3);
    expect([message.isEmpty, message.length]).toEqual([true, 0]);
  });

  it('reads them in the order of pushing, too', () => {
    const message = oneOfEach();
    const items = message.items();
    expect(items.remaining).toBe(10);
    expect([items.readInteger(), items.readNumber(), items.readBigInt()]).toEqual([-3, 0.5, -(2n ** 63n)]);
    expect([items.readBoolean(), items.readString()]).toEqual([true, '\ufeffgrüß dich']);
    expect([items.readBytes(), items.readEndpoint()]).toEqual([Uint8Array.of(1, 2, 3), anna]);
    expect([...items.readEndpoints()]).toEqual([boris, anna]);
    expect(items.readMessage().text()).toMatch(/^inner/);
    expect(items.unpack()).toHaveLength(3);
    expect(() => items.read()).toThrow(failure('ERR_MESSAGE_EMPTY', /^read\(\)/));
    expect(items.next()).toEqual({ done: true, value: undefined });
    // Nothing was popped.
    expect([...message.items()]).toHaveLength(10);
    expect(message.unpack()).toHaveLength(3);
  });

  it('is iterated over from where reading has come to', () => {
    const items = new Message().push(1).push('two').push(3).items();
    expect(items.readNumber()).toBe(1);
    expect([...items]).toEqual(['two', 3]);
    expect([...new Message().items()]).toEqual([]);
  });

  it('takes values by what they are, and pops them as that', () => {
    const values: MessageValue[] = [1, -1.5, 2 ** 60, Number.NaN, 12n, false, '', new Uint8Array(0), anna];
    const message = new Message();
    for (const value of values) message.push(value);
    message
      .push(new EndpointList([boris]))
      .push(new Message().push('inner'))
      .push([new Message().push(7)]);
    expect((message.pop() as Message[]).map((each) => each.pop())).toEqual([7]);
    expect((message.pop() as Message).pop()).toBe('inner');
    expect(`${message.pop()}`).toBe(boris.name);
    expect(values.map(() => message.pop()).reverse()).toEqual(values);
  });

  it('tells integers from numbers, but lets an integer be a number', () => {
    expect(new Message().push(7).popNumber()).toBe(7);
    expect(new Message().pushNumber(-0).popNumber()).toBe(-0);
    expect(new Message().pushInteger(-0).popInteger()).toBe(0);
    expect(() => new Message().pushNumber(7).popInteger()).toThrow(failure('ERR_MESSAGE_TYPE'));
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32), -1, 2 ** 31, 0]) {
      expect(new Message().push(value).popInteger()).toBe(value);
    }
  });

  it('pushes what is left of another message, itself included', () => {
    const other = new Message().push('kept').push('popped');
    other.pop();
    const message = new Message().push(other);
    message.pushMessage(message);
    expect((message.popMessage().pop() as Message).pop()).toBe('kept');
    expect(message.popMessage().pop()).toBe('kept');
  });

  it('has what was not popped yet as its bytes: headers come off what they were put on', () => {
    const message = Message.of(bytesOf('payload')).writableCopy().push(42);
    const arrived = Message.of(message.copy());
    expect(arrived.popInteger()).toBe(42);
    expect([arrived.text(), arrived.length, arrived.copy()]).toEqual(['payload', 7, bytesOf('payload')]);
    expect(() => arrived.pop()).toThrow(failure('ERR_MESSAGE_MALFORMED', /^pop\(\): byte 0x64 at its end/));
  });

  it('gives values that stay when it is written anew', () => {
    const bytes = new Uint8Array(64);
    bytes.set(
      new Message()
        .push(Uint8Array.of(1))
        .push(new Message().push('inner'))
        .push([new Message().push(5)])
        .bytes(),
    );
    const message = Message.of(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
    const [packed] = message.unpack();
    const [inner, array] = [message.popMessage(), message.popBytes()];
    bytes.fill(0);
    expect([packed?.pop(), inner.pop(), array]).toEqual([5, 'inner', Uint8Array.of(1)]);
  });

  it('lies anywhere in memory that is shared or not', () => {
    const written = oneOfEach().bytes();
    for (const memory of [new ArrayBuffer(2048), new SharedArrayBuffer(2048)]) {
      const message = new Message();
      message.buffer = new Uint8Array(memory, 3, 2000).fill(0xff);
      message.buffer.set(written, 101);
      message.offset = 101;
      message.length = written.length;
      expect([...message.items()].slice(0, 5)).toEqual([-3, 0.5, -(2n ** 63n), true, '\ufeffgrüß dich']);
      while (!message.isEmpty) message.pop();
      expect(() => message.pop()).toThrow(failure('ERR_MESSAGE_EMPTY'));
    }
  });
});

describe('a message of another type than was asked for', () => {
  it('says what is there and what was wanted, and keeps it', () => {
    const message = new Message().push(1).push('text');
    expect(() => message.popInteger()).toThrow(failure('ERR_MESSAGE_TYPE', /^popInteger\(\): .*a string.*an integer/));
    expect(() => message.popNumber()).toThrow(failure('ERR_MESSAGE_TYPE', /^popNumber\(\): .*a string.*a number/));
    expect(() => message.popBytes()).toThrow(expect.objectContaining({ details: { got: 'string', want: 'bytes' } }));
    expect(message.isWritable).toBe(true);
    expect(message.popString()).toBe('text');
    const items = message.items();
    expect(() => items.readString()).toThrow(failure('ERR_MESSAGE_TYPE', /^readString\(\)/));
    expect(items.readInteger()).toBe(1);
  });

  it.each([
    ['an empty message', [], 'ERR_MESSAGE_EMPTY'],
    ['text', [...bytesOf('hello')], 'ERR_MESSAGE_MALFORMED'],
    ['a tag alone', [0xf5], 'ERR_MESSAGE_MALFORMED'],
    ['an integer cut short', [0, 0, 0, 0, 0, 0, 0, 0xf5], 'ERR_MESSAGE_MALFORMED'],
    ['an integer beyond 2^53 - 1', [0, 0, 0, 0, 0, 0, 0x20, 0, 0xf5], 'ERR_MESSAGE_MALFORMED'],
    ['a boolean of 2', [2, 0xf8], 'ERR_MESSAGE_MALFORMED'],
    ['a length cut short', [0, 0, 0, 0xf9], 'ERR_MESSAGE_MALFORMED'],
    ['a length beyond the message', [65, 2, 0, 0, 0, 0xf9], 'ERR_MESSAGE_MALFORMED'],
    ['the largest length', [65, 255, 255, 255, 255, 0xfa], 'ERR_MESSAGE_MALFORMED'],
    ['a string that is not UTF-8', [0xc0, 1, 0, 0, 0, 0xf9], 'ERR_MESSAGE_MALFORMED'],
    ['an endpoint without a host', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0xfb], 'ERR_MESSAGE_MALFORMED'],
    ['an endpoint of incarnation -1', [1, 0, ...Array(8).fill(255), 65, 11, 0, 0, 0, 0xfb], 'ERR_MESSAGE_MALFORMED'],
    ['a long host', [...Array(10).fill(0), ...Array(256).fill(65), 10, 1, 0, 0, 0xfb], 'ERR_MESSAGE_MALFORMED'],
    ['a list that holds an integer', [...Array(8).fill(0), 0xf5, 9, 0, 0, 0, 0xfc], 'ERR_MESSAGE_MALFORMED'],
    ['packed messages with text', [65, 1, 0, 0, 0, 0xfe], 'ERR_MESSAGE_MALFORMED'],
    ['an unknown type', [0xff], 'ERR_MESSAGE_MALFORMED'],
  ])('is refused: %s', (_what, bytes, code) => {
    const message = Message.of(Uint8Array.from(bytes));
    expect(() => message.pop()).toThrow(failure(code, /^pop\(\): /));
    expect(message.length).toBe(bytes.length);
    expect(() => [...message.items()].length || message.items().read()).toThrow(failure(code));
  });

  it('is refused where a list has an endpoint twice', () => {
    const twice = new Message().push(anna).push(anna).copy();
    const message = new Message().push(twice).copy();
    message[message.length - 1] = 0xfc;
    expect(() => Message.of(message).popEndpoints()).toThrow(failure('ERR_MESSAGE_MALFORMED', /there twice/));
  });

  it('is refused where a string is longer than strings can be', () => {
    const length = 2 ** 29;
    const bytes = new Uint8Array(length + 5);
    new DataView(bytes.buffer).setUint32(length, length, true);
    bytes[length + 4] = 0xf9;
    expect(() => Message.of(bytes).popString()).toThrow(failure('ERR_MESSAGE_MALFORMED', /512 MiB/));
  });

  it('is refused where there are more values than can be read in the order of pushing', () => {
    const bytes = new Uint8Array(new Uint16Array(2 ** 22 + 1).fill(0xf801).buffer);
    expect(Message.of(bytes.subarray(2)).items().remaining).toBe(2 ** 22);
    expect(() => Message.of(bytes).items()).toThrow(failure('ERR_MESSAGE_TOO_LARGE', /4194304 values/));
    expect(Message.of(bytes).popBoolean()).toBe(true);
  });
});

describe('writing', () => {
  const writes: readonly [string, (message: Message) => unknown][] = [
    ['pushInteger', (message) => message.pushInteger(1)],
    ['pushNumber', (message) => message.pushNumber(1)],
    ['pushBigInt', (message) => message.pushBigInt(1n)],
    ['pushBoolean', (message) => message.pushBoolean(true)],
    ['pushString', (message) => message.pushString('')],
    ['pushBytes', (message) => message.pushBytes(new Uint8Array(0))],
    ['pushEndpoint', (message) => message.pushEndpoint(anna)],
    ['pushEndpoints', (message) => message.pushEndpoints([])],
    ['pushMessage', (message) => message.pushMessage(new Message())],
    ['pack', (message) => message.pack([])],
  ];
  const readOnly: readonly [string, () => Message][] = [
    ['over given bytes', () => Message.of(new Uint8Array(8))],
    ['popped from', () => popped()],
    ['with an alias', () => aliased()],
    ['that is an alias', () => new Message().push(1).alias()],
    ['that was looked through', () => lookedThrough()],
    ['that is popped', () => new Message().pushMessage(new Message()).popMessage()],
  ];

  function popped(): Message {
    const message = new Message().push(1).push(2);
    message.pop();
    return message;
  }

  function aliased(): Message {
    const message = new Message();
    message.alias();
    return message;
  }

  function lookedThrough(): Message {
    const message = new Message().push(1);
    message.items();
    return message;
  }

  it.each(readOnly)('is refused in a message %s, until reset()', (_name, make) => {
    const message = make();
    const before = message.copy();
    expect(message.isWritable).toBe(false);
    for (const [call, write] of writes) {
      expect(() => write(message)).toThrow(failure('ERR_MESSAGE_READ_ONLY', new RegExp(`^${call}\\(\\)`)));
    }
    expect(message.copy()).toEqual(before);
    expect(message.reset().push(3).popInteger()).toBe(3);
  });

  it.each(writes)('goes on however long the message grows: %s', (_call, write) => {
    const message = new Message();
    for (let count = 0; count < 100; count++) write(message);
    expect(message.isWritable).toBe(true);
    expect(message.items().remaining).toBe(100);
  });

  it('begins anew after reset(), and leaves aliases alone', () => {
    const message = new Message().push('old');
    const alias = message.alias();
    expect(message.reset().push('new').isWritable).toBe(true);
    expect([alias.pop(), message.pop()]).toEqual(['old', 'new']);
    // The same memory is used again where nobody else can have it.
    const writer = new Message().push('a message');
    const { buffer } = writer;
    expect(writer.reset().push('another').buffer).toBe(buffer);
  });

  it('goes on in a writable copy of what was not popped', () => {
    const message = new Message().push(1).push(2).push(3);
    message.pop();
    const copy = message.writableCopy();
    message.pop();
    expect(copy.push(4).pop()).toBe(4);
    expect([copy.pop(), copy.pop(), message.pop()]).toEqual([2, 1, 1]);
    expect(new Message().writableCopy().push(1).pop()).toBe(1);
  });

  it('is popped for each alias alone', () => {
    const message = new Message().push(1).push(2);
    const alias = message.alias();
    expect([alias.pop(), alias.pop(), message.pop(), message.alias().pop(), message.pop()]).toEqual([2, 1, 2, 1, 1]);
  });

  it.each<[string, (message: Message, value: never) => unknown, readonly unknown[]]>([
    [
      'push',
      (message, value) => message.push(value),
      [undefined, null, {}, Symbol('x'), () => {}, new Float64Array(1)],
    ],
    ['pushInteger', (message, value) => message.pushInteger(value), ['1', 1.5, 2 ** 53, Number.NaN, 1n]],
    ['pushNumber', (message, value) => message.pushNumber(value), ['1', 1n, undefined]],
    ['pushBigInt', (message, value) => message.pushBigInt(value), [1, 2n ** 63n, -(2n ** 63n) - 1n]],
    ['pushBoolean', (message, value) => message.pushBoolean(value), [0, 'true', undefined]],
    ['pushString', (message, value) => message.pushString(value), [1, undefined, Buffer.from('x')]],
    ['pushBytes', (message, value) => message.pushBytes(value), ['x', [1], new Uint16Array(1), new ArrayBuffer(1)]],
    [
      'pushEndpoint',
      (message, value) => message.pushEndpoint(value),
      ['x', undefined, new Endpoint('', 1), new Endpoint('x'.repeat(256), 1), new Endpoint('x', 65536)],
    ],
    [
      'pushEndpoint',
      (message, value) => message.pushEndpoint(value),
      [new Endpoint('x', 1, -1), new Endpoint('x', 1, 0.5)],
    ],
    ['pushEndpoint', (message, value) => message.pushEndpoints(value), [[new Endpoint('x', -1)]]],
    ['endpoints', (message, value) => message.pushEndpoints(value), [1, undefined, ['x']]],
    ['pushMessage', (message, value) => message.pushMessage(value), [new Uint8Array(1), 'x', undefined]],
    ['pushMessage', (message, value) => message.pack(value), [[new Uint8Array(1)]]],
  ])('refuses what is of a wrong type, and leaves the message as it was: %s', (call, write, values) => {
    const message = new Message().push('before');
    for (const value of values) {
      expect(() => write(message, value as never)).toThrow(
        failure('ERR_INVALID_ARGUMENT', new RegExp(`^${call}.*got .*, want `)),
      );
    }
    expect(message.push('after').items().remaining).toBe(2);
  });

  it('refuses to make a message longer than 1 GiB', () => {
    const message = new Message().push(1);
    expect(() => message.pushBytes(new Uint8Array(2 ** 30))).toThrow(failure('ERR_MESSAGE_TOO_LARGE', /1 GiB/));
    expect(message.length).toBe(9);
  });
});

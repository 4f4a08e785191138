// One Message is used again for each delivery: what a handler does with it must not show in the next, nor cost anything.
import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../ts/base/message.js';
import type { RecordReceiver } from '../../../ts/data-plane/record-reader.js';
import { Pipe } from './pipe.js';

const RING_BYTES = 64 * 1024;
const DELIVERIES = 100_000;
const MEASURED_RUNS = 3;

/** Lets a handler have what is written. */
function deliver(pipe: Pipe, onMessage: (message: Message) => void): void {
  const receiver: RecordReceiver = {
    onMessage: (_origin, _kind, message) => onMessage(message),
    onTooLong() {},
    onMalformed() {},
  };
  pipe.carry();
  while (pipe.reader.hasMore()) pipe.reader.drain(receiver, pipe.message, Number.MAX_SAFE_INTEGER);
}

/** Bytes of JavaScript heap that `run` takes, those too that are free again when it is over. */
async function allocated(run: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 512,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  run();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  let sum = 0;
  for (const nodes = [profile.head]; nodes.length > 0; ) {
    const { selfSize, children } = nodes.pop() as typeof profile.head;
    sum += selfSize;
    nodes.push(...children);
  }
  return sum;
}

describe('a message that is delivered', () => {
  it('begins whole each time, however much was popped of the one before', () => {
    const pipe = new Pipe(RING_BYTES);
    const written = [...Array(20).keys()].map((number) => new Message().push('rest').push(number));
    for (const message of written) pipe.writer.write(message.bytes(), 0);
    // In parts, so that it is put together elsewhere.
    pipe.writer.writeParts(
      new Message()
        .push(new Uint8Array(RING_BYTES / 4))
        .push(20)
        .bytes(),
      0,
      0,
    );
    pipe.writer.publish();
    const numbers: number[] = [];
    deliver(pipe, (message) => {
      numbers.push(message.popInteger());
      if (numbers.length % 2 === 0) message.pop();
    });
    expect(numbers).toEqual([...Array(21).keys()]);
  });

  it('is read-only and stays over its ring, whatever a handler tries', () => {
    const pipe = new Pipe(RING_BYTES);
    const readOnly = expect.objectContaining({ code: 'ERR_MESSAGE_READ_ONLY' });
    const ring = () => pipe.ring.slice();
    for (const number of [1, 2, 3]) pipe.writer.write(new Message().push(number).bytes(), 0);
    pipe.writer.publish();
    const before = ring();
    const seen: unknown[] = [];
    deliver(pipe, (message) => {
      expect(message.isWritable).toBe(false);
      expect(() => message.push(7)).toThrow(readOnly);
      expect(() => message.reset()).toThrow(/lent/);
      const alias = message.alias();
      seen.push(message.writableCopy().push(8).pop(), message.pop(), alias.pop());
      expect(() => message.push(7)).toThrow(readOnly);
      expect(() => message.reset()).toThrow(readOnly);
      expect(alias.reset().push(9).pop()).toBe(9);
    });
    expect(seen).toEqual([8, 1, 1, 8, 2, 2, 8, 3, 3]);
    expect(ring()).toEqual(before);
  });

  it('is of the same hidden class as all messages, so that the walk over records stays fast', () => {
    setFlagsFromString('--allow-natives-syntax');
    const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
    setFlagsFromString('--no-allow-natives-syntax');
    const popped = new Message().push(1).push(2);
    popped.pop();
    const pipe = new Pipe(RING_BYTES);
    pipe.writer.write(popped.bytes(), 0);
    pipe.writer.publish();
    const fresh = new Message();
    const others = [
      Message.of(new Uint8Array(1)),
      new Message().push(1),
      popped,
      popped.alias(),
      popped.writableCopy(),
    ];
    deliver(pipe, (message) => others.push(message));
    expect(others.map((message) => haveSameMap(fresh, message))).toEqual(others.map(() => true));
    expect(haveSameMap(fresh, new Uint8Array(1))).toBe(false);
  });

  it('costs no object', async () => {
    const pipe = new Pipe(RING_BYTES);
    const bytes = new Message().push(7).push(8).copy();
    const perDelivery = async (onMessage: (message: Message) => void): Promise<number> => {
      const run = () => {
        for (let left = DELIVERIES; left > 0; pipe.carry(0)) {
          for (; left > 0 && pipe.writer.write(bytes, 0); left--);
          pipe.writer.publish();
          deliver(pipe, onMessage);
        }
      };
      run();
      // It may not have been compiled yet, where the CPUs have other things to do: then numbers are objects.
      const runs: number[] = [];
      while (runs.length < MEASURED_RUNS) runs.push(await allocated(run));
      return Math.min(...runs) / DELIVERIES;
    };
    const seen = new Int32Array(1);
    const reading = (message: Message) => {
      seen[0] = (seen[0] as number) + message.length;
    };
    // The smallest object takes 16 bytes, and a run some that are none of a delivery's.
    expect(await perDelivery(reading)).toBeLessThan(8);
    expect(seen[0]).toBe((1 + MEASURED_RUNS) * DELIVERIES * bytes.length);
    // That an object would be seen.
    expect(await perDelivery((message) => message.copy())).toBeGreaterThan(50);
  });
});

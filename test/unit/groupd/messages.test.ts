import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, preamble } from '../../../ts/groupd/frames.js';
import {
  decodeFromService,
  decodeToService,
  encodeFromService,
  encodeToService,
  type FromService,
  type ToService,
} from '../../../ts/groupd/messages.js';
import { MalformedError } from '../../../ts/stack/codec.js';
import { bytesOf, member, viewId, viewOf } from '../stack/views.js';
import { Desk, join as joinOf, view as viewNamed } from './desk.js';

// `npx vitest run groupd/messages -u` writes the file anew; what then differs is a change of the wire: see GROUPD_VERSION.
const file = join(import.meta.dirname, '../../vectors/groupd.json');

const view = viewId(5, 1);
const state = viewOf([1, 2, 3], { groupName: '', time: 6, previous: [view], message: bytesOf('a message') });

const TO_SERVICE: readonly ToService[] = [
  joinOf(2, viewNamed(5, 1, 2), { group: '0123456789abcdef', floor: 2 ** 53 - 1, wants: true, params: 'heal_sweep=2' }),
  { kind: 'installed', view },
  {
    kind: 'synced',
    view,
    attempt: 2 ** 32 - 1,
    failed: [0, 3],
    leaving: [4],
    floor: 7,
    stateMessages: [bytesOf('a state'), bytesOf('')],
  },
  { kind: 'fail', view, ranks: [2] },
  { kind: 'leave', view },
  { kind: 'prompt', view },
  { kind: 'proposed', view, time: 6, message: bytesOf('a message'), primary: true },
];

const FROM_SERVICE: readonly FromService[] = [
  { kind: 'sync', view, attempt: 3, failed: [0, 1] },
  { kind: 'propose', view, attempt: 3, state, stateMessages: [bytesOf('a state'), bytesOf(''), bytesOf('another')] },
  { kind: 'view', view, attempt: 3, state },
  { kind: 'denied', peer: member(9, 9), protocol: 'Groupd:Bottom', compatibility: 'memory 1 MiB', members: 4 },
  { kind: 'ask', view },
];

const unhex = (text = '') => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function vectors() {
  return {
    preamble: hex(preamble()),
    frame: hex(frame(bytesOf('abc'))),
    toService: Object.fromEntries(TO_SERVICE.map((each) => [each.kind, hex(encodeToService(each))])),
    fromService: Object.fromEntries(FROM_SERVICE.map((each) => [each.kind, hex(encodeFromService(each))])),
  };
}

describe('the messages of the membership service', () => {
  it('are written as groupd.json has them', async () => {
    await expect(`${JSON.stringify(vectors(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('are read from there', () => {
    const { toService, fromService } = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof vectors>;
    for (const each of TO_SERVICE) expect(decodeToService(unhex(toService[each.kind]))).toEqual(each);
    for (const each of FROM_SERVICE) expect(decodeFromService(unhex(fromService[each.kind]))).toEqual(each);
  });

  it.each(TO_SERVICE.map((each) => [each.kind, each] as const))('refuse %s when it is cut short', (_, message) => {
    const bytes = encodeToService(message);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeToService(bytes.subarray(0, length))).toThrow(MalformedError);
    }
    expect(() => decodeToService(Uint8Array.of(...bytes, 0))).toThrow(MalformedError);
  });

  it.each(FROM_SERVICE.map((each) => [each.kind, each] as const))('refuse %s when it is cut short', (_, message) => {
    const bytes = encodeFromService(message);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFromService(bytes.subarray(0, length))).toThrow(MalformedError);
    }
    expect(() => decodeFromService(Uint8Array.of(...bytes, 0))).toThrow(MalformedError);
  });

  it.each([
    ['without members', joinOf(1, { id: view, numbers: [] })],
    ['not named after its first member', joinOf(1, { id: view, numbers: [2, 1] })],
    ['with a member twice', joinOf(1, { id: view, numbers: [1, 2, 2] })],
    ['without the member that says it', joinOf(7, { id: view, numbers: [1, 2] })],
    ['of more members than a view can have', joinOf(1, { id: view, numbers: [...Array(1100).keys()].slice(1) })],
    ['that nobody may be in', joinOf(1, viewNamed(5, 1), { maxMembers: 0 })],
  ])('refuse a view %s', (_, message) => {
    expect(() => decodeToService(encodeToService(message))).toThrow(MalformedError);
  });

  it('are read or refused, whatever comes', () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Nearly right ones.
      fc
        .tuple(
          fc.constantFrom(...TO_SERVICE.map(encodeToService), ...FROM_SERVICE.map(encodeFromService)),
          fc.nat(),
          fc.nat(255),
        )
        .map(([bytes, at, value]) => bytes.with(at % bytes.length, value)),
    );
    const readsOrRefuses = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    };
    fc.assert(
      fc.property(some, (bytes) => {
        readsOrRefuses(() => decodeToService(bytes));
        readsOrRefuses(() => decodeFromService(bytes));
      }),
    );
  });
});

describe('a service', () => {
  it('survives whatever members say, in whatever order, and says nothing that is malformed', () => {
    const numbers = [0, 1, 2, 3];
    const views = [viewNamed(1, 0), viewNamed(1, 1), viewNamed(2, 0, 1), viewNamed(2, 0, 1, 2), viewNamed(3, 1, 2, 3)];
    const rank = fc.nat(4);
    const ranks = fc.uniqueArray(rank);
    const message: fc.Arbitrary<ToService> = fc
      .tuple(fc.constantFrom(...views), fc.nat(3), ranks, ranks, fc.nat(3), fc.nat(6))
      .map(([of, attempt, failed, leaving, count, kind]): ToService => {
        const { id } = of;
        const stateMessages = Array.from({ length: count }, () => bytesOf(''));
        const floor = 0;
        if (kind === 0) return { kind: 'installed', view: id };
        if (kind === 1) return { kind: 'synced', view: id, attempt, failed, leaving, floor, stateMessages };
        if (kind === 2) return { kind: 'fail', view: id, ranks: failed };
        if (kind === 3) return { kind: 'leave', view: id };
        if (kind === 4) return { kind: 'prompt', view: id };
        const proposed = {
          kind: 'proposed',
          view: id,
          time: attempt + 2,
          message: bytesOf(''),
          primary: false,
        } as const;
        return kind === 5 ? proposed : joinOf(of.numbers[0] ?? 0, of);
      });
    const step = fc.tuple(fc.constantFrom(...numbers), fc.nat(5), fc.constantFrom(...views), message);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const desk = new Desk();
        for (const [number, what, of, said] of steps) {
          // A new connection; the one before it has ended.
          if (what < 2) desk.gone(number);
          if (what === 0 && of.numbers.includes(number)) desk.join(number, of);
          else if (what === 2) desk.environment.advance(1_000);
          else desk.say(number, said);
        }
        for (const number of numbers) desk.gone(number);
        // Nothing is kept of those who are gone.
        desk.environment.advance(60_000);
        expect(desk.service.counts()).toEqual({ connections: 0, groups: 0 });
      }),
      { numRuns: 500 },
    );
  });
});

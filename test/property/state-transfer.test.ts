// Whatever servers do, in whatever order records arrive, views change and time goes by: who asks for a state gets it whole, or hears that it does not
// come, once; and no more of it is under way, or waits for the application, than the window has.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StateSource } from '../../ts/client-server/state-provider.js';
import { readState } from '../../ts/client-server/state-records.js';
import { type StateRequest, type StateSink, WINDOW_BYTES } from '../../ts/client-server/state-requester.js';
import { TIMEOUT_MS, TransferCrew } from '../unit/client-server/transfer-crew.js';
import { members } from '../unit/stack/views.js';

const SERVERS = members(1, 2, 3);
const PART_BYTES = WINDOW_BYTES / 4;

const STATE = Buffer.alloc(3 * WINDOW_BYTES);
for (let at = 0; at < STATE.length; at += 4) STATE.writeInt32LE(Math.imul(at, 0x9e3779b1), at);

const behaviours = fc.oneof(
  fc.record({ type: fc.constant('gives' as const), sized: fc.boolean() }),
  fc.record({ type: fc.constant('fails' as const), after: fc.nat(8) }),
  fc.record({ type: fc.constant('stops' as const), after: fc.nat(8) }),
  fc.record({ type: fc.constant('cheats' as const), after: fc.nat(8) }),
);
type Behaviour = typeof behaviours extends fc.Arbitrary<infer T> ? T : never;

const server = fc.nat(SERVERS.length - 1);
const events = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('carry' as const), server, toServer: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const), bytes: fc.nat(WINDOW_BYTES) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('run' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pass' as const), milliseconds: fc.nat(TIMEOUT_MS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), server }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('return' as const), server }) },
);
type Event = typeof events extends fc.Arbitrary<infer T> ? T : never;

/** Parts of the state, until it does what it does. */
function sourceOf(behaviour: Behaviour, bytes: number): StateSource {
  let at = 0;
  let parts = 0;
  return {
    total: behaviour.type === 'gives' ? (behaviour.sized ? bytes : undefined) : bytes,
    pull: (next) => {
      if (behaviour.type !== 'gives' && parts === behaviour.after) {
        if (behaviour.type === 'fails') next({ type: 'failed', reason: 'on purpose' });
        // It has less than it announced, unless that is all.
        else if (behaviour.type === 'cheats') next({ type: 'end' });
        return;
      }
      if (at === bytes) return next({ type: 'end' });
      parts++;
      const part = STATE.subarray(at, Math.min(at + PART_BYTES, bytes));
      at += part.length;
      next({ type: 'part', part });
    },
    cancel: () => {},
  };
}

/** Compares what comes with what is to come, in place. */
class CheckingSink implements StateSink {
  request: StateRequest | undefined;
  received = 0;
  taken = 0;
  differs = false;
  readonly ends: string[] = [];

  constructor(readonly stays: 'nothing' | 'taken' | 'refused') {}

  part(part: Uint8Array): void {
    if (STATE.compare(part, 0, part.length, this.received, this.received + part.length) !== 0) this.differs = true;
    this.received += part.length;
  }

  take(bytes: number): void {
    const taken = Math.min(bytes, this.received - this.taken);
    this.taken += taken;
    this.request?.taken(taken);
  }

  restart(): number | undefined {
    if (this.stays === 'refused') return undefined;
    this.taken = this.stays === 'taken' ? this.taken : 0;
    this.received = this.taken;
    return this.taken;
  }

  end(): void {
    this.ends.push('end');
  }

  fail(error: Error): void {
    this.ends.push((error as Error & { code: string }).code);
  }
}

function apply(event: Event, crew: TransferCrew, sink: CheckingSink): void {
  const at = 'server' in event ? SERVERS[event.server] : undefined;
  switch (event.type) {
    case 'carry':
      if (at !== undefined && crew.servers.includes(at)) crew.carry(at, event.toServer);
      return;
    case 'take':
      return sink.take(event.bytes);
    case 'run':
      return crew.run();
    case 'pass':
      return crew.environment.advance(event.milliseconds);
    case 'leave':
      return crew.view(crew.servers.filter((each) => each !== at));
    case 'return':
      return crew.view(SERVERS.filter((each) => each === at || crew.servers.includes(each)));
  }
}

/** Bytes of the state that are on their way to whoever asks. */
function underWay(crew: TransferCrew): number {
  let most = 0;
  for (const link of crew.answers.values()) {
    let bytes = 0;
    for (const record of link.map(readState)) if (record.type === 'part') bytes += record.part.length;
    most = Math.max(most, bytes);
  }
  return most;
}

it('a state arrives whole, or the request fails, once; within the window', () => {
  fc.assert(
    fc.property(
      fc.array(behaviours, { minLength: SERVERS.length, maxLength: SERVERS.length }),
      fc.integer({ min: 0, max: STATE.length }),
      fc.constantFrom('nothing' as const, 'taken' as const, 'refused' as const),
      fc.constantFrom(WINDOW_BYTES / 8, Number.POSITIVE_INFINITY),
      fc.array(events, { maxLength: 60 }),
      (servers, bytes, stays, roomBytes, all) => {
        const crew = new TransferCrew([...SERVERS], roomBytes, 1024 * 1024);
        for (const [index, behaviour] of servers.entries())
          crew.provider(SERVERS[index] as (typeof SERVERS)[number]).state = () => sourceOf(behaviour, bytes);
        const sink = new CheckingSink(stays);
        sink.request = crew.get(sink);
        for (const event of all) {
          apply(event, crew, sink);
          expect(sink.received - sink.taken).toBeLessThanOrEqual(WINDOW_BYTES);
          expect(underWay(crew)).toBeLessThanOrEqual(Math.min(WINDOW_BYTES, roomBytes));
        }
        // From here on nothing disturbs it.
        for (let round = 0; sink.ends.length === 0 && round < 200; round++) {
          crew.run();
          sink.take(WINDOW_BYTES);
          crew.run();
          if (sink.ends.length === 0 && sink.received === sink.taken) crew.environment.advance(TIMEOUT_MS / 2);
        }
        crew.environment.advance(10 * TIMEOUT_MS);
        crew.run();
        expect(sink.ends).toHaveLength(1);
        expect(sink.differs).toBe(false);
        if (sink.ends[0] === 'end') expect(sink.received).toBe(bytes);
        expect(crew.environment.pendingTimers).toBe(0);
        const undisturbed = all.every(({ type }) => type !== 'pass' && type !== 'leave');
        const first = servers.findIndex(({ type }) => type === 'gives');
        if (undisturbed && first >= 0 && stays !== 'refused') expect(sink.ends).toEqual(['end']);
      },
    ),
    { numRuns: 200 },
  );
});

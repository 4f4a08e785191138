import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../ts/base/endpoint.js';
import { ConsortError } from '../../../ts/base/errors.js';
import { Message } from '../../../ts/base/message.js';
import { ByteReader, ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { StackEvent } from '../../../ts/stack/event.js';
import { CONTROL_LAYERS, type ControlLayerName } from '../../../ts/stack/protocol.js';
import { Stack, type StackHost } from '../../../ts/stack/stack.js';
import { FakeApplication, FakeEnvironment, FakePlane } from '../layers/fake-context.js';
import { bytesOf, member, viewOf } from './views.js';

const WHOLE = 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom';

function kindOf(name: ControlLayerName): number {
  return CONTROL_LAYERS.indexOf(name);
}

class FakeHost implements StackHost {
  readonly me: Endpoint;
  readonly view;
  readonly environment = new FakeEnvironment();
  readonly plane: FakePlane;
  readonly application = new FakeApplication();
  readonly compatibility = 'all the same';
  readonly maxMembers = 16;
  readonly contacts = [];
  readonly joinMessage = new Uint8Array(0);
  readonly service = undefined;
  readonly records: { readonly to: number | 'all'; readonly kind: number; readonly record: Uint8Array }[] = [];
  readonly outside: { readonly to: Endpoint | 'all'; readonly kind: number }[] = [];
  readonly top: StackEvent[] = [];

  constructor(
    members: number,
    readonly myRank = 0,
    protocol = WHOLE,
  ) {
    this.view = viewOf([...Array(members).keys()], { protocol });
    this.me = member(myRank);
    this.plane = new FakePlane(members);
  }

  cast(kind: number, record: Uint8Array): void {
    this.records.push({ to: 'all', kind, record });
  }

  send(to: number, kind: number, record: Uint8Array): void {
    this.records.push({ to, kind, record });
  }

  announce(kind: number): void {
    this.outside.push({ to: 'all', kind });
  }

  sendOutside(to: Endpoint, kind: number): void {
    this.outside.push({ to, kind });
  }

  onTop(event: StackEvent): void {
    this.top.push(event);
  }

  /** The failed sets of the rounds that this member began. */
  get rounds(): number[][] {
    return this.records
      .filter(({ to, kind, record }) => to === 'all' && kind === kindOf('Sync') && record[0] === 1)
      .map(({ record }) => new ByteReader(record.subarray(5)).ranks(16));
  }
}

function started(members: number, myRank = 0, protocol = WHOLE): { host: FakeHost; stack: Stack } {
  const host = new FakeHost(members, myRank, protocol);
  const stack = new Stack(host);
  stack.start();
  return { host, stack };
}

describe('a stack', () => {
  it('brings what is asked of its top through all layers to its coordinator, and the answer out at the top', () => {
    const { host, stack } = started(1);
    stack.inject({ type: 'prompt' });
    expect(host.rounds).toEqual([[]]);
    expect(host.top.map(({ type }) => type)).toContain('view');
    expect(host.application.calls).toEqual(['block', 'stopSending', 'stateMessage']);
    const view = host.top.find((event) => event.type === 'view');
    expect(view).toMatchObject({ state: { id: { time: 6 }, members: [member(0)] } });
  });

  it('tells records of its layers apart by their kinds', () => {
    const { host, stack } = started(3, 0);
    stack.receive(1, kindOf('Leave'), Message.of(new ByteWriter().u8(1).finish()));
    // The coordinator has begun the change that the leaver waits for.
    expect(host.rounds).toEqual([[]]);
    const [record] = host.records;
    expect(record).toMatchObject({ to: 'all', kind: kindOf('Sync') });
  });

  it('brings datagrams outside views to the layer that they are for, and leaves those of unknown layers alone', () => {
    const { host, stack } = started(1);
    const announcements = host.outside.length;
    const body = new ByteWriter()
      .u8(0)
      .integer(5)
      .endpoint(member(7))
      .u8(1)
      .u16(9)
      .text(WHOLE)
      .text('all the same')
      .finish();
    stack.receiveOutside(member(7), kindOf('Heal'), new ByteReader(body));
    stack.receiveOutside(member(7), 200, new ByteReader(body));
    expect(announcements).toBe(1);
    host.environment.advance(3);
    expect(host.outside.at(-1)).toEqual({ to: member(7), kind: kindOf('Merge') });
    expect(() => stack.receiveOutside(member(7), kindOf('Heal'), new ByteReader(new Uint8Array(3)))).toThrow(
      MalformedError,
    );
  });

  it.each([
    ['of a kind that no layer has', 99, bytesOf('')],
    ['that a layer does not know', kindOf('Sync'), bytesOf('\x63')],
    ['that is cut short', kindOf('Leave'), bytesOf('')],
    ['of a rank that there is not', kindOf('Sync'), new ByteWriter().u8(1).u32(1).ranks([7]).ranks([]).finish()],
    ['with bytes too many', kindOf('Sync'), bytesOf('\x04\0\0\0\0\x01')],
    ['of a layer that sends none', kindOf('Heal'), bytesOf('\x01')],
    ['of a layer that it lacks', kindOf('Slander'), new ByteWriter().ranks([]).finish()],
  ])('suspects who sends a record %s', (_, kind, record) => {
    const { host, stack } = started(3);
    stack.receive(2, kind, Message.of(record));
    expect(host.rounds).toEqual([[2]]);
  });

  it('does not take its own errors for those of others', () => {
    const { host, stack } = started(2);
    host.application.block = () => {
      throw new Error('a bug');
    };
    const leave = Message.of(new ByteWriter().u8(1).finish());
    expect(() => stack.receive(1, kindOf('Leave'), leave)).toThrow('a bug');
  });

  it('ends with its timers: nothing is heard of it any more', () => {
    const { host, stack } = started(3);
    expect(host.environment.pendingTimers).toBeGreaterThan(0);
    stack.stop();
    expect(host.environment.pendingTimers).toBe(0);
    const said = host.records.length + host.outside.length;
    stack.inject({ type: 'prompt' });
    stack.suspect([1], 'too late');
    stack.refused(1);
    stack.progress();
    stack.receive(1, 99, Message.of(bytesOf('')));
    stack.receiveOutside(member(7), kindOf('Heal'), new ByteReader(new Uint8Array(3)));
    host.environment.advance(60_000);
    expect(host.records.length + host.outside.length).toBe(said);
    expect(host.top.filter(({ type }) => type !== 'init')).toEqual([]);
  });

  it('forgets timers that were canceled or have run', () => {
    const { host, stack } = started(3);
    // Suspect's sweep is always one; what Sync and Merge wait for comes and goes.
    const before = host.environment.pendingTimers;
    stack.inject({ type: 'prompt' });
    expect(host.environment.pendingTimers).toBeGreaterThan(before);
    for (const rank of [1, 2]) {
      const blockOk = new ByteWriter()
        .u8(2)
        .u32(1)
        .ranks([])
        .integers([0, 0, 0])
        .list([], () => {})
        .block(bytesOf(''));
      stack.receive(rank, kindOf('Sync'), Message.of(blockOk.finish()));
    }
    for (const rank of [1, 2]) stack.receive(rank, kindOf('Sync'), Message.of(new ByteWriter().u8(4).u32(1).finish()));
    expect(host.top.at(-1)).toMatchObject({ type: 'view' });
    stack.stop();
    expect(host.environment.pendingTimers).toBe(0);
  });

  it('is refused where the view names layers that are not there', () => {
    const host = new FakeHost(1, 0, 'Top:Total:Bottom');
    expect(() => new Stack(host)).toThrow(ConsortError);
  });
});

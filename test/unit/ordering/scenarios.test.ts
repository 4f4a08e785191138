// What each policy does, step by step, where the rules of thumb end. policies.test.ts has everything else.
import { describe, expect, it } from 'vitest';
import { CastKind } from '../../../ts/data-plane/cast-order.js';
import { recordBytes, WORD_FROM_PLANE, WORD_STABLE } from '../../../ts/data-plane/record.js';
import type { RecordReader } from '../../../ts/data-plane/record-reader.js';
import { orderOf } from '../../../ts/ordering/order.js';
import { namesOf, OrderCrew, type OrderMember } from './order-crew.js';

function crewOf(stack: string, members = 3): OrderCrew {
  return new OrderCrew(members, () => orderOf(stack.split(':')));
}

function logOf(member: OrderMember): string {
  return namesOf(member.log).join(' ');
}

/** Casts, and lets it arrive at these. */
function cast(crew: OrderCrew, from: number, to: readonly number[], bytes?: number): void {
  crew.member(from).cast(bytes);
  crew.member(from).writer.publish();
  for (const rank of to) crew.carry(from, rank);
}

describe('orderOf', () => {
  it.each([
    ['', false, false],
    ['Local', true, false],
    ['Agree', false, true],
    ['Agree:Local', true, true],
    ['Causal', false, false],
    ['Causal:Agree:Local', true, true],
    ['Total', true, false],
    ['Agree:Total:Causal', true, true],
    ['Top_appl:Frag:Pt2pt', false, false],
  ])('of %s: members deliver their own casts: %s; safely: %s', (layers, local, safe) => {
    const order = orderOf(layers.split(':'));
    expect([order.local, order.safe]).toEqual([local, safe]);
  });
});

describe('Fifo with Local', () => {
  it('hands over my own casts when the plane may see them, not before', () => {
    const me = crewOf('Local', 2).member(0);
    me.cast();
    me.turn();
    expect(logOf(me)).toBe('');
    me.turn();
    expect(logOf(me)).toBe('0.0');
  });

  it('holds me back when I do not take my own', () => {
    const crew = crewOf('Local', 2);
    const [me, other] = crew.members as [OrderMember, OrderMember];
    for (let i = 0; i < 20; i++) me.cast(1000);
    me.writer.publish();
    crew.carry(0, 1);
    other.turn();
    crew.tell(0);
    expect(me.writer.room()).toBeLessThan(recordBytes(1000));
    const before = me.writer.published;
    me.turn();
    expect(me.writer.published).toBeGreaterThan(before);
  });
});

describe('Agree', () => {
  it('hands over when the last has it, and that is known', () => {
    const crew = crewOf('Agree');
    const [, second, third] = crew.members as [OrderMember, OrderMember, OrderMember];
    cast(crew, 0, [1]);
    crew.tell(0);
    second.turn();
    crew.carry(0, 2);
    for (const member of [second, third]) member.turn();
    expect([logOf(second), logOf(third)]).toEqual(['', '']);
    crew.tell(0);
    for (const member of [second, third]) member.turn();
    expect([logOf(second), logOf(third)]).toEqual(['0.0', '0.0']);
  });

  it('hands over at the end of the view what belongs to it, for all who go on have that', () => {
    const crew = crewOf('Agree');
    cast(crew, 0, [1]);
    crew.failed.add(0);
    crew.end();
    expect([logOf(crew.member(1)), logOf(crew.member(2))]).toEqual(['0.0', '0.0']);
  });
});

describe('Causal', () => {
  it('lets a cast wait for those that its sender had delivered', () => {
    const crew = crewOf('Causal');
    const third = crew.member(2);
    cast(crew, 0, [1]);
    crew.member(1).turn();
    cast(crew, 1, [0, 2]);
    third.turn();
    expect(logOf(third)).toBe('');
    crew.carry(0, 2);
    third.turn();
    third.turn();
    expect(logOf(third)).toBe('0.0 1.0');
  });

  it('says nothing where there is nothing new to say', () => {
    const crew = crewOf('Causal', 2);
    const [me, other] = crew.members as [OrderMember, OrderMember];
    cast(crew, 0, [1]);
    other.turn();
    expect(other.writer.published).toBe(0);
    cast(crew, 1, [0], 8);
    expect(other.writer.published).toBe(recordBytes(8) + recordBytes(8));
    cast(crew, 1, [0], 8);
    expect(other.writer.published).toBe(3 * recordBytes(8));
    me.turn();
    me.turn();
    expect(logOf(me)).toBe('1.0 1.1');
  });

  it('counts what a handler casts as after what it handles', () => {
    const crew = crewOf('Causal');
    const [, second, third] = crew.members as [OrderMember, OrderMember, OrderMember];
    second.onCast = () => second.cast();
    cast(crew, 0, [1]);
    second.turn();
    crew.carry(1, 2);
    third.turn();
    expect(logOf(third)).toBe('');
    crew.carry(0, 2);
    while (third.turn());
    expect(logOf(third)).toBe('0.0 1.0');
  });

  it('leaves out what depends on casts that nobody has any more', () => {
    const crew = crewOf('Causal');
    cast(crew, 0, [1]);
    crew.member(1).turn();
    cast(crew, 1, [2]);
    crew.failed.add(0).add(1);
    cast(crew, 2, []);
    crew.end();
    expect(logOf(crew.member(2))).toBe('');
  });
});

describe('Total', () => {
  it('hands over what the sequencer has named, in its order, and nothing before', () => {
    const crew = crewOf('Total');
    const [first, second, third] = crew.members as [OrderMember, OrderMember, OrderMember];
    cast(crew, 1, [0, 2]);
    cast(crew, 2, [0, 1]);
    for (const member of [second, third]) member.turn();
    expect([logOf(second), logOf(third)]).toEqual(['', '']);
    first.turn();
    crew.settle();
    for (const member of crew.members) expect(logOf(member)).toBe('1.0 2.0');
  });

  it('orders what came before the sequencer casts before its cast', () => {
    const crew = crewOf('Total', 2);
    const [me, other] = crew.members as [OrderMember, OrderMember];
    me.cast();
    cast(crew, 1, [0]);
    me.turn();
    me.cast();
    crew.settle();
    expect([logOf(me), logOf(other)]).toEqual(['0.0 1.0 0.1', '0.0 1.0 0.1']);
  });

  it('writes nothing where only the sequencer casts', () => {
    const crew = crewOf('Total', 2);
    for (let i = 0; i < 10; i++) cast(crew, 0, [1], 8);
    crew.settle();
    expect(crew.member(0).writer.published).toBe(10 * recordBytes(8));
    expect(crew.member(1).log).toHaveLength(10);
  });

  it('writes the order that found no room before anything else', () => {
    const crew = crewOf('Total', 2);
    const me = crew.member(0);
    while (me.writer.write(new Uint8Array(8), 0)) me.sent.push({ origin: 0, number: 0, after: [] });
    me.writer.publish();
    cast(crew, 1, [0]);
    me.turn();
    const full = me.writer.published;
    expect(me.writer.room()).toBe(0);
    // Room for one record of eight bytes, for which another would be in time.
    me.set(0, WORD_FROM_PLANE, full + recordBytes(8));
    expect(me.writer.write(new Uint8Array(8), 0)).toBe(false);
    me.writer.publish();
    const words = new Int32Array(me.writer.buffer.buffer);
    const at = (full & (me.writer.buffer.length - 1)) >> 2;
    expect([words[at], (words[at + 1] as number) >>> 8]).toEqual([8, CastKind.order]);
    expect(words[at + 2]).toBe(1);
  });

  it('names again nothing that it has named, and what comes behind it by and by', () => {
    const crew = crewOf('Total', 2);
    cast(crew, 1, [0], 3000);
    crew.member(0).turn();
    const once = crew.member(0).writer.published;
    crew.member(0).turn();
    expect(crew.member(0).writer.published).toBe(once);
    crew.settle();
    expect(logOf(crew.member(1))).toBe('1.0');
  });

  it('goes on by rank when the sequencer has failed', () => {
    const crew = crewOf('Total');
    cast(crew, 2, [0, 1]);
    crew.member(0).turn();
    crew.carry(0, 2);
    cast(crew, 1, []);
    cast(crew, 2, []);
    crew.failed.add(0);
    crew.end();
    for (const member of crew.living) expect(logOf(member)).toBe('2.0 1.0 2.1');
  });

  it('leaves out what depends on a cast that was lost with its sender and the sequencer', () => {
    const crew = crewOf('Total', 4);
    cast(crew, 1, [0]);
    crew.member(0).turn();
    while (crew.member(0).turn());
    cast(crew, 0, [2, 3]);
    crew.failed.add(0).add(1);
    crew.end();
    for (const member of crew.living) expect(logOf(member)).toBe('');
    expect(logOf(crew.member(0))).toBe('1.0');
  });

  it('with Agree can not: nothing was delivered that not all have', () => {
    const crew = crewOf('Total:Agree', 4);
    cast(crew, 1, [0]);
    while (crew.member(0).turn());
    expect(logOf(crew.member(0))).toBe('');
  });

  it('keeps what is named together in its place when it becomes stable while a part of it is handed over', () => {
    const crew = crewOf('Total:Agree');
    const second = crew.member(1);
    cast(crew, 2, [0, 1]);
    cast(crew, 2, []);
    cast(crew, 1, [0, 2]);
    crew.tell(1);
    crew.tell(2);
    // The first of member 2 is stable; the other is named with it, and is so only when the plane, on its own thread, has heard of it.
    crew.carry(2, 0);
    crew.member(0).turn();
    crew.carry(2, 1);
    for (const rank of [1, 2]) crew.carry(0, rank);
    crew.tell(0);
    const stable = recordBytes(32);
    second.set(2, WORD_STABLE, stable);
    second.onCast = ({ origin }) => {
      if (origin === 2) second.set(2, WORD_STABLE, 2 * stable);
    };
    while (second.turn());
    crew.settle();
    for (const member of crew.members) expect(logOf(member)).toBe('1.0 2.0 2.1');
  });

  it('waits for the cut of a failed member, though more of it has arrived', () => {
    const crew = crewOf('Total');
    const second = crew.member(1);
    cast(crew, 2, [0, 1]);
    const cut = second.received(2);
    cast(crew, 2, [0, 1]);
    // It is excluded here before the plane knows: no more is delivered of it than had arrived.
    (second.readers[2] as RecordReader).cut = cut;
    crew.failed.add(2);
    crew.member(0).turn();
    cast(crew, 1, [0]);
    crew.member(0).turn();
    crew.carry(0, 1);
    while (second.turn());
    expect(logOf(second)).toBe('2.0');
    crew.end();
    for (const member of crew.living) expect(logOf(member)).toBe('2.0 2.1 1.0');
  });

  it('calls a sequencer broken that names itself, or nobody', () => {
    for (const payload of [[0, 0, 0, 0, 8, 0, 0, 0], [9, 0, 0, 0, 8, 0, 0, 0], [1]]) {
      const crew = crewOf('Total');
      crew.member(0).writer.write(Uint8Array.from(payload), CastKind.order);
      crew.settle();
      expect(crew.members.map(({ malformed }) => malformed)).toEqual([1, 1, 1]);
    }
  });
});

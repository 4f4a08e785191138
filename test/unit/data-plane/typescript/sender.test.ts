import { describe, expect, it } from 'vitest';
import { PartType, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS, HEARTBEAT_MIN_US, NEVER } from '../../../../ts/data-plane/typescript/limits.js';
import { Stat } from '../../../../ts/data-plane/typescript/stats.js';
import { from, partsIn, setUp, typesIn } from './lone-member.js';

const { cast } = StreamKind;

describe('the sender', () => {
  it('sends new data to all live receivers at once, and then waits for STATUS', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    expect(member.poll(1000)).toBe(1000 + HEARTBEAT_MIN_US);
    expect(member.sink.bursts).toEqual([{ to: [1, 2], all: true, frames: [expect.any(Uint8Array)] }]);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.data, position: 0, length: 64, to: ALL_RANKS },
    ]);
    expect(plane.stats.get(Stat.dataBytesSent)).toBe(64);
  });

  it('offers data again that the sink refused', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    member.sink.room = 0;
    member.poll(1000);
    expect([plane.blocked, plane.stats.get(Stat.refusedBySocket)]).toEqual([true, 1]);
    member.sink.room = 1;
    member.poll(1001);
    expect([plane.blocked, typesIn(member.sink.take())]).toEqual([false, [PartType.data]]);
  });

  it('asks with a HEARTBEAT those who lag, and only those', () => {
    const { member, out } = setUp();
    member.write(out, 64);
    member.poll(0);
    member.sink.take();
    member.receive(from(1).status(cast, 0, 64, 64, 64).bytes(), 100);
    member.poll(HEARTBEAT_MIN_US);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.heartbeat, serial: 1, position: 64, consumed: 0, to: 2 },
      { type: PartType.probe },
    ]);
  });

  it('tells what is stable again and again, until it is confirmed', () => {
    const { member, out } = setUp();
    member.write(out, 64);
    let now = member.poll(0);
    for (const rank of [1, 2]) member.receive(from(rank).status(cast, 0, 64, 64, 64).bytes(), 100);
    member.receive(from(2).status(cast, 0, 64, 64, 64, 64).bytes(), 100);
    for (let i = 0; i < 5; i++) {
      member.sink.take();
      now = member.poll(now);
      expect(partsIn(member.sink.take()).filter(({ type }) => type === PartType.heartbeat)).toMatchObject([
        { position: 64, consumed: 64, serial: 1, to: 1 },
      ]);
    }
    member.receive(from(1).status(cast, 0, 64, 64, 64, 64).bytes(), now);
    expect(member.poll(now)).toBe(NEVER);
    expect(typesIn(member.sink.take())).toEqual([]);
  });

  it('knows how much waits to be sent, whether it was polled since or not', () => {
    const { member, plane, out } = setUp();
    member.write(out, 64);
    expect(plane.unsentBytes()).toBe(64);
    member.poll(0);
    expect(plane.unsentBytes()).toBe(0);
  });
});

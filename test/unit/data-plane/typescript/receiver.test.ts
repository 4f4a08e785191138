import { describe, expect, it } from 'vitest';
import { PartType, StreamKind } from '../../../../ts/data-plane/typescript/frame.js';
import { NEVER, STATUS_DELAY_US } from '../../../../ts/data-plane/typescript/limits.js';
import { countingBytes } from './frame-builder.js';
import { from, partsIn, RING, setUp, typesIn } from './lone-member.js';

const { cast } = StreamKind;

describe('the receiver', () => {
  it('tells what was received after a while, or at once after an eighth of a ring', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 1000);
    expect(member.poll(1000)).toBe(1000 + STATUS_DELAY_US);
    expect(member.sink.take()).toEqual([]);
    member.poll(1000 + STATUS_DELAY_US);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.status, stream: cast, origin: 1, position: 8, consumed: 0, seen: 8, to: 1 },
      { type: PartType.probe, timeLow: 1000 + STATUS_DELAY_US },
    ]);
    member.receive(
      from(1)
        .data(cast, 1, 8, countingBytes(RING / 8))
        .bytes(),
      4000,
    );
    member.poll(4000);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, position: 8 + RING / 8 }]);
  });

  it('answers a HEARTBEAT that asks', () => {
    const { member } = setUp();
    member.receive(from(1).heartbeat(cast, 1, true, 0, 0).bytes(), 0);
    member.poll(0);
    expect(typesIn(member.sink.take())).toEqual([PartType.status, PartType.probe]);
  });

  it('tells in STATUS how much it was told to be stable', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 0, countingBytes(64)).heartbeat(cast, 1, true, 64, 48).bytes(), 0);
    member.poll(0);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, serial: 48 }, {}]);
  });

  it('tells every origin that lives, and that it has something of, what that is, when that is wished for', () => {
    const { member, plane } = setUp();
    member.receive(from(2).data(cast, 2, 0, countingBytes(8)).bytes(), 0);
    plane.answerAll();
    plane.exclude(2);
    expect(member.poll(0)).toBe(NEVER);
    expect(member.sink.take()).toEqual([]);
    member.receive(from(1).data(cast, 1, 0, countingBytes(8)).bytes(), 0);
    plane.answerAll();
    member.poll(0);
    expect(partsIn(member.sink.take())).toMatchObject([{ type: PartType.status, origin: 1, position: 8, to: 1 }, {}]);
  });

  it('asks the origin for what is missing', () => {
    const { member } = setUp();
    member.receive(from(1).data(cast, 1, 64, countingBytes(8)).bytes(), 0);
    member.poll(200);
    expect(partsIn(member.sink.take())).toMatchObject([
      { type: PartType.nak, origin: 1, serial: 1, length: 1, to: 1 },
      {},
    ]);
  });
});

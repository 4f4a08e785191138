// Watching members: who is heard, and who is probed because he is not. Twin: native/test/data_plane_watch_test.cc
import { describe, expect, it } from 'vitest';
import { WORD_HEARD } from '../../../../ts/data-plane/typescript/counters.js';
import {
  type FrameHeader,
  newHeader,
  newPart,
  PartType,
  partsEnd,
  readPart,
  StreamKind,
  validateHeader,
} from '../../../../ts/data-plane/typescript/frame.js';
import {
  ALL_RANKS,
  MAX_WATCH_US,
  MIN_WATCH_US,
  NEVER,
  PROBE_INTERVAL_US,
} from '../../../../ts/data-plane/typescript/limits.js';
import { countingBytes, FrameBuilder } from './frame-builder.js';
import { CONNECTION_HIGH, CONNECTION_LOW, Member, Network, type Stream, viewConfig } from './network.js';

const { cast, pt2pt } = StreamKind;
const RING = 8192;
const INTERVAL = 50_000;

function from(sender: number, changes: Partial<FrameHeader> = {}): FrameBuilder {
  const header = { sender, destination: ALL_RANKS, connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
  return new FrameBuilder({ ...header, ...changes });
}

/** Rank 0 of three, with the casts of the others open. */
function setUp(changes = {}) {
  const member = new Member(viewConfig({ members: 3, ...changes }));
  const casts = [1, 2].map((origin) => member.openReceive(cast, origin, RING)) as [Stream, Stream];
  return { member, plane: member.plane, casts };
}

function heardWord(member: Member, stream: Stream): number {
  return Atomics.load(member.words, stream.slot * 32 + WORD_HEARD) >>> 0;
}

/** To whom the frames that were just sent bring a PROBE. */
function probed(member: Member): number[] {
  const to: number[] = [];
  for (const frame of member.sink.take()) {
    const [header, part] = [newHeader(), newPart()];
    validateHeader(frame, header);
    for (let offset = 16; offset < partsEnd(frame, header); ) {
      offset = readPart(frame, offset, partsEnd(frame, header), 1024, part);
      if (part.type === PartType.probe) to.push(header.destination);
    }
  }
  return to;
}

describe('what is heard of a member', () => {
  it('is each frame that is for me, whatever it holds, in the slot of its casts', () => {
    const { member, plane, casts } = setUp();
    member.receive(from(1).probeReply(1, 0).bytes(), 10);
    member.receive(from(1, { destination: 0 }).data(pt2pt, 1, 0, countingBytes(8)).bytes(), 10);
    member.receive(from(1).raw([99, 0, 0, 0, 0, 0, 0, 0]).bytes(), 10);
    expect(casts.map((stream) => heardWord(member, stream))).toEqual([3, 0]);
    expect([0, 1, 2, 99].map((rank) => plane.heard(rank))).toEqual([0, 3, 0, 0]);
  });

  it('is not what is refused for its header', () => {
    const { member, plane, casts } = setUp({ checked: true });
    member.receive(from(1).probe(1, 0).bytes(), 10);
    member.receive(from(1, { flags: 1, destination: 2 }).probe(1, 0).bytes(), 10);
    member.receive(from(1, { flags: 1, connectionLow: 1 }).probe(1, 0).bytes(), 10);
    plane.exclude(1);
    member.receive(from(1, { flags: 1 }).probe(1, 0).bytes(), 10);
    expect([plane.heard(1), heardWord(member, casts[0])]).toEqual([0, 0]);
  });

  it('shows with the next frame where the casts were not open', () => {
    const member = new Member(viewConfig());
    member.receive(from(1).probe(1, 0).bytes(), 10);
    const casts = member.openReceive(cast, 1, RING);
    expect(heardWord(member, casts)).toBe(0);
    member.receive(from(1).probe(1, 0).bytes(), 10);
    expect(heardWord(member, casts)).toBe(2);
  });
});

describe('a watched member', () => {
  it('gets a PROBE at once, and again after each interval of silence', () => {
    const { member, plane } = setUp();
    let now = 1_000_000;
    plane.watch(2, INTERVAL);
    expect(member.poll(now)).toBe(now + INTERVAL);
    expect(probed(member)).toEqual([2]);
    for (let i = 0; i < 3; i++) {
      now += INTERVAL;
      expect(member.poll(now - 1)).toBe(now);
      expect(probed(member)).toEqual([]);
      expect(member.poll(now)).toBe(now + INTERVAL);
      expect(probed(member)).toEqual([2]);
    }
  });

  it('is not probed while frames of any kind come from it', () => {
    const { member, plane } = setUp();
    plane.watch(1, INTERVAL);
    member.poll(0);
    member.sink.take();
    for (let now = 0; now < 10 * INTERVAL; now += INTERVAL - 1) {
      member.receive(from(1).heartbeat(cast, 1, false, 0, 0).bytes(), now);
      expect(member.poll(now)).toBe(now + INTERVAL);
      expect(member.sink.take()).toEqual([]);
    }
  });

  it('is probed at once when it is watched anew, also if it was just heard', () => {
    const { member, plane } = setUp();
    plane.watch(1, INTERVAL);
    member.poll(1_000);
    member.sink.take();
    member.receive(from(1).probeReply(1_000, 0).bytes(), 1_000);
    plane.watch(1, 2 * INTERVAL);
    expect(member.poll(1_000)).toBe(1_000 + 2 * INTERVAL);
    expect(probed(member)).toEqual([1]);
  });

  it('is none that is watched no more, failed, or is not another member', () => {
    const { member, plane } = setUp();
    plane.watch(0, INTERVAL);
    plane.watch(3, INTERVAL);
    plane.watch(1, INTERVAL);
    plane.watch(1, 0);
    plane.watch(2, INTERVAL);
    plane.exclude(2);
    expect(member.poll(1_000)).toBe(NEVER);
    plane.watch(2, INTERVAL);
    expect(member.poll(1_000)).toBe(NEVER);
    expect(member.sink.take()).toEqual([]);
  });

  it('has an interval that is drawn to its bounds', () => {
    const { member, plane } = setUp();
    plane.watch(1, 1);
    expect(member.poll(1_000)).toBe(1_000 + MIN_WATCH_US);
    plane.watch(1, Number.MAX_SAFE_INTEGER);
    expect(member.poll(1_000)).toBe(1_000 + MAX_WATCH_US);
  });

  it('gets one PROBE for the round trip and the watch', () => {
    const { member, plane } = setUp();
    const answer = from(1).heartbeat(cast, 1, true, 0, 0).bytes();
    member.receive(answer, 1_000);
    plane.watch(1, INTERVAL);
    member.poll(1_000);
    expect(probed(member)).toEqual([1]);
    plane.watch(1, 0);
    member.receive(answer, 1_000 + PROBE_INTERVAL_US - 1);
    member.poll(1_000 + PROBE_INTERVAL_US - 1);
    expect(probed(member)).toEqual([]);
  });

  it('hears and is heard as long as it lives, with few frames', () => {
    const options = { members: 2, seed: 3, ringBytes: RING, lossPercent: 10, duplicatePercent: 0, delayUs: 100 };
    const network = new Network(options);
    const planes = network.members.map((member) => member.plane);
    for (const [rank, plane] of planes.entries()) plane.watch(1 - rank, INTERVAL);
    for (let i = 0; i < 20; i++) {
      const before = planes.map((plane, rank) => plane.heard(1 - rank));
      network.run(10 * INTERVAL, () => false);
      for (const [rank, plane] of planes.entries())
        expect(plane.heard(1 - rank)).toBeGreaterThan(before[rank] as number);
    }
    expect(planes[0]?.heard(1)).toBeLessThan(200 * 3);
  });
});

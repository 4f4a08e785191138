// A member whose peers are played by hand, and what it sends.
import { expect } from 'vitest';
import {
  type FrameHeader,
  newHeader,
  newPart,
  partsEnd,
  Reject,
  readPart,
  StreamKind,
  validateHeader,
} from '../../../../ts/data-plane/typescript/frame.js';
import { ALL_RANKS } from '../../../../ts/data-plane/typescript/limits.js';
import { FrameBuilder } from './frame-builder.js';
import { CONNECTION_HIGH, CONNECTION_LOW, Member, viewConfig } from './network.js';

const { cast } = StreamKind;
export const RING = 8192;

export function from(sender: number, changes: Partial<FrameHeader> = {}): FrameBuilder {
  const header = { sender, destination: ALL_RANKS, connectionLow: CONNECTION_LOW, connectionHigh: CONNECTION_HIGH };
  return new FrameBuilder({ ...header, ...changes });
}

/** The parts of frames that a member sent, each with whom it went to. */
export function partsIn(frames: readonly Uint8Array[]) {
  const parts = [];
  for (const frame of frames) {
    const header = newHeader();
    expect(validateHeader(frame, header)).toBe(Reject.none);
    const end = partsEnd(frame, header);
    for (let offset = 16; offset < end; ) {
      const part = newPart();
      offset = readPart(frame, offset, end, 1024, part);
      parts.push({ ...part, to: header.destination });
    }
  }
  return parts;
}

export const typesIn = (frames: readonly Uint8Array[]) => partsIn(frames).map(({ type }) => type);

/** Rank 0 of three, with a cast stream each way. */
export function setUp(changes = {}) {
  const member = new Member(viewConfig({ members: 3, ...changes }));
  const out = member.openSend(cast, ALL_RANKS, RING);
  const inbound = member.openReceive(cast, 1, RING);
  member.openReceive(cast, 2, RING);
  return { member, plane: member.plane, out, inbound };
}

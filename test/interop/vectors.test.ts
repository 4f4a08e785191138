// The datagrams of test/vectors, and all that differs from them a little, at a live core of each twin: both take the same and refuse the same,
// for the same reason.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StreamKind } from '../../ts/data-plane/data-plane.js';
import { SLOT_WORDS } from '../../ts/data-plane/typescript/counters.js';
import { ALL_RANKS } from '../../ts/data-plane/typescript/limits.js';
import type { PlaneStats } from '../../ts/data-plane/typescript/stats.js';
import type { ViewConfig } from '../../ts/data-plane/typescript/view-config.js';
import { type Core, findAddon, type Language, Lockstep, makeCore, NO_ADDON } from '../property/core-twins.js';

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly accepted: boolean;
  readonly reject?: keyof PlaneStats['rejected'];
  readonly members: number;
}

const file = join(import.meta.dirname, '../vectors/frames.json');
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];
const named = vectors.map((vector) => [vector.name, vector] as const);

const RING_BYTES = 8 * 1024;
const UNATTACHED = 2;
/** Refused before anything looks at a part: then the frame counts once and changes nothing. */
const WHOLE_FRAME = ['short', 'long', 'magic', 'version', 'checksum', 'connection', 'rank', 'part'] as const;

/** A view that a frame may be for: its connection, and a member whom it is sent to by another. */
function viewFor(frame: Uint8Array, members: number): ViewConfig {
  const space = Buffer.alloc(16);
  space.set(frame.subarray(0, 16));
  const destination = space.readUInt16LE(6);
  return {
    connectionLow: space.readUInt32LE(8),
    connectionHigh: space.readUInt32LE(12),
    myRank: destination < members ? destination : (space.readUInt16LE(4) + 2) % members,
    members,
    frameBytes: 1200,
    maxWindow: RING_BYTES,
    checked: false,
    seed: 1,
    prompt: false,
  };
}

/** With streams of all kinds open to and from everybody. */
function openStreams(core: Core, { members, myRank }: ViewConfig): void {
  let slot = 0;
  const open = (kind: StreamKind, rank: number, outgoing: boolean) => {
    expect(core.openStream(kind, rank, outgoing, new Uint8Array(RING_BYTES), slot++)).toBe(true);
  };
  for (const kind of [StreamKind.cast, StreamKind.controlCast]) open(kind, ALL_RANKS, true);
  for (let rank = 0; rank < members; rank++) {
    if (rank === myRank) continue;
    for (const kind of [StreamKind.pt2pt, StreamKind.controlPt2pt]) open(kind, rank, true);
    for (const kind of Object.values(StreamKind)) open(kind, rank, false);
  }
}

function countersFor(members: number): Int32Array {
  return new Int32Array(members * 6 * SLOT_WORDS);
}

function judge(core: Core, frame: Uint8Array): { refused: string[]; stats: PlaneStats } {
  core.receive(frame, 1_000);
  const stats = core.stats();
  const refused = WHOLE_FRAME.filter((reason) => stats.rejected[reason] > 0);
  return { refused, stats };
}

function expectedOf({ accepted, reject, hex }: Vector): string[] {
  if (!accepted) return [reject as string];
  // Belongs to no view: the endpoint keeps it, a core alone doesn't know what to do with it.
  return (Number.parseInt(hex.slice(6, 8), 16) & UNATTACHED) !== 0 ? ['connection'] : [];
}

describe.each<Language>(['native', 'ts'])('a live %s core', (language) => {
  it.for(named)('judges the vector %s as it should', ([, vector], { skip }) => {
    skip(language === 'native' && findAddon() === undefined, NO_ADDON);
    const frame = Buffer.from(vector.hex, 'hex');
    const view = viewFor(frame, vector.members);
    const core = makeCore(language, view, countersFor(view.members));
    openStreams(core, view);
    expect(judge(core, frame).refused).toEqual(expectedOf(vector));
  });

  it('refuses what has no checksum where the view demands one', ({ skip }) => {
    skip(language === 'native' && findAddon() === undefined, NO_ADDON);
    for (const vector of vectors.filter(({ name }) => name === 'data' || name === 'checked-data')) {
      const frame = Buffer.from(vector.hex, 'hex');
      const view = { ...viewFor(frame, vector.members), checked: true };
      const core = makeCore(language, view, countersFor(view.members));
      expect(judge(core, frame).refused).toEqual(vector.name === 'data' ? ['checksum'] : []);
    }
  });
});

describe('the twins', () => {
  it.for(named)('do the same with the vector %s, cut short and with any byte changed', ([, vector], { skip }) => {
    skip(findAddon() === undefined, NO_ADDON);
    const frame = Buffer.from(vector.hex, 'hex');
    const view = viewFor(frame, vector.members);
    const core = new Lockstep(view, countersFor(view.members));
    openStreams(core, view);
    let now = 1_000;
    const give = (bytes: Uint8Array) => core.receive(bytes, now++);
    give(frame);
    for (let length = 0; length < frame.length; length++) give(frame.subarray(0, length));
    core.stats();
    for (let at = 0; at < frame.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(frame);
        changed[at] = (changed[at] as number) ^ change;
        give(changed);
      }
      core.stats();
    }
    core.poll(now, 1_000);
    core.compareRings();
    // Nobody's frame makes a core speak of more than it was told.
    expect(core.stats().dataBytesSent).toBe(0);
  });
});

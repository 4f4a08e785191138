// A stranger throws datagrams at live members while the group works: noise, real frames with something changed, real frames once more, frames by hand. The
// real ones are seen by a member that the test itself has. Everything is counted and dropped; the group notices nothing and nobody grows.
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { Random } from '../../ts/data-plane/typescript/random.js';
import { GroupMember } from '../../ts/index.js';
import { COMBINATIONS, Crew, type Look, type Plan } from '../helpers/crew.js';
import { spoil } from '../property/simulated-group.js';

const castPlan: Plan = [
  [64, 4_000],
  [1_024, 2_000],
  [60_000, 20],
  [0, 20],
];
const MEMBERS = [0, 1];
const ROUNDS = 400;
const WANTED_FRAMES = 200;
const GROWTH_BYTES = 96 * 1024 * 1024;

/** The datagrams that come to the socket of a port of this process. */
function tap(context: TestContext, captured: Uint8Array[]): void {
  const emit = Socket.prototype.emit;
  Socket.prototype.emit = function (this: Socket, event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'message' && captured.length < 5_000) captured.push(Uint8Array.from(values[0] as Uint8Array));
    return Reflect.apply(emit, this, [event, ...values]);
  };
  context.onTestFinished(() => {
    Socket.prototype.emit = emit;
  });
}

function readVectors(): Uint8Array[] {
  const text = readFileSync(join(import.meta.dirname, '../vectors/frames.json'), 'utf8');
  return (JSON.parse(text) as { hex: string }[]).map(({ hex }) => Buffer.from(hex, 'hex'));
}

/** A vector as if it belonged to this group, from rank 0 to all. */
function adopt(vector: Uint8Array, real: Uint8Array): Uint8Array {
  const frame = Uint8Array.from(vector);
  if (frame.length >= 16) frame.set(real.subarray(4, 16), 4);
  return frame;
}

function isEnough(captured: readonly Uint8Array[]): boolean {
  const from = (rank: number) => captured.filter((frame) => frame[4] === rank && frame[5] === 0).length;
  return captured.length >= WANTED_FRAMES && MEMBERS.every((rank) => from(rank) >= WANTED_FRAMES / 10);
}

class Stranger {
  private readonly socket = createSocket('udp4');
  private readonly random = new Random(99);
  private readonly vectors = readVectors();

  constructor(
    context: TestContext,
    private readonly ports: readonly number[],
    private readonly captured: readonly Uint8Array[],
  ) {
    context.onTestFinished(() => void this.socket.close());
  }

  async throwEverything(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const real = this.pick(this.captured);
      const noise = new Uint8Array(this.random.below(3_000)).map(() => this.random.below(256));
      const shots = [
        noise,
        spoil(real, this.random),
        real,
        adopt(this.pick(this.vectors), real),
        this.pick(this.vectors),
      ];
      for (const port of this.ports) for (const shot of shots) await this.shoot(shot, port);
    }
  }

  private shoot(bytes: Uint8Array, port: number): Promise<void> {
    return new Promise((resolve) => this.socket.send(bytes, port, '127.0.0.1', () => resolve()));
  }

  private pick(from: readonly Uint8Array[]): Uint8Array {
    return from[this.random.below(from.length)] as Uint8Array;
  }
}

describe.each(COMBINATIONS)('members in mode %s, %s', (mix, threads) => {
  it('count and drop noise, changed, repeated and forged datagrams, and work on', async (context) => {
    const groupName = `hostile ${mix} ${threads} ${process.pid}`;
    const options = { groupName, checksum: true, mtu: 1_400, memory: 4 * 1024 * 1024 };
    const captured: Uint8Array[] = [];
    const guest = new GroupMember({ ...options, mode: 'ts', threadMode: 'single' });
    context.onTestFinished(() => guest.close());
    tap(context, captured);
    await guest.open();
    const guests = [String(guest.myEndpoint)];
    const crew = await Crew.join(context, { mix, threads, members: 2, castPlan, options, groupName, guests });
    await guest.join({ members: crew.addresses });

    const before = await Promise.all(MEMBERS.map((rank) => crew.look(rank)));
    const exchanged = crew.exchange();
    // The guest's share of the casts: nothing is left out of the first frames. Of both: to the one the other's frames come from a wrong rank.
    while (!isEnough(captured)) await once(guest, 'cast');
    const ports = crew.addresses.slice(0, 2).map((address) => Number(address.split(':')[1]));
    const attack = new Stranger(context, ports, captured).throwEverything();
    await Promise.all([exchanged, attack]);

    const after = await Promise.all(MEMBERS.map((rank) => crew.look(rank)));
    for (const rank of MEMBERS) expectUnharmed(before[rank] as Look, after[rank] as Look);
    await crew.close();
  });
});

function expectUnharmed(before: Look, after: Look): void {
  const { rejected } = after.stats;
  expect(after.errors).toEqual([]);
  for (const reason of ['short', 'magic', 'version', 'checksum', 'connection', 'rank'] as const) {
    expect(rejected[reason], reason).toBeGreaterThan(0);
  }
  expect(after.stats.memoryBytes).toBe(before.stats.memoryBytes);
  expect(after.most.rss - before.footprint.rss).toBeLessThan(GROWTH_BYTES);
}

// Knocks at real sockets on loopback; who has been heard is what the test says.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../../../ts/data-plane/data-plane.js';
import {
  FLAG_UNATTACHED,
  newHeader,
  partsEnd,
  Reject,
  validateHeader,
} from '../../../../ts/data-plane/typescript/frame.js';
import { Knocks } from '../../../../ts/data-plane/typescript/io-knocks.js';

const WAIT = { timeout: 10_000, interval: 2 };
const HOUR_MS = 3_600_000;

class Peer {
  readonly got: Uint8Array[] = [];
  /** Whether it has been heard since whenever one looks. */
  talks = false;
  private frames = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes) => this.got.push(bytes));
  }

  static async open(): Promise<Peer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Peer(socket);
  }

  heard(): number {
    if (this.talks) this.frames++;
    return this.frames;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.socket.address().port };
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

describe('knocks', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  async function setUp() {
    const peers = [await Peer.open(), await Peer.open(), await Peer.open()] as const;
    const refused: Address[] = [];
    const addresses = peers.map((peer) => peer.address);
    const hearing = { heard: (rank: number) => peers[rank]?.heard() ?? 0 };
    const knocks = new Knocks(addresses, 0, hearing, (address) => refused.push(address));
    closers.push(() => knocks.close(), ...peers.map((peer) => () => peer.close().catch(() => {})));
    return { peers, refused, addresses, knocks };
  }

  it('come at once, and say nothing', async () => {
    const { peers, knocks } = await setUp();
    knocks.watch([1, 2], HOUR_MS);
    await vi.waitUntil(() => peers[1].got.length === 1 && peers[2].got.length === 1, WAIT);
    const frame = peers[1].got[0] as Uint8Array;
    const header = newHeader();
    expect(validateHeader(frame, header)).toBe(Reject.none);
    expect(header.flags & FLAG_UNATTACHED).not.toBe(0);
    expect([frame.length, partsEnd(frame, header)]).toEqual([24, 16]);
    knocks.watch([1], HOUR_MS);
    await vi.waitUntil(() => peers[1].got.length === 2, WAIT);
    expect(peers[2].got).toHaveLength(1);
  });

  it('come again and again while a member is silent, and only then', async () => {
    const { peers, knocks } = await setUp();
    peers[2].talks = true;
    knocks.watch([1, 2], 5);
    await vi.waitUntil(() => peers[1].got.length >= 20 && peers[2].got.length > 0, WAIT);
    expect(peers[2].got).toHaveLength(1);
    peers[2].talks = false;
    await vi.waitUntil(() => peers[2].got.length >= 5, WAIT);
  });

  it('are not made at my own, at strangers, at those excluded, and at nobody when none is watched', async () => {
    const { peers, refused, knocks } = await setUp();
    knocks.exclude(2);
    knocks.watch([0, 1, 2, 3], 5);
    await vi.waitUntil(() => peers[1].got.length >= 5, WAIT);
    knocks.exclude(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = peers[1].got.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(peers.map((peer) => peer.got.length)).toEqual([0, before, 0]);
    knocks.watch([], 5);
    expect(refused).toEqual([]);
  });

  it('tell of addresses where nothing is bound, until they are closed', async () => {
    const { peers, refused, addresses, knocks } = await setUp();
    await peers[1].close();
    knocks.watch([1, 2], 5);
    await vi.waitUntil(() => refused.length >= 3, WAIT);
    expect(new Set(refused)).toEqual(new Set([addresses[1]]));
    await knocks.close();
    const told = refused.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(refused).toHaveLength(told);
  });
});

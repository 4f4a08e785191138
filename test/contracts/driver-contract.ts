// What every driver of the data plane does, whichever language it is written in and whichever thread it runs on: the same suite over
// {native, ts} x {single, multi}. Each test opens planes on loopback sockets in this one process.
//
//   member 0   Plane - driver - socket  ~~~ 127.0.0.1 ~~~  socket - driver - Plane   member 1
import { createSocket } from 'node:dgram';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Message } from '../../ts/base/message.js';
import type { Address, DriverOptions, ThreadMode } from '../../ts/data-plane/data-plane.js';
import { StreamKind } from '../../ts/data-plane/data-plane.js';
import { type DriverFactory, Plane } from '../../ts/data-plane/plane.js';
import type { RecordReceiver } from '../../ts/data-plane/record-reader.js';
import { ringSizes } from '../../ts/data-plane/ring-sizes.js';
import { addPort, newPortSet } from '../../ts/data-plane/typescript/port-set.js';
import type { ViewPlane } from '../../ts/data-plane/view-plane.js';
import { Fifo } from '../../ts/ordering/fifo.js';

export interface DriverUnderTest {
  readonly mode: 'native' | 'ts';
  readonly threadMode: ThreadMode;
  /** Called once, before the first test. */
  load(): Promise<DriverFactory>;
}

interface Received {
  readonly stream: StreamKind;
  readonly origin: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const MEMORY_BYTES = 4 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };
const WAIT = { timeout: 10_000, interval: 2 };

/** A plane, and all that it told. */
class Member {
  readonly received: Received[] = [];
  readonly unattached: { from: Address; bytes: Uint8Array }[] = [];
  readonly refused: Address[] = [];
  readonly failures: Error[] = [];
  progressed = 0;
  plane!: Plane;
  view!: ViewPlane;

  static async open(
    create: DriverFactory,
    options: Partial<DriverOptions> & { threadMode: ThreadMode },
  ): Promise<Member> {
    const member = new Member();
    const defaults = {
      address: LOOPBACK,
      multicast: undefined,
      socketBufferBytes: 1024 * 1024,
      offload: true,
      drop: { rate: 0, seed: 1 },
      frameBytes: undefined,
    };
    member.plane = await Plane.open(
      create,
      { ...defaults, ...options },
      {
        onProgress: () => member.progressed++,
        onUnattached: (from, bytes) => member.unattached.push({ from, bytes }),
        onRefused: (address) => member.refused.push(address),
        onFailure: (error) => member.failures.push(error),
      },
    );
    return member;
  }

  get address(): Address {
    return this.plane.driver.address;
  }

  install(addresses: readonly Address[], myRank: number, connectionLow = 0x12345678, prompt = false): void {
    const config = {
      connectionLow,
      connectionHigh: 0x9abcdef0,
      myRank,
      addresses,
      frameBytes: this.plane.driver.frameBytes,
      maxWindow: 512 * 1024,
      checked: false,
      seed: myRank + 1,
      prompt,
    };
    const receivers = {
      [StreamKind.cast]: this.receiver(StreamKind.cast),
      [StreamKind.controlCast]: this.receiver(StreamKind.controlCast),
      [StreamKind.pt2pt]: this.receiver(StreamKind.pt2pt),
      [StreamKind.controlPt2pt]: this.receiver(StreamKind.controlPt2pt),
    };
    const sizes = ringSizes(MEMORY_BYTES, addresses.length);
    this.view = this.plane.install(config, sizes, MAX_MESSAGE_BYTES, receivers, new Fifo(false));
  }

  /** Casts them all, waiting for room where there is none. */
  async cast(messages: readonly Uint8Array[]): Promise<void> {
    const writer = this.view.casts;
    for (const message of messages) {
      for (let done = -1; done < message.length; ) {
        const before = this.progressed;
        if (message.length > writer.maxPart) done = writer.writeParts(message, Math.max(done, 0), 7);
        else if (writer.write(message, 7)) done = message.length;
        this.plane.scheduleFlush();
        if (done < message.length) await vi.waitUntil(() => this.progressed > before, WAIT);
        else break;
      }
    }
  }

  bytesFrom(origin: number, stream: StreamKind = StreamKind.cast): Uint8Array[] {
    return this.received.filter((each) => each.origin === origin && each.stream === stream).map((each) => each.bytes);
  }

  private receiver(stream: StreamKind): RecordReceiver {
    return {
      onMessage: (origin: number, kind: number, message: Message) =>
        this.received.push({ stream, origin, kind, bytes: message.copy() }),
      onTooLong: () => this.failures.push(new Error('too long')),
      onMalformed: () => this.failures.push(new Error('malformed')),
    };
  }
}

/** Messages that tell from which member, which and how long they are. */
function makeMessages(origin: number, count: number, lengthOf: (index: number) => number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = new Uint8Array(lengthOf(index));
    for (let i = 0; i < bytes.length; i++) bytes[i] = origin * 101 + index * 7 + i;
    return bytes;
  });
}

/** An UNATTACHED frame without a body, from docs/wire-format.md. */
const KNOCK = Buffer.from('475c01030000000000000000000000001610809000000000', 'hex');

/** What a member has heard of member 0 when it hears no more. */
async function quietCount(member: Member): Promise<number> {
  let before = member.view.heard(0);
  for (let same = 0; same < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const heard = member.view.heard(0);
    same = heard === before ? same + 1 : 0;
    before = heard;
  }
  return before;
}

/** Chai compares large typed arrays byte by byte: Buffer's comparison is a thousand times faster. */
function expectSame(got: readonly Uint8Array[], wanted: readonly Uint8Array[]): void {
  expect(got.length).toBe(wanted.length);
  const different = wanted.findIndex((bytes, i) => Buffer.compare(bytes, got[i] as Uint8Array) !== 0);
  expect(different, 'index of the first message that differs').toBe(-1);
}

export function describeDriver({ mode, threadMode, load }: DriverUnderTest): void {
  describe(`the ${mode} driver in thread mode ${threadMode}`, () => {
    let create: DriverFactory;
    const open: Member[] = [];

    beforeAll(async () => {
      create = await load();
    });

    afterEach(async () => {
      await Promise.all(open.splice(0).map((member) => member.plane.close()));
    });

    async function openMember(options: Partial<DriverOptions> = {}): Promise<Member> {
      const member = await Member.open(create, { threadMode, ...options });
      open.push(member);
      return member;
    }

    async function openView(count: number, options: Partial<DriverOptions> = {}): Promise<Member[]> {
      const members: Member[] = [];
      for (let i = 0; i < count; i++) members.push(await openMember(options));
      const addresses = members.map((member) => member.address);
      for (const [rank, member] of members.entries()) member.install(addresses, rank);
      return members;
    }

    async function openPair(options: Partial<DriverOptions> = {}): Promise<[Member, Member]> {
      return (await openView(2, options)) as [Member, Member];
    }

    const mixed = (index: number) => [0, 1, 8, 100, 1500, 70_000, 3, 200_000][index % 8] as number;

    it('says where it is bound and how large frames may be', async () => {
      const member = await openMember();
      expect(member.plane.driver.mode).toBe(mode);
      expect(member.address.host).toBe('127.0.0.1');
      expect(member.address.port).toBeGreaterThan(0);
      expect(member.plane.driver.frameBytes % 8).toBe(0);
      expect(member.plane.driver.frameBytes).toBeGreaterThanOrEqual(1200);
      if (process.platform === 'linux') expect(member.plane.driver.frameBytes).toBe(65_504);
    });

    it('takes the frame size that it is told', async () => {
      const member = await openMember({ frameBytes: 1400 });
      expect(member.plane.driver.frameBytes).toBe(1400);
    });

    it('carries casts both ways, whole and in order', async () => {
      const [a, b] = await openPair();
      const fromA = makeMessages(0, 120, mixed);
      const fromB = makeMessages(1, 120, mixed);
      await Promise.all([a.cast(fromA), b.cast(fromB)]);
      await vi.waitUntil(() => a.received.length === 120 && b.received.length === 120, WAIT);
      expectSame(b.bytesFrom(0), fromA);
      expectSame(a.bytesFrom(1), fromB);
      expect(b.received.every((each) => each.kind === 7)).toBe(true);
    });

    it('carries casts in frames of an Ethernet', async () => {
      const [a, b] = await openPair({ frameBytes: 1400 });
      const messages = makeMessages(0, 200, mixed);
      await a.cast(messages);
      await vi.waitUntil(() => b.received.length === messages.length, WAIT);
      expectSame(b.bytesFrom(0), messages);
    });

    it('answers from a handler without being asked to flush', async () => {
      const [a, b] = await openPair();
      await a.cast(makeMessages(0, 1, () => 20));
      await vi.waitUntil(() => b.received.length === 1, WAIT);
      await b.cast(makeMessages(1, 1, () => 20));
      await vi.waitUntil(() => a.received.length === 1, WAIT);
      expect(a.bytesFrom(1)[0]).toHaveLength(20);
    });

    it('opens pt2pt streams when they are first used, of both kinds', async () => {
      const [a, b] = await openPair();
      const messages = makeMessages(0, 30, () => 500);
      for (const message of messages) expect(a.view.pt2pt(1).write(message, 1)).toBe(true);
      expect(a.view.pt2pt(1, StreamKind.controlPt2pt).write(new Uint8Array([1, 2, 3]), 2)).toBe(true);
      a.plane.scheduleFlush();
      await vi.waitUntil(() => b.received.length === 31, WAIT);
      expectSame(b.bytesFrom(0, StreamKind.pt2pt), messages);
      expectSame(b.bytesFrom(0, StreamKind.controlPt2pt), [new Uint8Array([1, 2, 3])]);
      expect(b.view.pt2pt(0).write(new Uint8Array(9), 1)).toBe(true);
      b.plane.scheduleFlush();
      await vi.waitUntil(() => a.bytesFrom(1, StreamKind.pt2pt).length === 1, WAIT);
    });

    it('recovers what is lost when one frame in ten is dropped', async () => {
      const [a, b] = await openPair({ drop: { rate: 0.1, seed: 42 }, frameBytes: 1400 });
      const fromA = makeMessages(0, 400, mixed);
      const fromB = makeMessages(1, 400, (index) => index % 300);
      await Promise.all([a.cast(fromA), b.cast(fromB)]);
      await vi.waitUntil(() => a.received.length === 400 && b.received.length === 400, { ...WAIT, timeout: 20_000 });
      expectSame(b.bytesFrom(0), fromA);
      expectSame(a.bytesFrom(1), fromB);
      const stats = b.plane.stats();
      expect(stats.droppedOnPurpose).toBeGreaterThan(0);
      expect(stats.naksSent).toBeGreaterThan(0);
      expect(a.plane.stats().resentBytes).toBeGreaterThan(0);
    }, 40_000);

    it('drops the same frames for the same seed', async () => {
      const [a, b] = [await openMember({ drop: { rate: 0.5, seed: 9 } }), await openMember()];
      // One at a time and bare, so that nothing else meets the decisions: xorshift32 from 9, below half of 2^32.
      for (let i = 0; i < 20; i++) b.plane.driver.sendUnattached(a.address, new Uint8Array(8).fill(i));
      await vi.waitUntil(() => a.plane.stats().datagramsReceived === 20, WAIT);
      let state = 9;
      const kept: number[] = [];
      for (let i = 0; i < 20; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        if (state >>> 0 >= Math.floor(0.5 * 0xffffffff)) kept.push(i);
      }
      await vi.waitUntil(() => a.unattached.length === kept.length, WAIT);
      expect(a.unattached.map((each) => each.bytes[0])).toEqual(kept);
    });

    it('loses what comes from ports that are cut off, of views and of none, and nothing once they are not', async () => {
      const ports = newPortSet();
      const [a, b] = await openPair({ drop: { rate: 0, seed: 1, ports } });
      const other = await openMember();
      addPort(ports, a.address.port);
      const messages = makeMessages(0, 20, mixed);
      const casting = a.cast(messages);
      a.plane.driver.sendUnattached(b.address, new Uint8Array(8));
      await vi.waitUntil(() => b.plane.stats().droppedOnPurpose > 1, WAIT);
      other.plane.driver.sendUnattached(b.address, new Uint8Array(16));
      await vi.waitUntil(() => b.unattached.length === 1, WAIT);
      expect(b.unattached[0]?.from).toEqual(other.address);
      expect(b.received).toEqual([]);
      ports.fill(0);
      await casting;
      await vi.waitUntil(() => b.received.length === messages.length, WAIT);
      expectSame(b.bytesFrom(0), messages);
    });

    it('carries datagrams of no view, with the address they came from', async () => {
      const [a, b] = [await openMember(), await openMember()];
      const bodies = [8, 100, 65_488].map((length) => new Uint8Array(length).fill(length & 0xff));
      for (const body of bodies) a.plane.driver.sendUnattached(b.address, body);
      await vi.waitUntil(() => b.unattached.length === 3, WAIT);
      expectSame(
        b.unattached.map((each) => each.bytes),
        bodies,
      );
      expect(b.unattached[0]?.from).toEqual(a.address);
    });

    it('does not send datagrams of no view that no frame holds, or to another family', async () => {
      const [a, b] = [await openMember(), await openMember()];
      a.plane.driver.sendUnattached(b.address, new Uint8Array(65_489));
      a.plane.driver.sendUnattached({ host: '::1', port: b.address.port }, new Uint8Array(8));
      a.plane.driver.sendUnattached(b.address, new Uint8Array(8));
      await vi.waitUntil(() => b.unattached.length === 1, WAIT);
      expect(b.plane.stats().datagramsReceived).toBe(1);
    });

    it('hands over datagrams of no view that come while it is being used', async () => {
      const [a, b] = await openPair();
      const messages = makeMessages(0, 300, mixed);
      const casting = a.cast(messages);
      for (let i = 0; i < 50; i++) {
        a.plane.driver.sendUnattached(b.address, new Uint8Array(8).fill(i));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await casting;
      await vi.waitUntil(() => b.received.length === messages.length && b.unattached.length === 50, WAIT);
      expect(b.unattached.map((each) => each.bytes[0])).toEqual(Array.from({ length: 50 }, (_, i) => i));
    });

    it('bounds the datagrams of no view that wait', async () => {
      const [a, b] = [await openMember(), await openMember()];
      for (let i = 0; i < 600; i++) a.plane.driver.sendUnattached(b.address, new Uint8Array(8));
      const heard = () => {
        const { datagramsReceived } = b.plane.stats();
        return datagramsReceived >= 600;
      };
      await vi.waitUntil(heard, WAIT);
      await vi.waitUntil(() => b.unattached.length + b.plane.stats().rejected.overrun === 600, WAIT);
      expect(b.unattached.length).toBeGreaterThanOrEqual(256);
    });

    it('counts what belongs to another connection, and lets none of it in', async () => {
      const [a, b] = [await openMember(), await openMember()];
      const addresses = [a.address, b.address];
      a.install(addresses, 0, 111);
      b.install(addresses, 1, 222);
      await a.cast(makeMessages(0, 5, () => 100));
      await vi.waitUntil(() => b.plane.stats().rejected.connection > 0, WAIT);
      expect(b.received).toHaveLength(0);
      expect(b.view.received()).toEqual([0, 0]);
    });

    it('counts the frames that are heard of each member', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      await a.cast(makeMessages(0, 5, () => 100));
      await vi.waitUntil(() => b.view.heard(0) > 0 && c.view.heard(0) > 0, WAIT);
      await vi.waitUntil(() => a.view.heard(1) > 0 && a.view.heard(2) > 0, WAIT);
      expect([a.view.heard(0), a.view.heard(99)]).toEqual([0, 0]);
    });

    it('hears a member that it watches again and again, though nobody says anything', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      a.view.watch([1], 5);
      await vi.waitUntil(() => a.view.heard(1) >= 10 && b.view.heard(0) >= 10, WAIT);
      expect([a.view.heard(2), c.view.heard(0)]).toEqual([0, 0]);
      expect([a.refused, b.refused, a.unattached, b.unattached]).toEqual([[], [], [], []]);
    });

    it('watches exactly those that it was told last, and nobody who is excluded', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      a.view.watch([1, 2], 5);
      await vi.waitUntil(() => b.view.heard(0) >= 5 && c.view.heard(0) >= 5, WAIT);
      a.view.watch([2], 5);
      const before = await quietCount(b);
      const last = c.view.heard(0);
      await vi.waitUntil(() => c.view.heard(0) >= last + 20, WAIT);
      expect(b.view.heard(0)).toBe(before);
      a.view.exclude(2);
      a.view.watch([2], 5);
      const silent = await quietCount(c);
      a.view.watch([1, 2], 5);
      await vi.waitUntil(() => b.view.heard(0) >= before + 20, WAIT);
      expect(c.view.heard(0)).toBe(silent);
      a.view.watch([], 5);
      await quietCount(b);
    });

    it('tells that nothing is bound any more where a member was that is watched', async (context) => {
      if (mode === 'native' && process.platform !== 'linux') return context.skip('only Linux tells the addon of it');
      const [a, b] = await openPair();
      a.view.watch([1], 20);
      await vi.waitUntil(() => a.view.heard(1) >= 3, WAIT);
      expect(a.refused).toEqual([]);
      await b.plane.close();
      await vi.waitUntil(() => a.refused.length >= 2, WAIT);
      for (const address of a.refused) expect(address).toEqual(b.address);
      a.view.exclude(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const told = a.refused.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(a.refused).toHaveLength(told);
      expect(a.failures).toEqual([]);
    });

    it('tells of it over IPv6, too', async (context) => {
      if (mode === 'native' && process.platform !== 'linux') return context.skip('only Linux tells the addon of it');
      const address = { host: '::1', port: 0 };
      const probe = await Member.open(create, { threadMode, address }).catch(() => undefined);
      if (probe === undefined) return context.skip('this machine has no IPv6');
      await probe.plane.close();
      const [a, b] = await openPair({ address });
      await b.plane.close();
      a.view.watch([1], 20);
      await vi.waitUntil(() => a.refused.length > 0, WAIT);
      expect(a.refused[0]).toEqual(b.address);
    });

    it('loses nothing for the others while datagrams to one are refused, and does not work itself to death', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      await c.plane.close();
      a.view.watch([1, 2], 5);
      const messages = makeMessages(0, 300, (index) => (index % 7) * 300);
      const done = a.cast(messages);
      await vi.waitUntil(() => b.received.length > 10, WAIT);
      if (mode === 'ts' || process.platform === 'linux') await vi.waitUntil(() => a.refused.length > 0, WAIT);
      a.view.exclude(2);
      await done;
      await vi.waitUntil(() => b.received.length === messages.length, WAIT);
      expectSame(b.bytesFrom(0), messages);
      await vi.waitUntil(() => a.view.isStable(), WAIT);
      // A socket that is ready again and again would be looked at thousands of times.
      const before = a.plane.stats().systemCalls;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(a.plane.stats().systemCalls - before).toBeLessThan(2_000);
    });

    it('drops a knock without a word', async () => {
      const [a, b] = [await openMember(), await openMember()];
      const { progressed } = b;
      const socket = createSocket('udp4');
      for (let i = 0; i < 10; i++) socket.send(KNOCK, b.address.port, b.address.host);
      await vi.waitUntil(() => b.plane.stats().datagramsReceived === 10, WAIT);
      socket.close();
      expect(Object.values(b.plane.stats().rejected).every((count) => count === 0)).toBe(true);
      expect([b.progressed, b.unattached]).toEqual([progressed, []]);
      a.plane.driver.sendUnattached(b.address, new Uint8Array(8));
      await vi.waitUntil(() => b.unattached.length === 1, WAIT);
    });

    it('tells nobody from inside flush()', async () => {
      const [a, b] = await openPair();
      const before = [a.progressed, b.progressed];
      expect(a.view.casts.write(new Uint8Array(100), 1)).toBe(true);
      a.view.publish();
      a.plane.driver.flush();
      b.plane.driver.flush();
      expect([a.progressed, b.progressed]).toEqual(before);
      await vi.waitUntil(() => b.received.length === 1, WAIT);
    });

    it('tells all at once what is stable, in a view that is prompt', async () => {
      const members = [await openMember(), await openMember(), await openMember()] as [Member, Member, Member];
      const addresses = members.map((member) => member.address);
      for (const [rank, member] of members.entries()) member.install(addresses, rank, undefined, true);
      const [a] = members;
      for (const message of makeMessages(0, 20, () => 100)) {
        await a.cast([message]);
        await vi.waitUntil(() => a.view.isStable(), WAIT);
      }
      // Each time to both. In other views a few are sent, then it is quiet.
      await vi.waitUntil(() => a.plane.stats().heartbeatsSent >= 20 * 2, WAIT);
    });

    it('holds a writer back while a member is silent, and lets it go when that one is excluded', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      await c.plane.close();
      const messages = makeMessages(0, 400, () => 8_000);
      let done = false;
      const casting = a.cast(messages).then(() => {
        done = true;
      });
      await vi.waitUntil(() => b.received.length > 0, WAIT);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(done).toBe(false);
      a.view.exclude(2);
      await casting;
      await vi.waitUntil(() => b.received.length === messages.length, WAIT);
      expectSame(b.bytesFrom(0), messages);
    });

    it('stops at the cut', async () => {
      const [a, b] = await openPair();
      b.view.stopAt(0, 160);
      await a.cast(makeMessages(0, 10, () => 72));
      await vi.waitUntil(() => b.received.length === 2, WAIT);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(b.received).toHaveLength(2);
      expect(b.view.received()[0]).toBe(160);
    });

    it('fetches what is missing from the holder that it is told', async () => {
      const [a, b, c] = (await openView(3)) as [Member, Member, Member];
      // c hears nothing of a's casts: a thinks that c is elsewhere.
      c.view.retire(() => {});
      const messages = makeMessages(0, 20, () => 1_000);
      await a.cast(messages);
      await vi.waitUntil(() => b.received.length === messages.length, WAIT);
      const upTo = b.view.received()[0] as number;
      await a.plane.close();
      c.install([a.address, b.address, c.address], 2);
      b.view.exclude(0);
      c.view.exclude(0);
      c.view.stopAt(0, upTo);
      c.view.nakTarget(0, 1, upTo);
      await vi.waitUntil(() => c.received.length === messages.length, WAIT);
      expectSame(c.bytesFrom(0), messages);
    });

    it('keeps its counts when a view is retired, and touches its frames no more', async () => {
      const [a, b] = await openPair();
      await a.cast(makeMessages(0, 10, () => 1_000));
      await vi.waitUntil(() => b.received.length === 10, WAIT);
      await vi.waitUntil(() => a.plane.stats().dataBytesSent === 10 * 1_008, WAIT);
      a.view.retire(() => {});
      b.view.retire(() => {});
      const [next, other] = [a, b].map((member) => member.address) as [Address, Address];
      a.install([next, other], 0, 77);
      b.install([next, other], 1, 77);
      await a.cast(makeMessages(0, 10, () => 1_000));
      await vi.waitUntil(() => b.received.length === 20, WAIT);
      // In a worker the counts are written after the frames went out.
      await vi.waitUntil(() => a.plane.stats().dataBytesSent === 2 * 10 * 1_008, WAIT);
      expect(b.view.received()[0]).toBe(10 * 1_008);
    });

    it('touches the rings of a retired view no more when it has said so', async () => {
      const [a, b] = await openPair();
      const { driver } = b.plane;
      // In the place of the view that b has: one whose ring the test can see.
      b.view.retire(() => {});
      const ring = new Uint8Array(new SharedArrayBuffer(64 * 1024));
      const config = {
        connectionLow: 0x12345678,
        connectionHigh: 0x9abcdef0,
        myRank: 1,
        addresses: [a.address, b.address],
        frameBytes: driver.frameBytes,
        maxWindow: 65536,
        checked: false,
        seed: 1,
        prompt: false,
      };
      driver.install(9, config, new Int32Array(new SharedArrayBuffer(32 * 4)));
      driver.openReceive(9, StreamKind.cast, 0, ring, 0);
      await a.cast(makeMessages(0, 4, () => 1_000));
      await vi.waitUntil(() => ring.some((byte) => byte !== 0), WAIT);
      let released = 0;
      driver.retire(9, () => released++);
      // Only a worker can't be waited for.
      expect(released).toBe(mode === 'ts' && threadMode === 'multi' ? 0 : 1);
      await vi.waitUntil(() => released > 0, WAIT);
      ring.fill(7);
      const before = b.plane.stats().datagramsReceived;
      await a.cast(makeMessages(0, 4, () => 1_000));
      await vi.waitUntil(() => b.plane.stats().datagramsReceived > before, WAIT);
      expect(ring.every((byte) => byte === 7)).toBe(true);
      expect(released).toBe(1);
    });

    it('is given the rings of one view again in the next, and carries in them what it carried in new ones', async () => {
      const members = await openPair();
      const [a, b] = members;
      const addresses = [a.address, b.address];
      const messages = makeMessages(0, 40, mixed);
      for (let view = 1; view <= 5; view++) {
        a.received.length = b.received.length = 0;
        await Promise.all(members.map((member) => member.cast(messages)));
        await vi.waitUntil(() => members.every(({ received }) => received.length === messages.length), WAIT);
        for (const member of members) expectSame(member.bytesFrom(member === a ? 1 : 0), messages);
        const old = [a.view, b.view];
        for (const [rank, member] of members.entries()) member.install(addresses, rank, view);
        for (const [rank, { plane }] of members.entries()) plane.retire(old[rank] as ViewPlane);
        await vi.waitUntil(() => members.every(({ plane }) => plane.spareBytes > 0), WAIT);
        // What is in use, and what waits: the rings of two views, however many there were.
        for (const { plane, view: next } of members) expect(plane.spareBytes).toBe(next.memoryBytes());
      }
    });

    it('counts what it sends and receives', async () => {
      const [a, b] = await openPair();
      await a.cast(makeMessages(0, 10, () => 1_000));
      await vi.waitUntil(() => b.received.length === 10, WAIT);
      await vi.waitUntil(() => a.plane.stats().statusReceived > 0, WAIT);
      const [sent, received] = [a.plane.stats(), b.plane.stats()];
      expect(sent.bytesSent).toBeGreaterThan(10_000);
      expect(sent.datagramsSent).toBeGreaterThan(0);
      expect(received.datagramsReceived).toBeGreaterThan(0);
      expect(received.bytesReceived).toBeGreaterThan(10_000);
      expect(received.systemCalls).toBeGreaterThan(0);
      expect(received.droppedOnPurpose).toBe(0);
    });

    it('refuses views and streams that are out of range or taken', async () => {
      const [a, b] = await openPair();
      const { driver } = a.plane;
      const counters = new Int32Array(new SharedArrayBuffer(32 * 4 * 4));
      const ring = new Uint8Array(new SharedArrayBuffer(8192));
      const config = {
        connectionLow: 5,
        connectionHigh: 6,
        myRank: 0,
        addresses: [a.address, b.address],
        frameBytes: 1400,
        maxWindow: 65536,
        checked: false,
        seed: 1,
        prompt: false,
      };
      expect(() => driver.install(9, { ...config, myRank: 2 }, counters)).toThrow('view out of range');
      expect(() => driver.install(9, { ...config, frameBytes: 1401 }, counters)).toThrow('view out of range');
      const elsewhere = { ...config, addresses: [a.address, { host: '::1', port: 1 }] };
      expect(() => driver.install(9, elsewhere, counters)).toThrow("view can't be installed");
      const named = { ...config, addresses: [a.address, { host: 'localhost', port: 1 }] };
      expect(() => driver.install(9, named, counters)).toThrow('not an address in numbers');
      driver.install(9, config, counters);
      expect(() => driver.install(9, config, counters)).toThrow("view can't be installed");
      driver.openReceive(9, StreamKind.cast, 1, ring, 0);
      expect(() => driver.openReceive(9, StreamKind.cast, 1, ring, 1)).toThrow("stream can't be opened");
      expect(() => driver.openReceive(9, StreamKind.pt2pt, 0, ring, 1)).toThrow("stream can't be opened");
      expect(() => driver.openSend(9, StreamKind.pt2pt, 1, ring, 4)).toThrow('stream out of range');
      expect(() => driver.openSend(9, StreamKind.pt2pt, 1, ring.subarray(0, 5000), 1)).toThrow('stream out of range');
      expect(() => driver.openSend(8, StreamKind.pt2pt, 1, ring, 1)).toThrow('stream out of range');
      driver.retire(9, () => {});
    });

    it('rejects with the code of the system when the address is taken or not here', async () => {
      const member = await openMember();
      await expect(openMember({ address: member.address })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await expect(openMember({ address: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
        code: 'EADDRNOTAVAIL',
      });
    });

    it('leaves nothing open after it is closed, or could not be opened', async () => {
      const resources = () => process.getActiveResourcesInfo().filter((name) => /UDP|Worker|MessagePort/.test(name));
      // Handles of earlier tests are given back by later turns of the loop.
      await vi.waitFor(() => expect(resources()).toEqual([]), WAIT);
      const [a, b] = await openPair();
      await a.cast(makeMessages(0, 50, mixed));
      await vi.waitUntil(() => b.received.length === 50, WAIT);
      await expect(openMember({ address: a.address })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await Promise.all([a.plane.close(), b.plane.close()]);
      await vi.waitFor(() => expect(resources()).toEqual([]), WAIT);
      // The port is free again.
      const again = await openMember({ address: a.address });
      expect(again.address).toEqual(a.address);
    });

    it('refuses work after close(), and still shows its counts', async () => {
      const [a, b] = await openPair();
      await a.cast(makeMessages(0, 10, () => 1_000));
      await vi.waitUntil(() => b.received.length === 10, WAIT);
      await a.plane.close();
      const { driver } = a.plane;
      expect(driver.stats().dataBytesSent).toBe(10 * 1_008);
      expect(() => driver.flush()).not.toThrow();
      expect(() => driver.sendUnattached(b.address, new Uint8Array(8))).not.toThrow();
      expect(() => driver.exclude(1, 1)).toThrow('the plane is closed');
      expect(() => driver.openSend(1, StreamKind.pt2pt, 1, new Uint8Array(8192), 5)).toThrow('the plane is closed');
      await driver.close();
      expect(a.failures).toEqual([]);
    });

    it('can be closed from a handler, and is silent from then on', async () => {
      const [a, b] = await openPair();
      let closed: Promise<void> | undefined;
      let after = 0;
      b.view.retire(() => {});
      const receiver = {
        onMessage: () => {
          if (closed !== undefined) after++;
          closed ??= b.plane.close();
        },
        onTooLong: () => {},
        onMalformed: () => {},
      };
      const config = {
        connectionLow: 0x12345678,
        connectionHigh: 0x9abcdef0,
        myRank: 1,
        addresses: [a.address, b.address],
        frameBytes: 1400,
        maxWindow: 65536,
        checked: false,
        seed: 1,
        prompt: false,
      };
      const receivers = [receiver, receiver, receiver, receiver] as const;
      b.plane.install(config, ringSizes(MEMORY_BYTES, 2), MAX_MESSAGE_BYTES, receivers, new Fifo(false));
      await a.cast(makeMessages(0, 1, () => 100));
      await vi.waitUntil(() => closed !== undefined, WAIT);
      await closed;
      await a.cast(makeMessages(0, 5, () => 100));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(after).toBe(0);
    });

    it('carries casts over IP multicast', async () => {
      const members = await openView(3, { multicast: { host: '239.255.77.7', port: 20_000 + (process.pid % 20_000) } });
      const sent = members.map((_, rank) => makeMessages(rank, 60, mixed));
      await Promise.all(members.map((member, rank) => member.cast(sent[rank] as Uint8Array[])));
      await vi.waitUntil(() => members.every((member) => member.received.length === 120), WAIT);
      for (const [rank, member] of members.entries()) {
        for (const [origin, messages] of sent.entries()) {
          if (origin !== rank) expectSame(member.bytesFrom(origin), messages);
        }
        // My own come back, and are nobody's fault.
        expect(member.plane.stats().rejected.rank).toBe(0);
      }
    });

    it('carries casts over IPv6', async (context) => {
      const address = { host: '::1', port: 0 };
      const probe = await Member.open(create, { threadMode, address }).catch(() => undefined);
      if (probe === undefined) return context.skip('this machine has no IPv6');
      await probe.plane.close();
      const [a, b] = await openPair({ address });
      const messages = makeMessages(0, 40, mixed);
      await a.cast(messages);
      await vi.waitUntil(() => b.received.length === 40, WAIT);
      expectSame(b.bytesFrom(0), messages);
      b.plane.driver.sendUnattached(a.address, new Uint8Array(8));
      await vi.waitUntil(() => a.unattached.length === 1, WAIT);
      expect(a.unattached[0]?.from).toEqual(b.address);
    });

    if (threadMode === 'multi') {
      it('receives and acknowledges while the event loop is busy', async () => {
        const [a, b] = await openPair();
        await a.cast(makeMessages(0, 1, () => 100));
        await vi.waitUntil(() => b.received.length === 1, WAIT);
        const wanted = (b.view.received()[0] as number) + 10 * 1_008;
        for (let i = 0; i < 10; i++) a.view.casts.write(new Uint8Array(1_000), 1);
        a.view.publish();
        a.plane.driver.flush();
        const until = performance.now() + 5_000;
        while (b.view.received()[0] !== wanted && performance.now() < until);
        expect(b.view.received()[0]).toBe(wanted);
      });
    }
  });
}

import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../../ts/base/message.js';
import { StreamKind, type ViewConfig } from '../../../ts/data-plane/data-plane.js';
import { Plane, type PlaneEvents } from '../../../ts/data-plane/plane.js';
import type { RecordReceiver } from '../../../ts/data-plane/record-reader.js';
import { ringSizes } from '../../../ts/data-plane/ring-sizes.js';
import type { ViewPlane } from '../../../ts/data-plane/view-plane.js';
import { Fifo } from '../../../ts/ordering/fifo.js';
import { type FakeDriver, FakeNetwork } from './fake-driver.js';

const OPTIONS = {
  threadMode: 'single',
  address: { host: '127.0.0.1', port: 0 },
  multicast: undefined,
  socketBufferBytes: 65536,
  offload: false,
  drop: { rate: 0, seed: 0 },
  frameBytes: undefined,
} as const;

/** A plane with all that it tells. */
interface Node {
  readonly plane: Plane;
  readonly driver: FakeDriver;
  readonly got: string[];
  onMessage: (kind: StreamKind, message: Message) => void;
  progress: number;
}

let network = new FakeNetwork();
const nodes: Node[] = [];

async function open(events: Partial<PlaneEvents> = {}): Promise<Node> {
  const all = {
    onProgress: () => node.progress++,
    onUnattached: () => {},
    onRefused: () => {},
    onFailure: () => {},
    ...events,
  };
  const plane = await Plane.open(network.factory, OPTIONS, all);
  const node: Node = { plane, driver: plane.driver as FakeDriver, got: [], onMessage: () => {}, progress: 0 };
  nodes.push(node);
  return node;
}

function install(node: Node, all: readonly Node[], connection = 1, order = new Fifo(false)): ViewPlane {
  const config: ViewConfig = {
    connectionLow: connection,
    connectionHigh: 0,
    myRank: all.indexOf(node),
    addresses: all.map(({ driver }) => driver.address),
    frameBytes: 1200,
    maxWindow: 65536,
    checked: false,
    seed: 1,
    prompt: false,
  };
  const receiver = (kind: StreamKind): RecordReceiver => ({
    onMessage: (origin, _, message) => {
      node.got.push(`${kind} from ${origin}: ${message.text()}`);
      node.onMessage(kind, message);
    },
    onTooLong: () => node.got.push('too long'),
    onMalformed: () => node.got.push('malformed'),
  });
  const receivers = {
    [StreamKind.cast]: receiver(StreamKind.cast),
    [StreamKind.controlCast]: receiver(StreamKind.controlCast),
    [StreamKind.pt2pt]: receiver(StreamKind.pt2pt),
    [StreamKind.controlPt2pt]: receiver(StreamKind.controlPt2pt),
  };
  const sizes = ringSizes(1024 * 1024, all.length);
  return node.plane.install(config, sizes, 1024 * 1024, receivers, order);
}

async function pair() {
  const a = await open();
  const b = await open();
  return { a, b, viewA: install(a, [a, b]), viewB: install(b, [a, b]) };
}

const text = (words: string) => Buffer.from(words);

async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(({ plane }) => plane.close()));
  network = new FakeNetwork();
});

describe('a plane', () => {
  it('carries all four kinds of streams', async () => {
    const { a, b, viewA } = await pair();
    viewA.casts.write(text('w'), 0);
    viewA.controlCasts.write(text('x'), 0);
    viewA.pt2pt(1).write(text('y'), 0);
    viewA.pt2pt(1, StreamKind.controlPt2pt).write(text('z'), 0);
    a.plane.scheduleFlush();
    await turns();
    expect(b.got.sort()).toEqual(['0 from 0: w', '1 from 0: x', '2 from 0: y', '3 from 0: z']);
  });

  it('flushes once a turn', async () => {
    const { a, viewA } = await pair();
    await turns();
    const before = a.driver.flushes;
    for (let i = 0; i < 10; i++) {
      viewA.casts.write(text('x'), 0);
      a.plane.scheduleFlush();
    }
    await new Promise(setImmediate);
    expect(a.driver.flushes - before).toBe(1);
  });

  it('flushes what a handler writes with the batch that it handles', async () => {
    const { a, b, viewA, viewB } = await pair();
    b.onMessage = () => {
      viewB.casts.write(text('answer'), 0);
      b.plane.scheduleFlush();
    };
    viewA.casts.write(text('question'), 0);
    a.plane.scheduleFlush();
    await turns();
    expect(a.got).toEqual(['0 from 1: answer']);
  });

  it('takes turns without the event loop when it is told to', async () => {
    const { a, b, viewA } = await pair();
    const inside: boolean[] = [];
    b.onMessage = () => {
      inside.push(b.plane.isDraining);
      // Who is inside a turn gets no other.
      b.plane.pump();
    };
    viewA.casts.write(Buffer.from('one'), 0);
    viewA.casts.write(Buffer.from('two'), 0);
    a.plane.pump();
    a.driver.carry();
    b.plane.pump();
    expect(b.got).toEqual([`${StreamKind.cast} from 0: one`, `${StreamKind.cast} from 0: two`]);
    expect([...inside, b.plane.isDraining]).toEqual([true, true, false]);
  });

  it('goes on after a handler that throws', async () => {
    const { a, b, viewA } = await pair();
    const thrown: unknown[] = [];
    const { onReady } = b.driver.events;
    b.driver.events.onReady = () => {
      try {
        onReady();
      } catch (error) {
        thrown.push(error);
      }
    };
    b.onMessage = (_, message) => {
      if (message.text() === '1') throw new Error('handler');
    };
    for (let i = 0; i < 4; i++) viewA.casts.write(text(String(i)), 0);
    a.plane.scheduleFlush();
    await turns();
    expect(thrown).toHaveLength(1);
    expect(b.got).toEqual([0, 1, 2, 3].map((i) => `0 from 0: ${i}`));
  });

  it('hands over own casts that were published before the flush, though nobody else is heard of', async () => {
    const alone = await open();
    const view = install(alone, [alone], 1, new Fifo(true));
    await turns();
    network.cut = true;
    // Together they are a burst, which goes out with the last of them.
    for (let i = 0; i < 64; i++) view.casts.write(new Uint8Array(1016), 0);
    expect(view.casts.published).toBe(65_536);
    alone.plane.scheduleFlush();
    await turns();
    expect(alone.got).toHaveLength(64);
  });

  it('tells of progress when room was made', async () => {
    const { a, b, viewA } = await pair();
    while (viewA.casts.write(new Uint8Array(1000), 0));
    const before = a.progress;
    a.plane.scheduleFlush();
    await turns();
    expect(a.progress).toBeGreaterThan(before);
    expect(b.got.length).toBeGreaterThan(50);
    expect(viewA.casts.write(new Uint8Array(1000), 0)).toBe(true);
  });

  it('misses nothing that happens while it goes to sleep', async () => {
    const { a, b, viewA } = await pair();
    for (let i = 0; i < 500; i++) {
      viewA.casts.write(text(String(i)), 0);
      a.plane.scheduleFlush();
      await turns(i % 4);
    }
    await turns();
    expect(b.got).toHaveLength(500);
  });

  it('opens a pt2pt stream once, however often it is wanted', async () => {
    const { a, b, viewA, viewB } = await pair();
    const before = viewB.memoryBytes();
    viewA.pt2pt(1).write(text('x'), 0);
    a.plane.scheduleFlush();
    await turns();
    for (let i = 0; i < 3; i++) b.driver.events.onWanted(1, 0, StreamKind.pt2pt);
    await turns();
    expect(b.got).toEqual(['2 from 0: x']);
    expect(viewB.memoryBytes() - before).toBe(ringSizes(1024 * 1024, 2)[StreamKind.pt2pt]);
  });

  it('hands nothing of a paused view to the application, and everything when it goes on', async () => {
    const { a, b, viewA, viewB } = await pair();
    viewB.paused = true;
    viewA.casts.write(text('cast'), 0);
    viewA.controlCasts.write(text('control'), 0);
    viewA.pt2pt(1).write(text('send'), 0);
    a.plane.scheduleFlush();
    await turns();
    expect(b.got).toEqual(['1 from 0: control']);
    viewB.paused = false;
    b.plane.resume();
    await turns();
    expect(b.got.slice(1).sort()).toEqual(['0 from 0: cast', '2 from 0: send']);
  });

  it('keeps two views apart, and goes on with one when the other is retired', async () => {
    const { a, b, viewA, viewB } = await pair();
    const secondA = install(a, [a, b], 2);
    install(b, [a, b], 2);
    b.plane.retire(viewB);
    viewA.casts.write(text('first'), 0);
    secondA.casts.write(text('second'), 0);
    a.plane.scheduleFlush();
    await turns();
    expect(b.got).toEqual(['0 from 0: second']);
    expect(b.driver.calls).toEqual(['install', 'install', 'retire']);
  });

  it('takes rings for the next view when the driver has let go of them, and not before', async () => {
    const { a, b, viewA } = await pair();
    const released: (() => void)[] = [];
    a.driver.held = released;
    const rings = (view: number) => new Set(a.driver.views.get(view)?.receives.map(({ ring }) => ring));
    const first = rings(1);
    const second = install(a, [a, b], 2);
    a.plane.retire(viewA);
    await turns();
    expect(a.plane.spareBytes).toBe(0);
    const third = install(a, [a, b], 3);
    expect([...rings(3)].some((ring) => first.has(ring))).toBe(false);
    released[0]?.();
    // A receiver may be at work on them, inside of whose turn the driver tells.
    expect(a.plane.spareBytes).toBe(0);
    await turns();
    expect(a.plane.spareBytes).toBe(viewA.memoryBytes());
    a.plane.retire(second);
    install(a, [a, b], 4);
    expect([...rings(4)].every((ring) => first.has(ring))).toBe(true);
    expect(third.memoryBytes()).toBe(viewA.memoryBytes());
  });

  it('lets go of all rings when there is no view any more', async () => {
    const { a, b, viewA } = await pair();
    const second = install(a, [a, b], 2);
    a.plane.retire(viewA);
    await turns();
    expect(a.plane.spareBytes).toBe(viewA.memoryBytes());
    a.plane.retire(second);
    await turns();
    expect(a.plane.spareBytes).toBe(0);
  });

  it('knows what is received and what is stable', async () => {
    const { a, viewA, viewB } = await pair();
    viewA.casts.write(new Uint8Array(16), 0);
    expect(viewA.isStable()).toBe(false);
    a.plane.scheduleFlush();
    await turns();
    expect(viewA.isStable()).toBe(true);
    expect(viewB.received()).toEqual([24, 0]);
  });

  it('brings datagrams that belong to no view', async () => {
    const a = await open();
    const got: unknown[] = [];
    const b = await open({ onUnattached: (from, bytes) => got.push([from, bytes]) });
    a.driver.sendUnattached(b.driver.address, text('hello'));
    expect(got).toEqual([[a.driver.address, text('hello')]]);
  });

  it('passes on which addresses are refused', async () => {
    const got: unknown[] = [];
    const a = await open({ onRefused: (address) => got.push(address) });
    a.driver.events.onRefused({ host: '127.0.0.1', port: 9 });
    expect(got).toEqual([{ host: '127.0.0.1', port: 9 }]);
  });

  it('has members watched, and shows what the plane has counted of each', async () => {
    const { a, viewA } = await pair();
    viewA.watch([1], 250);
    expect(a.driver.calls).toContain('watch 1 250');
    const [view] = a.driver.views.values();
    const casts = view?.receives.find(({ kind, peer }) => kind === StreamKind.cast && peer === 1);
    Atomics.store(view?.counters as Int32Array, (casts?.slot as number) * 32 + 18, -1);
    expect([0, 1, 2].map((rank) => viewA.heard(rank))).toEqual([0, 2 ** 32 - 1, 0]);
  });

  it('does nothing any more after close', async () => {
    const { a, b, viewA } = await pair();
    viewA.casts.write(text('x'), 0);
    a.plane.scheduleFlush();
    await b.plane.close();
    b.driver.events.onReady();
    b.driver.events.onWanted(1, 0, StreamKind.pt2pt);
    await turns();
    expect(b.got).toEqual([]);
  });
});

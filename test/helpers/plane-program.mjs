// A data plane in a process of its own, without the API above it: what a view change is made of. See sender-killed.test.ts.
import { StreamKind } from '../../dist/ts/data-plane/data-plane.js';
import { driverFor } from '../../dist/ts/data-plane/drivers.js';
import { Plane } from '../../dist/ts/data-plane/plane.js';
import { ringSizes } from '../../dist/ts/data-plane/ring-sizes.js';
import { Fifo } from '../../dist/ts/ordering/fifo.js';
import { messageBytes, Plan, Tally } from './pattern.mjs';
import { serve, until } from './program.mjs';

const FRAME_BYTES = 1_400;
const MAX_MESSAGE_BYTES = 1024 * 1024;

let plane;
let view;
let myRank;
let tallies;

function receiver() {
  const fail = (what) => (origin) => {
    tallies[origin].error = what;
  };
  return {
    onMessage: (origin, _kind, message) => tallies[origin].take(message),
    onTooLong: fail('a message is too long'),
    onMalformed: fail('the stream is malformed'),
  };
}

function progress() {
  const failed = tallies.find((tally) => tally.error !== undefined)?.error;
  return { counts: tallies.map((tally) => tally.count), bytes: tallies.map((tally) => tally.bytes), failed };
}

/** Writes messages until there are `most`, as fast as flow control lets it. */
function cast(batches, most) {
  const plan = new Plan(batches);
  const writer = view.casts;
  let number = 0;
  let done = 0;
  let bytes = messageBytes(myRank, number, plan.next());
  const write = () => {
    if (bytes.length <= writer.maxPart) return writer.write(bytes, 0);
    done = writer.writeParts(bytes, done, 0);
    return done === bytes.length;
  };
  const turn = () => {
    for (let i = 0; i < 1_000 && number < most && write(); i++) {
      number++;
      done = 0;
      bytes = messageBytes(myRank, number, plan.next());
    }
    plane.scheduleFlush();
    if (number < most) setImmediate(turn);
  };
  turn();
}

serve({
  async open({ mode, threadMode, drop }) {
    const { create } = await driverFor(mode);
    const options = { threadMode, drop, frameBytes: FRAME_BYTES, offload: true, multicast: undefined };
    plane = await Plane.open(
      create,
      { ...options, address: { host: '127.0.0.1', port: 0 }, socketBufferBytes: 4 * 1024 * 1024 },
      { onProgress() {}, onUnattached() {}, onRefused() {}, onFailure: (error) => process.emitWarning(error) },
    );
    return plane.driver.address;
  },

  install({ addresses, rank, memory, batches, connection }) {
    myRank = rank;
    tallies = addresses.map((_, origin) => new Tally(origin, batches));
    const sizes = ringSizes(memory, addresses.length);
    const receivers = Object.fromEntries(Object.values(StreamKind).map((kind) => [kind, receiver()]));
    const config = {
      ...connection,
      myRank,
      addresses,
      frameBytes: FRAME_BYTES,
      maxWindow: sizes[StreamKind.cast],
      checked: false,
      seed: rank + 1,
      prompt: false,
    };
    view = plane.install(config, sizes, MAX_MESSAGE_BYTES, receivers, new Fifo(false));
  },

  cast,

  async receiveCount(origin, count) {
    await until(() => tallies[origin].count >= count || tallies[origin].error !== undefined);
    return progress();
  },

  /** A member has failed: nothing more of it is taken in, nor handed over until the cut is known. Returns how far it got. */
  exclude(rank) {
    view.exclude(rank);
    return view.received()[rank];
  },

  /** Fetches from `holder` what is missing before the cut, and hands over everything up to it. */
  async finish(origin, holder, cut) {
    // Private to the plane: how much of a stream was handed over is nobody else's business.
    const reader = view.castReaders[origin];
    if (reader.received() < cut) view.nakTarget(origin, holder, cut);
    view.stopAt(origin, cut);
    await until(() => reader.received() >= cut);
    plane.resume();
    // A record that the cut goes through is nobody's.
    let consumed = -1;
    while (consumed !== reader.consumed || reader.consumed === 0) {
      consumed = reader.consumed;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { ...progress(), received: view.received()[origin], consumed: reader.consumed };
  },

  stats: () => plane.stats(),
  close: () => plane.close(),
});

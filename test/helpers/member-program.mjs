// A member in a process of its own, made of the compiled package and told by its test what to do (member-process.ts).
import { once } from 'node:events';
import { GroupMember } from 'consort';
import { messageBytes, Plan, Tally } from './pattern.mjs';
import { blockEventLoop, footprint, kernelDrops, serve, until } from './program.mjs';

const CAST = 0;
const SEND = 1;
/** Messages between two looks at what else the event loop has to do. */
const TURN = 256;

let member;
let tallies;
let plans = [[], []];
let held = false;
let drains = 0;
let watch;
const most = { rss: 0, memoryBytes: 0, queuedBytes: 0 };
const errors = [];

const streamOf = (kind, rank) => kind * 1_000 + rank;

function take(kind, origin, message) {
  tallies[kind][member.view.members.indexOf(origin)].take(message);
}

class HandlingMember extends GroupMember {
  onReceiveCast(origin, message) {
    take(CAST, origin, message);
  }

  onReceiveSend(origin, message) {
    take(SEND, origin, message);
  }
}

/** A `for await` loop that can be told to take nothing. */
async function loopOver(events) {
  for await (const event of events) {
    await until(() => !held);
    if (event.type === 'cast') take(CAST, event.origin, event.message);
    if (event.type === 'send') take(SEND, event.origin, event.message);
  }
}

/** Sends what the plan says, as fast as flow control lets it. */
async function pump(kind, batches, post) {
  const plan = new Plan(batches);
  const stream = streamOf(kind, member.view.myRank);
  for (let number = 0, size = plan.next(); size !== undefined; number++, size = plan.next()) {
    while (member.writableNeedDrain) await once(member, 'drain');
    post(messageBytes(stream, number, size));
    // What waits at the moment in which it is told to stop: later there may be room again.
    if (member.writableNeedDrain) note();
    if (number % TURN === TURN - 1) await new Promise(setImmediate);
  }
}

function look() {
  const { casts, sends, failed } = progress();
  const drops = kernelDrops(member.address.port);
  note();
  return {
    casts,
    sends,
    failed,
    drains,
    errors,
    stats: member.stats(),
    footprint: footprint(),
    kernelDrops: drops,
    most,
  };
}

function note() {
  const { memoryBytes, queuedBytes } = member.stats();
  most.rss = Math.max(most.rss, process.memoryUsage.rss());
  most.memoryBytes = Math.max(most.memoryBytes, memoryBytes);
  most.queuedBytes = Math.max(most.queuedBytes, queuedBytes);
}

function progress() {
  const [casts, sends] = tallies.map((each) => each.map((tally) => tally.count));
  return { casts, sends, failed: tallies.flat().find((tally) => tally.error !== undefined)?.error };
}

serve({
  async open(options, { loop = false } = {}) {
    const errorHandler = (error) => errors.push(`${error.code}: ${error.message}`);
    member = loop ? new GroupMember({ ...options, errorHandler }) : new HandlingMember({ ...options, errorHandler });
    member.on('drain', () => drains++);
    await member.open();
    if (loop) void loopOver(member);
    watch = setInterval(note, 20);
    return { address: String(member.myEndpoint), mode: member.mode };
  },

  /** `plans`: what each member casts, and what it sends to each other. */
  async join(members, castPlan, sendPlan, viewTime = 0) {
    plans = [castPlan, sendPlan];
    tallies = plans.map((plan, kind) => members.map((_, rank) => new Tally(streamOf(kind, rank), plan)));
    await member.join({ members, viewTime });
    return member.view.myRank;
  },

  /** Casts all that the plan says, and sends to each other what the other plan says. */
  async exchange() {
    const { myRank, nmembers } = member.view;
    const others = Array.from({ length: nmembers }, (_, rank) => rank).filter((rank) => rank !== myRank);
    await Promise.all([
      pump(CAST, plans[CAST], (bytes) => member.cast(bytes)),
      ...others.map((rank) => pump(SEND, plans[SEND], (bytes) => member.send(rank, bytes))),
    ]);
  },

  /** Casts without a look at writableNeedDrain, until the member refuses. Returns how many messages it took. */
  castUntilRefused(size) {
    for (let number = 0; ; number++) {
      try {
        member.cast(messageBytes(streamOf(CAST, member.view.myRank), number, size));
      } catch (error) {
        return { taken: number, code: error.code, needDrain: member.writableNeedDrain };
      }
    }
  },

  /** Resolves when everything of each of these ranks is here, or something is wrong. */
  async receiveAll(ranks, castCount, sendCount) {
    const isWhole = (kind, rank, count) => tallies[kind][rank].count >= count;
    const isDone = () => ranks.every((rank) => isWhole(CAST, rank, castCount) && isWhole(SEND, rank, sendCount));
    await until(() => isDone() || progress().failed !== undefined);
    return look();
  },

  async receiveSome(rank, count) {
    await until(() => tallies[CAST][rank].count >= count);
  },

  async waitForThrottle() {
    await until(() => member.writableNeedDrain);
    return look();
  },

  async waitForRoom() {
    await until(() => !member.writableNeedDrain);
    return look();
  },

  /** Resolves when what is held in ArrayBuffers is no more than this, as the garbage collector finds out. */
  async waitForArrayBuffers(most) {
    await until(() => footprint().arrayBuffers <= most);
  },

  hold(yes) {
    held = yes;
  },

  block: blockEventLoop,
  look,

  async close() {
    clearInterval(watch);
    await member.close();
    return footprint();
  },
});

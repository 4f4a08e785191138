// What test messages hold. A plan, [[size, count], ...], says how long the messages of a stream are; what is in them follows from origin, stream and
// number, so that a receiver finds a message that is lost, doubled, out of order, somebody else's or spoiled.

// A prime: no part of a message can be taken for another.
const PERIOD = 65_521;

const block = Buffer.alloc(2 * PERIOD);
for (let i = 0, state = 1; i < PERIOD; i++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  block[i] = state >>> 24;
}
block.copy(block, PERIOD, 0, PERIOD);

function startOf(stream, number) {
  return (stream * 7_919 + number * 104_729) % PERIOD;
}

/** The bytes of message `number` of a stream, a small number of its own for each origin and kind. Not to be changed. */
export function messageBytes(stream, number, size) {
  const start = startOf(stream, number);
  if (size <= PERIOD) return block.subarray(start, start + size);
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += PERIOD) block.copy(bytes, at, start, start + Math.min(PERIOD, size - at));
  return bytes;
}

function isRight(bytes, stream, number) {
  const start = startOf(stream, number);
  for (let at = 0; at < bytes.length; at += PERIOD) {
    const length = Math.min(PERIOD, bytes.length - at);
    if (Buffer.compare(bytes.subarray(at, at + length), block.subarray(start, start + length)) !== 0) return false;
  }
  return true;
}

/** The sizes of a plan, one after the other. */
export class Plan {
  constructor(batches) {
    this.batches = batches;
    this.batch = 0;
    this.used = 0;
  }

  /** The size of the next message; undefined when all are through. */
  next() {
    while (this.batch < this.batches.length) {
      const [size, count] = this.batches[this.batch];
      if (this.used < count) {
        this.used++;
        return size;
      }
      this.batch++;
      this.used = 0;
    }
    return undefined;
  }
}

/** Checks and counts what comes of one stream. */
export class Tally {
  constructor(stream, batches) {
    this.stream = stream;
    this.plan = new Plan(batches);
    this.count = 0;
    this.bytes = 0;
    this.error = undefined;
  }

  take(message) {
    const size = this.plan.next();
    if (this.error === undefined && size !== message.length) {
      this.error = `message ${this.count} of stream ${this.stream} has ${message.length} bytes, want ${size}`;
    } else if (this.error === undefined && !isRight(message.bytes(), this.stream, this.count)) {
      this.error = `message ${this.count} of stream ${this.stream}, ${size} bytes long, holds wrong bytes`;
    }
    this.count++;
    this.bytes += message.length;
  }
}

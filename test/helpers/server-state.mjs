// The state of server-program.mjs: a set of casts, by their ids, and filling, as long as wanted, made and checked part by part: a word that counts up in
// each eight bytes.
//
//   state   id id id ... \n | filling

const PART_BYTES = 256 * 1024;

/** @param bytes a multiple of 8 */
function* filling(bytes) {
  for (let from = 0; from < bytes; from += PART_BYTES) {
    const part = new Uint32Array(Math.min(PART_BYTES, bytes - from) / 4);
    for (let i = 0; i < part.length; i += 2) part[i] = from / 8 + i / 2;
    yield new Uint8Array(part.buffer);
  }
}

class FillingCheck {
  #bytes = 0;

  /** Parts come cut at any byte. */
  add(part) {
    const start = this.#bytes;
    this.#bytes += part.length;
    let at = (8 - (start % 8)) % 8;
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    for (; at + 8 <= part.length; at += 8) {
      const want = (start + at) / 8;
      if (view.getUint32(at, true) !== want) throw new Error(`the state is not as it was given at byte ${start + at}`);
    }
  }

  end(bytes) {
    if (this.#bytes !== bytes) throw new Error(`the state has ${this.#bytes} bytes, not ${bytes}`);
  }
}

export class CastSet {
  #ids = new Set();
  /** The same, in whatever order the casts came. */
  digest = 0;

  get size() {
    return this.#ids.size;
  }

  add(id) {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    let hash = 0;
    for (let at = 0; at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) | 0;
    this.digest = (this.digest + hash) | 0;
  }

  reset() {
    this.#ids.clear();
    this.digest = 0;
  }

  /** The line of ids, as it is now; `then` is waited for before the filling. */
  async *parts(fillingBytes, then) {
    yield `${[...this.#ids].join(' ')}\n`;
    await then();
    yield* filling(fillingBytes);
  }

  /** Takes all of a state in, part by part, and keeps nothing of the filling. */
  async take(parts, fillingBytes) {
    const check = new FillingCheck();
    let line = '';
    let isOver = false;
    for await (const part of parts) {
      const end = isOver ? -1 : part.indexOf(0x0a);
      if (!isOver) line += Buffer.from(end < 0 ? part : part.subarray(0, end)).toString();
      if (isOver || end >= 0) check.add(part.subarray(end + 1));
      isOver ||= end >= 0;
    }
    for (const id of line.split(' ')) if (id !== '') this.add(id);
    check.end(fillingBytes);
  }
}

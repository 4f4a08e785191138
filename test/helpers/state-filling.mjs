// Filling of a state, as long as wanted, made and checked part by part: a word that counts up in each eight bytes.

const PART_BYTES = 256 * 1024;

/** @param bytes a multiple of 8 */
export function* filling(bytes) {
  for (let from = 0; from < bytes; from += PART_BYTES) {
    const part = new Uint32Array(Math.min(PART_BYTES, bytes - from) / 4);
    for (let i = 0; i < part.length; i += 2) part[i] = from / 8 + i / 2;
    yield new Uint8Array(part.buffer);
  }
}

export class FillingCheck {
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

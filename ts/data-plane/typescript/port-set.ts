// UDP ports in memory that threads share, one bit each: it may be changed at any time, and who looks at a frame's port needs one load.
// Twin: native/core/port_set.h
export const PORT_SET_WORDS = 65_536 / 32;

/** Empty. */
export function newPortSet(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(PORT_SET_WORDS * Int32Array.BYTES_PER_ELEMENT));
}

export function hasPort(set: Int32Array, port: number): boolean {
  return ((Atomics.load(set, port >>> 5) >>> (port & 31)) & 1) !== 0;
}

export function addPort(set: Int32Array, port: number): void {
  Atomics.or(set, port >>> 5, 1 << (port & 31));
}

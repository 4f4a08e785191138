/** How values and sizes read in error messages. */

const MOST_SHOWN = 60;

/** A value as a message shows it: `-1 (number)`, `'abc' (string)`, `an array`, `undefined`. Never throws, never long. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `${quote(value)} (string)`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    return `${Object.prototype.toString.call(value).slice('[object '.length, -1)} of ${formatBytes(value.byteLength)}`;
  }
  if (typeof value === 'object') return 'an object';
  return `${String(value)} (${typeof value})`;
}

export function quote(text: string): string {
  return `'${text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text}'`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/** Bytes in the largest unit that needs no fraction: `64 MiB`, `1500 bytes`. */
export function formatBytes(bytes: number): string {
  for (const [size, unit] of UNITS) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** `a, b and c`. */
export function listOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

/** Numbers as people read them. */
import type { Summary } from '../stats/summary.js';

const NONE = '';

/** Three digits that count, and a unit: `12.3 M`, `311 k`, `0.64 G`. */
export function quantity(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  if (value >= 1e9) return `${digits(value / 1e9)} G`;
  if (value >= 1e6) return `${digits(value / 1e6)} M`;
  if (value >= 1e3) return `${digits(value / 1e3)} k`;
  return digits(value);
}

export function gigabytes(value: number | undefined): string {
  return value === undefined ? NONE : digits(value / 1e9);
}

export function percent(value: number | undefined): string {
  return value === undefined ? NONE : `${digits(value * 100)} %`;
}

export function times(value: number | undefined): string {
  return value === undefined ? NONE : `${digits(value)} ×`;
}

export function plain(value: number | undefined): string {
  return value === undefined ? NONE : digits(value);
}

/** Half of the measurements are so near to the median: `± 2.1 %`. */
export function spread(summary: Summary | undefined): string {
  if (summary === undefined || summary.count < 2) return NONE;
  return `± ${digits((summary.mad / summary.median) * 100)} %`;
}

/** Lowest to highest. */
export function range(summary: Summary | undefined, format: (value: number) => string = quantity): string {
  if (summary === undefined || summary.count < 2) return NONE;
  return `${format(summary.min)} – ${format(summary.max)}`;
}

/** `64 B`, `1 KiB`, `1.5 MiB`. */
export function size(bytes: number): string {
  if (bytes >= 2 ** 30) return `${Number((bytes / 2 ** 30).toFixed(2))} GiB`;
  if (bytes >= 2 ** 20) return `${Number((bytes / 2 ** 20).toFixed(2))} MiB`;
  return bytes >= 2 ** 10 ? `${Number((bytes / 2 ** 10).toFixed(2))} KiB` : `${bytes} B`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}

/** Errors may carry a stack, which only the JSON shows. */
export function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 1 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
}

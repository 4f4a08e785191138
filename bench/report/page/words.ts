/** Figures and names as charts say them. */
import type { Summary } from '../../stats/summary.js';
import { plain, quantity, range } from '../format.js';

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `31.7 M msg/s`, `397 MB/s`: of bytes the prefix is one with the unit. */
export function amount(value: number, unit: string): string {
  const text = quantity(value);
  return unit.startsWith('B') && /[kMG]$/.test(text) ? `${text}${unit}` : `${text} ${unit}`;
}

/** The median, and from the least to the most: `31.7 M msg/s (25.7 M – 37.3 M)`. */
export function rateText(summary: Summary, unit: string): string {
  return withRange(amount(summary.median, unit), range(summary));
}

/** `26.1 ms (19.9 – 65.5)`. */
export function timeText(summary: Summary, unit: string): string {
  return withRange(`${plain(summary.median)} ${unit}`, range(summary, plain));
}

/** `100 k`, `1 M`: ticks are round. */
export function roundQuantity(value: number): string {
  return quantity(value).replace(/\.0+(?= |$)/, '');
}

/** `100 µs`, `1 ms`: ticks are round. */
export function roundMicros(value: number): string {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))} ms` : `${Number(value.toPrecision(3))} µs`;
}

/** `100 ms`, `2 s`: ticks are round. */
export function roundMillis(value: number): string {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Number(value.toPrecision(3))} ms`;
}

export function roundNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function roundPercent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** A figure and its unit stay on one line. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=[%×µkKMGmsB])/g, '$1\u00a0');
}

function withRange(text: string, between: string): string {
  return between === '' ? text : `${text} (${between})`;
}

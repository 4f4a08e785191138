// The one clock of the plane. Twin: native/io/clock.h
import type { Micros } from './limits.js';

/** Whole microseconds from a fixed origin; never goes back. */
export function nowMicros(): Micros {
  return Math.round(performance.now() * 1000);
}

import { describe, expect, it } from 'vitest';
import { ArrivalLog, oneWayNanos } from '../../../bench/roles/arrival-log.js';
import { machineMs, machineOffsetMs } from '../../../bench/roles/machine-clock.js';
import { timesOf } from '../../../bench/scenarios/latency-times.js';
import { isUnverified } from '../../../bench/verify/unverified-error.js';

describe('one-way times', () => {
  it('are from the intended time to the arrival, and never less than nothing', () => {
    const times = oneWayNanos(Float64Array.of(1, 2, 3), Float64Array.of(1.5, 2.001, 2.999));
    expect([...times]).toEqual([500_000, 1000, 1]);
  });

  it('are told by a clock that the processes of a machine share', () => {
    const log = new ArrivalLog();
    const before = machineMs();
    log.note();
    const after = machineMs();
    const [arrived = 0, ...more] = log.take();
    expect(more).toEqual([]);
    // The offset between the two clocks is known to some microseconds.
    expect(arrived).toBeGreaterThan(before - 0.5);
    expect(arrived).toBeLessThan(after + 0.5);
    expect(log.take()).toHaveLength(0);
    expect(Math.abs(performance.now() + machineOffsetMs() - machineMs())).toBeLessThan(50);
  });

  it('are worth nothing when not as much came as was sent', () => {
    const sent = { roundTripsNanos: Float64Array.of(1), intendedMs: Float64Array.of(1, 2) };
    try {
      timesOf(sent, Float64Array.of(1));
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toContain('1 messages came to be answered, 2 were sent');
      expect(isUnverified(error)).toBe(true);
    }
  });
});

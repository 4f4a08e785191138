// Every bound of the data plane, in one place. Twin: native/core/limits.h

/** Time in microseconds, a whole number, from any fixed origin; comes in as an argument. */
export type Micros = number;
/** Offset of a byte in a stream. */
export type Position = number;
export type Rank = number;

export const NEVER: Micros = Number.POSITIVE_INFINITY;
export const ALL_RANKS: Rank = 0xffff;
export const STREAM_KINDS = 4;

export const MAX_MEMBERS = 1024;
// Positions stay exact in a JavaScript number: 9 petabytes in one view.
export const MAX_POSITION: Position = 2 ** 53 - 1;

export const MIN_RING_BYTES = 8 * 1024;
export const MAX_RING_BYTES = 64 * 1024 * 1024;
// The least that IPv6 and QUIC ask of a path; every control part fits.
export const MIN_FRAME_BYTES = 1200;
// The largest multiple of 8 that fits in a UDP datagram over IPv4 (65,507).
export const MAX_FRAME_BYTES = 65504;

// One burst is one system call: UDP_SEGMENT takes 64 segments and one datagram's worth of bytes.
export const MAX_BURST_FRAMES = 64;
export const MAX_BURST_BYTES = MAX_FRAME_BYTES;

// New data, and resends, that go out in one poll, so that the caller looks at its socket in between.
export const MAX_POLL_BYTES = 1024 * 1024;

export const MAX_INTERVALS = 2048; // separate runs of bytes held beyond a gap, per stream
export const MAX_OUTSTANDING_NAKS = 64; // regions asked for and not yet whole, per stream
export const MAX_NAK_RANGES = 64; // ranges in one NAK
export const MAX_RESENDS = 8192; // ranges waiting to be sent again, per view

export const CONTROL_FRAME_BYTES = MIN_FRAME_BYTES; // NAK, STATUS, ... stay below any MTU in use

export const NAK_DELAY_US: Micros = 100; // a gap is asked for after 0 to this long
export const NAK_RETRY_MIN_US: Micros = 1_000; // first repeat of a NAK that stays unanswered
export const NAK_RETRY_MAX_US: Micros = 200_000; // repeats back off up to this
export const MAX_NAK_DOUBLINGS = 8;
export const NAK_REPEAT_SERIALS = 4_096; // a serial up to this far behind the last one is a repeat
export const MAX_FRUITLESS_NAKS = 3; // answered NAKs that brought nothing before time-outs set the pace
export const STATUS_DELAY_US: Micros = 2_000; // news waits at most this long for a STATUS
export const HEARTBEAT_MIN_US: Micros = 4_000; // first HEARTBEAT while somebody lags behind
export const HEARTBEAT_MAX_US: Micros = 100_000; // they back off up to this
export const STABLE_DELAY_US: Micros = 10_000; // news of what is stable is told after this long at the latest
export const PROBE_INTERVAL_US: Micros = 250_000; // round-trip probes while data is on its way
export const MIN_WATCH_US: Micros = 1_000; // a watched member is probed at most this often
export const MAX_WATCH_US: Micros = 3_600_000_000;
export const STATUS_EIGHTHS = 1; // STATUS after this many eighths of a ring of news
export const MIN_WINDOW_BYTES = 64 * 1024;
export const LOSS_TOLERANCE_PERCENT = 25; // a round that lost more shrinks the window

// Every bound of the data plane, in one place. Twin: ts/data-plane/typescript/limits.ts
#pragma once
#include <cstdint>

namespace consort {

using Micros = uint64_t;    // time in microseconds, from any fixed origin; comes in as an argument
using Position = uint64_t;  // offset of a byte in a stream
using Rank = uint16_t;

inline constexpr Micros kNever = UINT64_MAX;
inline constexpr Rank kAllRanks = 0xFFFF;
inline constexpr uint32_t kStreamKinds = 4;

inline constexpr uint32_t kMaxMembers = 1024;
// Positions stay exact in a JavaScript number: 9 petabytes in one view.
inline constexpr Position kMaxPosition = (1ull << 53) - 1;

inline constexpr uint32_t kMinRingBytes = 8 * 1024;
inline constexpr uint32_t kMaxRingBytes = 64 * 1024 * 1024;
// The least that IPv6 and QUIC ask of a path; every control part fits.
inline constexpr uint32_t kMinFrameBytes = 1200;
// The largest multiple of 8 that fits in a UDP datagram over IPv4 (65,507).
inline constexpr uint32_t kMaxFrameBytes = 65504;

// One burst is one system call: UDP_SEGMENT takes 64 segments and one datagram's worth of bytes.
inline constexpr uint32_t kMaxBurstFrames = 64;
inline constexpr uint32_t kMaxBurstBytes = kMaxFrameBytes;

// New data, and resends, that go out in one poll, so that the caller looks at its socket in between.
inline constexpr uint32_t kMaxPollBytes = 1024 * 1024;

inline constexpr uint32_t kMaxIntervals = 2048;      // separate runs of bytes held beyond a gap, per stream
inline constexpr uint32_t kMaxOutstandingNaks = 64;  // regions asked for and not yet whole, per stream
inline constexpr uint32_t kMaxNakRanges = 64;        // ranges in one NAK
inline constexpr uint32_t kMaxResends = 8192;        // ranges waiting to be sent again, per view

inline constexpr uint32_t kControlFrameBytes = kMinFrameBytes;  // NAK, STATUS, ... stay below any MTU in use

inline constexpr Micros kNakDelayUs = 100;         // a gap is asked for after 0 to this long
inline constexpr Micros kNakRetryMinUs = 1'000;    // first repeat of a NAK that stays unanswered
inline constexpr Micros kNakRetryMaxUs = 200'000;  // repeats back off up to this
inline constexpr uint32_t kMaxNakDoublings = 8;
inline constexpr uint32_t kNakRepeatSerials = 4'096;  // a serial up to this far behind the last one is a repeat
inline constexpr uint32_t kMaxFruitlessNaks = 3;     // answered NAKs that brought nothing before time-outs set the pace
inline constexpr Micros kStatusDelayUs = 2'000;      // news waits at most this long for a STATUS
inline constexpr Micros kHeartbeatMinUs = 4'000;     // first HEARTBEAT while somebody lags behind
inline constexpr Micros kHeartbeatMaxUs = 100'000;   // they back off up to this
inline constexpr Micros kStableDelayUs = 10'000;     // news of what is stable is told after this long at the latest
inline constexpr Micros kProbeIntervalUs = 250'000;  // round-trip probes while data is on its way
inline constexpr Micros kMinWatchUs = 1'000;         // a watched member is probed at most this often
inline constexpr Micros kMaxWatchUs = 3'600'000'000;
inline constexpr uint32_t kStatusEighths = 1;  // STATUS after this many eighths of a ring of news
inline constexpr uint32_t kMinWindowBytes = 64 * 1024;
inline constexpr uint32_t kLossTolerancePercent = 25;  // a round that lost more shrinks the window

}  // namespace consort

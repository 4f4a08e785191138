// The wire: docs/wire-format.md, bit for bit. Twin: ts/data-plane/typescript/frame.ts
// Nothing read from a frame is used before validate_header and validate_parts have accepted it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/limits.h"

namespace consort {

inline constexpr uint16_t kMagic = 0x5C47;
inline constexpr uint8_t kVersion = 1;
inline constexpr uint8_t kFlagChecked = 1;
inline constexpr uint8_t kFlagUnattached = 2;

inline constexpr uint32_t kHeaderBytes = 16;
inline constexpr uint32_t kTrailerBytes = 8;
inline constexpr uint32_t kDataPartBytes = 16;
inline constexpr uint32_t kNakHeadBytes = 16;
inline constexpr uint32_t kRangeBytes = 16;
inline constexpr uint32_t kStatusBytes = 32;
inline constexpr uint32_t kHeartbeatBytes = 24;
inline constexpr uint32_t kProbeBytes = 16;
inline constexpr uint32_t kNakDoneBytes = 8;
inline constexpr uint32_t kDataOverheadBytes = kHeaderBytes + kDataPartBytes;

// What a stream is for; also its number on the wire.
enum class StreamKind : uint8_t { kCast = 0, kControlCast = 1, kPt2pt = 2, kControlPt2pt = 3 };
inline bool is_pt2pt(StreamKind kind) { return static_cast<uint8_t>(kind) >= 2; }

enum class PartType : uint8_t {
  kData = 1,
  kNak = 2,
  kStatus = 3,
  kHeartbeat = 4,
  kProbe = 5,
  kProbeReply = 6,
  kNakDone = 7
};

// Why a datagram, or a part of one, was dropped. The order is that of `stats().rejected`.
enum class Reject : uint8_t {
  kNone,
  kShort,
  kLong,
  kMagic,
  kVersion,
  kChecksum,
  kConnection,
  kRank,
  kPart,
  kStream,
  kOverrun,
  kOrigin,
  kCount
};

struct FrameHeader {
  uint8_t flags;
  Rank sender;
  Rank destination;
  uint64_t connection;
};

struct Range {
  Position position;
  Position length;
};

// How far a receiver has come with a stream: what STATUS says.
struct Progress {
  Position received;
  Position consumed;
  Position seen;
  uint32_t stable_low;  // the low half of the stable position that it was told last
};

// One part, decoded. Which fields mean something depends on the type.
struct Part {
  PartType type;
  StreamKind stream;
  Rank origin;
  uint32_t length;         // DATA: bytes that follow; NAK: count of ranges
  uint32_t serial;         // NAK, NAK_DONE; HEARTBEAT: flags; STATUS: low half of the stable position
  Position position;       // DATA: position; STATUS: received; HEARTBEAT: sent; PROBE: time
  Position consumed;       // STATUS: consumed; HEARTBEAT: stable
  Position seen;           // STATUS
  const uint8_t* payload;  // DATA: the bytes; NAK: the ranges
};

inline uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
inline uint32_t load32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}
inline uint64_t load64(const uint8_t* p) { return load32(p) | static_cast<uint64_t>(load32(p + 4)) << 32; }
inline void store16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v);
  p[1] = static_cast<uint8_t>(v >> 8);
}
inline void store32(uint8_t* p, uint32_t v) {
  store16(p, static_cast<uint16_t>(v));
  store16(p + 2, static_cast<uint16_t>(v >> 16));
}
inline void store64(uint8_t* p, uint64_t v) {
  store32(p, static_cast<uint32_t>(v));
  store32(p + 4, static_cast<uint32_t>(v >> 32));
}

// Writers return how many bytes they wrote; the caller has made room.
uint32_t write_header(uint8_t* out, const FrameHeader& header);
uint32_t write_data(uint8_t* out, StreamKind stream, Rank origin, uint32_t length, Position position);
uint32_t write_nak(uint8_t* out, StreamKind stream, Rank origin, uint32_t serial, const Range* ranges, uint32_t count);
uint32_t write_status(uint8_t* out, StreamKind stream, Rank origin, const Progress& progress);
uint32_t write_heartbeat(uint8_t* out, StreamKind stream, Rank origin, bool answer, Position sent, Position stable);
uint32_t write_probe(uint8_t* out, PartType type, Micros time);
uint32_t write_nak_done(uint8_t* out, StreamKind stream, Rank origin, uint32_t serial);
uint32_t write_trailer(uint8_t* out, uint32_t crc);

// Checks length, magic, version, flags and trailer; fills `header`.
Reject validate_header(const uint8_t* frame, size_t length, FrameHeader& header);

// Where the parts of a frame whose header was accepted end.
inline uint32_t parts_end(size_t length, const FrameHeader& header) {
  return static_cast<uint32_t>(length) - ((header.flags & kFlagChecked) != 0 ? kTrailerBytes : 0);
}

// Checks each part of a frame whose header was accepted, members being the size of the view. `end` is set to where the
// parts end.
Reject validate_parts(const uint8_t* frame, size_t length, const FrameHeader& header, uint32_t members, uint32_t& end);

// Decodes the part at `offset`; returns the offset of the next, or 0 where it is malformed or does not end by `end`.
uint32_t read_part(const uint8_t* frame, uint32_t offset, uint32_t end, uint32_t members, Part& part);

inline Range read_range(const Part& nak, uint32_t index) {
  const uint8_t* at = nak.payload + 16 * index;
  return {load64(at), load64(at + 8)};
}

}  // namespace consort

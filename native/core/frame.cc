#include "core/frame.h"

#include "core/crc32c.h"

namespace consort {
namespace {

void write_part_head(uint8_t* out, PartType type, StreamKind stream, Rank origin, uint32_t word) {
  out[0] = static_cast<uint8_t>(type);
  out[1] = static_cast<uint8_t>(stream);
  store16(out + 2, origin);
  store32(out + 4, word);
}

bool is_position(Position p) { return p <= kMaxPosition && p % 8 == 0; }

// A range of at least 8 bytes that ends at a position.
bool is_range(Position position, Position length) {
  return is_position(position) && length >= 8 && is_position(length) && is_position(position + length);
}

bool ranges_are_valid(const uint8_t* ranges, uint32_t count) {
  Position last_end = 0;
  for (uint32_t i = 0; i < count; i++) {
    const Position position = load64(ranges + kRangeBytes * i);
    const Position length = load64(ranges + kRangeBytes * i + 8);
    if (!is_range(position, length) || position < last_end) return false;
    last_end = position + length;
  }
  return true;
}

// Each read_* gets a part of which `room` bytes are inside the frame, and returns its size, or 0 if it is malformed.

uint32_t read_data(const uint8_t* at, uint32_t room, Part& part) {
  if (room < kDataPartBytes) return 0;
  part.length = load32(at + 4);
  part.position = load64(at + 8);
  part.payload = at + kDataPartBytes;
  if (part.length > room - kDataPartBytes || !is_range(part.position, part.length)) return 0;
  return kDataPartBytes + part.length;
}

uint32_t read_nak(const uint8_t* at, uint32_t room, Part& part) {
  if (room < kNakHeadBytes || load32(at + 12) != 0) return 0;
  part.serial = load32(at + 4);
  part.length = load32(at + 8);
  part.payload = at + kNakHeadBytes;
  if (part.length == 0 || part.length > kMaxNakRanges) return 0;
  const uint32_t bytes = kNakHeadBytes + kRangeBytes * part.length;
  return bytes <= room && ranges_are_valid(part.payload, part.length) ? bytes : 0;
}

uint32_t read_status(const uint8_t* at, uint32_t room, Part& part) {
  if (room < kStatusBytes) return 0;
  part.serial = load32(at + 4);
  part.position = load64(at + 8);
  part.consumed = load64(at + 16);
  part.seen = load64(at + 24);
  if (!is_position(part.position) || !is_position(part.consumed) || !is_position(part.seen)) return 0;
  return part.consumed <= part.position && part.position <= part.seen ? kStatusBytes : 0;
}

uint32_t read_heartbeat(const uint8_t* at, uint32_t room, Part& part) {
  if (room < kHeartbeatBytes) return 0;
  part.serial = load32(at + 4);
  part.position = load64(at + 8);
  part.consumed = load64(at + 16);
  if (part.serial > 1 || !is_position(part.position) || !is_position(part.consumed)) return 0;
  return part.consumed <= part.position ? kHeartbeatBytes : 0;
}

uint32_t read_probe(const uint8_t* at, uint32_t room, Part& part) {
  if (room < kProbeBytes || load64(at) >> 8 != 0) return 0;
  part.position = load64(at + 8);
  return kProbeBytes;
}

}  // namespace

uint32_t write_header(uint8_t* out, const FrameHeader& header) {
  store16(out, kMagic);
  out[2] = kVersion;
  out[3] = header.flags;
  store16(out + 4, header.sender);
  store16(out + 6, header.destination);
  store64(out + 8, header.connection);
  return kHeaderBytes;
}

uint32_t write_data(uint8_t* out, StreamKind stream, Rank origin, uint32_t length, Position position) {
  write_part_head(out, PartType::kData, stream, origin, length);
  store64(out + 8, position);
  return kDataPartBytes;
}

uint32_t write_nak(uint8_t* out, StreamKind stream, Rank origin, uint32_t serial, const Range* ranges, uint32_t count) {
  write_part_head(out, PartType::kNak, stream, origin, serial);
  store32(out + 8, count);
  store32(out + 12, 0);
  for (uint32_t i = 0; i < count; i++) {
    store64(out + kNakHeadBytes + kRangeBytes * i, ranges[i].position);
    store64(out + kNakHeadBytes + kRangeBytes * i + 8, ranges[i].length);
  }
  return kNakHeadBytes + kRangeBytes * count;
}

uint32_t write_status(uint8_t* out, StreamKind stream, Rank origin, const Progress& progress) {
  write_part_head(out, PartType::kStatus, stream, origin, progress.stable_low);
  store64(out + 8, progress.received);
  store64(out + 16, progress.consumed);
  store64(out + 24, progress.seen);
  return kStatusBytes;
}

uint32_t write_heartbeat(uint8_t* out, StreamKind stream, Rank origin, bool answer, Position sent, Position stable) {
  write_part_head(out, PartType::kHeartbeat, stream, origin, answer ? 1 : 0);
  store64(out + 8, sent);
  store64(out + 16, stable);
  return kHeartbeatBytes;
}

uint32_t write_probe(uint8_t* out, PartType type, Micros time) {
  store64(out, static_cast<uint64_t>(type));
  store64(out + 8, time);
  return kProbeBytes;
}

uint32_t write_nak_done(uint8_t* out, StreamKind stream, Rank origin, uint32_t serial) {
  write_part_head(out, PartType::kNakDone, stream, origin, serial);
  return kNakDoneBytes;
}

uint32_t write_trailer(uint8_t* out, uint32_t crc) {
  store32(out, crc);
  store32(out + 4, 0);
  return kTrailerBytes;
}

Reject validate_header(const uint8_t* frame, size_t length, FrameHeader& header) {
  if (length < kHeaderBytes + 8) return Reject::kShort;
  if (length > kMaxFrameBytes) return Reject::kLong;
  if (load16(frame) != kMagic) return Reject::kMagic;
  if (frame[2] != kVersion || (frame[3] & ~(kFlagChecked | kFlagUnattached)) != 0) return Reject::kVersion;
  header = {frame[3], load16(frame + 4), load16(frame + 6), load64(frame + 8)};
  if ((header.flags & kFlagChecked) != 0) {
    const size_t covered = length - kTrailerBytes;
    if (load32(frame + covered) != crc32c(frame, covered) || load32(frame + covered + 4) != 0) return Reject::kChecksum;
  }
  const bool unattached = (header.flags & kFlagUnattached) != 0;
  if (unattached && (header.connection != 0 || header.sender != 0 || header.destination != 0)) return Reject::kPart;
  return Reject::kNone;
}

Reject validate_parts(const uint8_t* frame, size_t length, const FrameHeader& header, uint32_t members, uint32_t& end) {
  end = parts_end(length, header);
  uint32_t offset = kHeaderBytes;
  if (offset == end) return Reject::kPart;
  Part part;
  while (offset < end) {
    offset = read_part(frame, offset, end, members, part);
    if (offset == 0) return Reject::kPart;
  }
  return Reject::kNone;
}

uint32_t read_part(const uint8_t* frame, uint32_t offset, uint32_t end, uint32_t members, Part& part) {
  const uint8_t* at = frame + offset;
  const uint32_t room = end - offset;
  if (room < 8) return 0;
  part.type = static_cast<PartType>(at[0]);
  part.stream = static_cast<StreamKind>(at[1]);
  part.origin = load16(at + 2);
  if (at[1] >= kStreamKinds || part.origin >= members) return 0;
  uint32_t bytes = 0;
  switch (part.type) {
    case PartType::kData:
      bytes = read_data(at, room, part);
      break;
    case PartType::kNak:
      bytes = read_nak(at, room, part);
      break;
    case PartType::kStatus:
      bytes = read_status(at, room, part);
      break;
    case PartType::kHeartbeat:
      bytes = read_heartbeat(at, room, part);
      break;
    case PartType::kProbe:
    case PartType::kProbeReply:
      bytes = read_probe(at, room, part);
      break;
    case PartType::kNakDone:
      part.serial = load32(at + 4);
      bytes = kNakDoneBytes;
      break;
    default:
      return 0;
  }
  return bytes == 0 ? 0 : offset + bytes;
}

}  // namespace consort

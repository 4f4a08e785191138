// Writes a decoded part again: what parses must give the same bytes, or the wire would say one thing in two ways.
#pragma once
#include <vector>

#include "core/frame.h"

namespace consort::test {

inline std::vector<uint8_t> reencode(const Part& part) {
  std::vector<uint8_t> out(kNakHeadBytes + kRangeBytes * kMaxNakRanges +
                           (part.type == PartType::kData ? part.length : 0));
  uint32_t bytes = 0;
  switch (part.type) {
    case PartType::kData:
      bytes = write_data(out.data(), part.stream, part.origin, part.length, part.position);
      std::memcpy(out.data() + bytes, part.payload, part.length);
      bytes += part.length;
      break;
    case PartType::kNak: {
      std::vector<Range> ranges;
      for (uint32_t i = 0; i < part.length; i++) ranges.push_back(read_range(part, i));
      bytes = write_nak(out.data(), part.stream, part.origin, part.serial, ranges.data(), part.length);
      break;
    }
    case PartType::kStatus:
      bytes =
          write_status(out.data(), part.stream, part.origin, {part.position, part.consumed, part.seen, part.serial});
      break;
    case PartType::kHeartbeat:
      bytes = write_heartbeat(out.data(), part.stream, part.origin, part.serial != 0, part.position, part.consumed);
      break;
    case PartType::kProbe:
    case PartType::kProbeReply:
      bytes = write_probe(out.data(), part.type, part.position);
      break;
    case PartType::kNakDone:
      bytes = write_nak_done(out.data(), part.stream, part.origin, part.serial);
      break;
  }
  out.resize(bytes);
  return out;
}

}  // namespace consort::test

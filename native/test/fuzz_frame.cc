// Fuzz target: any bytes as a frame. No read outside of it; what parses re-encodes to the same bytes.
//
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I native native/core/*.cc native/test/fuzz_frame.cc
//   -o fuzz_frame
//   ./fuzz_frame -max_total_time=60
#include <cstdio>
#include <cstdlib>

#include "core/crc32c.h"
#include "core/frame.h"
#include "test/reencode.h"

namespace {

using namespace consort;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void check_fields(const Part& part, uint32_t members) {
  demand(part.origin < members, "origin is a rank of the view");
  demand(static_cast<uint8_t>(part.stream) < kStreamKinds, "stream is known");
  switch (part.type) {
    case PartType::kData:
      demand(part.length >= 8 && part.length % 8 == 0, "DATA length");
      demand(part.position % 8 == 0 && part.position + part.length <= kMaxPosition, "DATA position");
      break;
    case PartType::kNak:
      demand(part.length >= 1 && part.length <= kMaxNakRanges, "NAK count");
      for (uint32_t i = 0; i < part.length; i++) {
        const Range range = read_range(part, i);
        demand(range.length >= 8 && range.position <= kMaxPosition && range.position + range.length <= kMaxPosition,
               "NAK range");
      }
      break;
    case PartType::kStatus:
      demand(part.consumed <= part.position && part.position <= part.seen && part.seen <= kMaxPosition, "STATUS order");
      break;
    case PartType::kHeartbeat:
      demand(part.consumed <= part.position && part.position <= kMaxPosition && part.serial <= 1, "HEARTBEAT");
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint32_t members = 1 + data[0] * 4u;  // 1 .. 1021
  // Most inputs would fail at magic, version or checksum and teach the fuzzer nothing: mend them, unless told not to.
  const bool mend = (data[1] & 1) != 0;
  std::vector<uint8_t> frame(data + 2, data + size);
  if (mend && frame.size() >= kHeaderBytes + kTrailerBytes) {
    store16(frame.data(), kMagic);
    frame[2] = kVersion;
    frame[3] &= kFlagChecked;
    if (frame[3] != 0) {
      const size_t covered = frame.size() - kTrailerBytes;
      write_trailer(frame.data() + covered, crc32c(frame.data(), covered));
    }
  }
  FrameHeader header{};
  if (validate_header(frame.data(), frame.size(), header) != Reject::kNone) return 0;
  std::vector<uint8_t> again(kHeaderBytes);
  write_header(again.data(), header);
  demand(std::memcmp(again.data(), frame.data(), kHeaderBytes) == 0, "the header re-encodes");
  if ((header.flags & kFlagUnattached) != 0) return 0;
  uint32_t end = 0;
  if (validate_parts(frame.data(), frame.size(), header, members, end) != Reject::kNone) return 0;
  demand(end <= frame.size(), "parts end inside the frame");
  Part part{};
  for (uint32_t offset = kHeaderBytes; offset < end;) {
    const uint32_t next = read_part(frame.data(), offset, end, members, part);
    demand(next > offset && next <= end && next % 8 == 0, "validated parts are read again");
    check_fields(part, members);
    const std::vector<uint8_t> bytes = test::reencode(part);
    demand(bytes.size() == next - offset, "a part re-encodes to as many bytes");
    demand(std::memcmp(bytes.data(), frame.data() + offset, bytes.size()) == 0, "a part re-encodes to the same bytes");
    offset = next;
  }
  return 0;
}

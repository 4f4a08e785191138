#include "core/frame.h"

#include <random>

#include "test/check.h"
#include "test/frames.h"
#include "test/reencode.h"

namespace consort {
namespace {

using test::FrameBuilder;

constexpr uint32_t kMembers = 16;
constexpr FrameHeader kHeader{0, 3, kAllRanks, 0x1122334455667788};
constexpr FrameHeader kCheckedHeader{kFlagChecked, 3, 5, 0x1122334455667788};

Reject judge(const std::vector<uint8_t>& frame, uint32_t members = kMembers) {
  FrameHeader header{};
  const Reject reject = validate_header(frame.data(), frame.size(), header);
  if (reject != Reject::kNone) return reject;
  uint32_t end = 0;
  return validate_parts(frame.data(), frame.size(), header, members, end);
}

// A frame with one part of every type.
FrameBuilder everything(const FrameHeader& header) {
  FrameBuilder frame(header);
  frame.data(StreamKind::kPt2pt, 3, 1 << 20, std::vector<uint8_t>(24, 0xAB))
      .nak(StreamKind::kCast, 5, 0xDEADBEEF, {{8, 16}, {4096, 8}})
      .status(StreamKind::kControlCast, 2, 800, 80, 8000, (uint64_t{5} << 32) + 72)
      .heartbeat(StreamKind::kControlPt2pt, 3, true, 80, 8)
      .probe(PartType::kProbe, 0xFFFFFFFFFFFFFFFF)
      .probe(PartType::kProbeReply, 1)
      .nak_done(StreamKind::kCast, 15, 7);
  return frame;
}

TEST("a header is written to the bit as the wire format says") {
  uint8_t out[kHeaderBytes];
  CHECK_EQ(write_header(out, {kFlagChecked, 0x0102, kAllRanks, 0x0807060504030201}), kHeaderBytes);
  const uint8_t wanted[] = {0x47, 0x5C, 1, 1, 0x02, 0x01, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(std::memcmp(out, wanted, sizeof wanted) == 0);
}

TEST("a frame of every part is read as it was written") {
  const test::SentFrame frame = test::parse(everything(kCheckedHeader).bytes(), kMembers);
  CHECK_EQ(frame.header.sender, 3);
  CHECK_EQ(frame.header.destination, 5);
  CHECK_EQ(frame.header.connection, 0x1122334455667788u);
  CHECK_EQ(frame.parts.size(), 7u);
  CHECK_EQ(frame.parts[0].length, 24u);
  CHECK_EQ(frame.parts[0].position, 1u << 20);
  CHECK_EQ(frame.parts[0].payload[23], 0xAB);
  CHECK_EQ(frame.parts[1].serial, 0xDEADBEEF);
  CHECK_EQ(read_range(frame.parts[1], 1).position, 4096u);
  CHECK_EQ(frame.parts[2].seen, 8000u);
  CHECK_EQ(frame.parts[2].serial, 72u);
  CHECK_EQ(frame.parts[3].serial, 1u);
  CHECK_EQ(frame.parts[4].position, UINT64_MAX);
  CHECK_EQ(frame.parts[6].origin, 15);
  size_t at = kHeaderBytes;
  for (const Part& part : frame.parts) {
    const std::vector<uint8_t> again = test::reencode(part);
    CHECK(std::memcmp(again.data(), frame.bytes.data() + at, again.size()) == 0);
    at += again.size();
  }
  CHECK_EQ(at + kTrailerBytes, frame.bytes.size());
}

TEST("a frame is refused for its length, magic, version and flags, in this order") {
  const std::vector<uint8_t> good = everything(kHeader).bytes();
  CHECK_EQ(judge(good), Reject::kNone);
  CHECK_EQ(judge({}), Reject::kShort);
  CHECK_EQ(judge(std::vector<uint8_t>(23, 0xFF)), Reject::kShort);
  CHECK_EQ(judge(std::vector<uint8_t>(kMaxFrameBytes + 1, 0xFF)), Reject::kLong);
  CHECK_EQ(judge(std::vector<uint8_t>(kMaxFrameBytes, 0xFF)), Reject::kMagic);
  for (const size_t at : {0u, 1u}) {
    std::vector<uint8_t> bad = good;
    bad[at] ^= 1;
    CHECK_EQ(judge(bad), Reject::kMagic);
  }
  std::vector<uint8_t> bad = good;
  bad[2] = 2;
  CHECK_EQ(judge(bad), Reject::kVersion);
  for (const uint8_t flag : {4, 8, 16, 32, 64, 128}) {
    bad = good;
    bad[3] = flag;
    CHECK_EQ(judge(bad), Reject::kVersion);
  }
}

TEST("any flipped bit of a checked frame is noticed") {
  const std::vector<uint8_t> good = everything(kCheckedHeader).bytes();
  CHECK_EQ(judge(good), Reject::kNone);
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::vector<uint8_t> bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK(judge(bad) != Reject::kNone);
    if (bit >= 32) CHECK_EQ(judge(bad), Reject::kChecksum);
  }
}

TEST("a frame cut anywhere is refused") {
  const std::vector<uint8_t> good = everything(kHeader).bytes();
  // Where a part ends, what is left is a good frame.
  std::vector<size_t> ends;
  const test::SentFrame parsed = test::parse(good, kMembers);
  size_t at = kHeaderBytes;
  for (const Part& part : parsed.parts) ends.push_back(at += test::reencode(part).size());
  for (size_t length = 0; length < good.size(); length++) {
    const bool whole = std::find(ends.begin(), ends.end(), length) != ends.end();
    // A vector of its own, so that the address sanitizer sees a read beyond it.
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(length));
    CHECK_EQ(judge(cut) == Reject::kNone, whole);
  }
}

TEST("a frame needs a part, and a part a known type, a known stream and a rank of the view") {
  CHECK_EQ(judge(FrameBuilder(kCheckedHeader).bytes()), Reject::kPart);
  for (int type = 0; type < 256; type++) {
    std::vector<uint8_t> part(8, 0);
    part[0] = static_cast<uint8_t>(type);
    CHECK_EQ(judge(FrameBuilder(kHeader).raw(part).bytes()), type == 7 ? Reject::kNone : Reject::kPart);
  }
  std::vector<uint8_t> part = {7, 4, 0, 0, 0, 0, 0, 0};
  CHECK_EQ(judge(FrameBuilder(kHeader).raw(part).bytes()), Reject::kPart);
  part = {7, 0, kMembers, 0, 0, 0, 0, 0};
  CHECK_EQ(judge(FrameBuilder(kHeader).raw(part).bytes()), Reject::kPart);
  CHECK_EQ(judge(FrameBuilder(kHeader).raw(part).bytes(), kMembers + 1), Reject::kNone);
}

TEST("positions and lengths are multiples of 8 and stay below 2^53") {
  constexpr Position kLast = kMaxPosition / 8 * 8;
  const std::vector<uint8_t> eight(8, 1);
  const auto data = [&](Position p, size_t length) {
    return judge(FrameBuilder(kHeader).data(StreamKind::kCast, 3, p, std::vector<uint8_t>(length)).bytes());
  };
  CHECK_EQ(data(kLast - 8, 8), Reject::kNone);
  CHECK_EQ(data(kLast, 8), Reject::kPart);
  CHECK_EQ(data(UINT64_MAX - 7, 8), Reject::kPart);
  CHECK_EQ(data(4, 8), Reject::kPart);
  CHECK_EQ(data(8, 12), Reject::kPart);
  CHECK_EQ(data(8, 0), Reject::kPart);
  const auto nak = [](Position p, Position length) {
    return judge(FrameBuilder(kHeader).nak(StreamKind::kCast, 3, 1, {{p, length}}).bytes());
  };
  CHECK_EQ(nak(0, kLast), Reject::kNone);
  CHECK_EQ(nak(8, kLast), Reject::kPart);
  CHECK_EQ(nak(8, 0), Reject::kPart);
  CHECK_EQ(nak(8, UINT64_MAX - 7), Reject::kPart);
  CHECK_EQ(nak(UINT64_MAX - 7, 16), Reject::kPart);
  CHECK_EQ(nak(12, 8), Reject::kPart);
}

TEST("fields that contradict each other, or are not 0 where 0 is demanded, are refused") {
  const auto status = [](Position received, Position consumed, Position seen) {
    return judge(FrameBuilder(kHeader).status(StreamKind::kCast, 3, received, consumed, seen).bytes());
  };
  CHECK_EQ(status(16, 8, 24), Reject::kNone);
  CHECK_EQ(status(16, 24, 24), Reject::kPart);
  CHECK_EQ(status(16, 8, 8), Reject::kPart);
  CHECK_EQ(status(16, 8, kMaxPosition + 1), Reject::kPart);
  CHECK_EQ(judge(FrameBuilder(kHeader).heartbeat(StreamKind::kCast, 3, false, 8, 16).bytes()), Reject::kPart);
  CHECK_EQ(judge(FrameBuilder(kHeader).heartbeat(StreamKind::kCast, 3, true, 16, 16).bytes()), Reject::kNone);
  // part, offset in it of a byte that must be 0
  const std::pair<FrameBuilder, size_t> zeros[] = {
      {FrameBuilder(kHeader).nak(StreamKind::kCast, 3, 1, {{0, 8}}), 15},
      {FrameBuilder(kHeader).heartbeat(StreamKind::kCast, 3, true, 16, 8), 7},
      {FrameBuilder(kHeader).probe(PartType::kProbe, 1), 1},
      {FrameBuilder(kHeader).probe(PartType::kProbeReply, 1), 7},
  };
  for (const auto& [frame, at] : zeros) {
    std::vector<uint8_t> bytes = frame.bytes();
    CHECK_EQ(judge(bytes), Reject::kNone);
    bytes[kHeaderBytes + at] = 2;
    CHECK_EQ(judge(bytes), Reject::kPart);
  }
}

TEST("a NAK has 1 to 64 ranges") {
  const auto nak = [](uint32_t count) {
    std::vector<Range> ranges;
    for (uint32_t i = 0; i < count; i++) ranges.push_back({i * 16, 8});
    return judge(FrameBuilder(kHeader).nak(StreamKind::kCast, 3, 1, ranges).bytes());
  };
  CHECK_EQ(nak(0), Reject::kPart);
  CHECK_EQ(nak(1), Reject::kNone);
  CHECK_EQ(nak(kMaxNakRanges), Reject::kNone);
  CHECK_EQ(nak(kMaxNakRanges + 1), Reject::kPart);
  // A count that would wrap 32 bits when it is multiplied.
  std::vector<uint8_t> bytes = FrameBuilder(kHeader).nak(StreamKind::kCast, 3, 1, {{8, 8}}).bytes();
  store32(bytes.data() + kHeaderBytes + 8, 0x10000001);
  CHECK_EQ(judge(bytes), Reject::kPart);
}

TEST("the ranges of a NAK are in order and do not overlap") {
  const auto nak = [](const std::vector<Range>& ranges) {
    return judge(FrameBuilder(kHeader).nak(StreamKind::kCast, 3, 1, ranges).bytes());
  };
  CHECK_EQ(nak({{0, 8}, {8, 8}, {24, 16}}), Reject::kNone);  // touching is no overlap
  CHECK_EQ(nak({{8, 8}, {8, 8}}), Reject::kPart);
  CHECK_EQ(nak({{8, 8}, {0, 8}}), Reject::kPart);
  CHECK_EQ(nak({{0, 16}, {8, 16}}), Reject::kPart);
  CHECK_EQ(nak({{0, 8}, {64, 64}, {72, 8}}), Reject::kPart);
}

TEST("DATA whose length leads beyond the frame is refused, whatever the length") {
  for (const uint32_t length : {32u, 1000u, 0x7FFFFFF8u, 0xFFFFFFF0u, 0xFFFFFFF8u}) {
    std::vector<uint8_t> bytes = FrameBuilder(kHeader).data(StreamKind::kCast, 3, 0, std::vector<uint8_t>(24)).bytes();
    store32(bytes.data() + kHeaderBytes + 4, length);
    CHECK_EQ(judge(bytes), Reject::kPart);
  }
}

TEST("an unattached frame names no view, sender or destination") {
  const std::vector<uint8_t> body(8, 0xEE);
  FrameHeader header{};
  const auto judge_header = [&](const FrameHeader& h) {
    const std::vector<uint8_t> bytes = FrameBuilder(h).raw(body).bytes();
    return validate_header(bytes.data(), bytes.size(), header);
  };
  CHECK_EQ(judge_header({kFlagUnattached, 0, 0, 0}), Reject::kNone);
  CHECK_EQ(judge_header({kFlagUnattached | kFlagChecked, 0, 0, 0}), Reject::kNone);
  CHECK_EQ(judge_header({kFlagUnattached, 1, 0, 0}), Reject::kPart);
  CHECK_EQ(judge_header({kFlagUnattached, 0, kAllRanks, 0}), Reject::kPart);
  CHECK_EQ(judge_header({kFlagUnattached, 0, 0, 1}), Reject::kPart);
}

TEST("random damage to a good frame is refused, or still re-encodes to the same bytes") {
  std::mt19937 random(11);
  const std::vector<uint8_t> good = everything(kHeader).bytes();
  for (int round = 0; round < 20000; round++) {
    std::vector<uint8_t> bad = good;
    for (uint32_t n = 1 + random() % 4; n > 0; n--)
      bad[kHeaderBytes + random() % (bad.size() - kHeaderBytes)] = static_cast<uint8_t>(random());
    if (judge(bad) != Reject::kNone) continue;
    std::vector<uint8_t> again(bad.begin(), bad.begin() + kHeaderBytes);
    for (const Part& part : test::parse(bad, kMembers).parts) {
      const std::vector<uint8_t> bytes = test::reencode(part);
      again.insert(again.end(), bytes.begin(), bytes.end());
    }
    CHECK(again == bad);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

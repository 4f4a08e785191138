#include "core/burst.h"

#include "test/check.h"
#include "test/frames.h"
#include "test/script_side.h"

namespace consort {
namespace {

using test::StreamMemory;

constexpr FrameHeader kHeader{0, 0, kAllRanks, 42};
constexpr FrameHeader kCheckedHeader{kFlagChecked, 0, kAllRanks, 42};
const Rank kTo[] = {1, 2};

Burst begun(bool checked) {
  Burst burst(checked);
  burst.begin(kTo, 2, true);
  return burst;
}

TEST("a burst begins empty and says to whom it goes") {
  Burst burst = begun(false);
  CHECK(burst.empty());
  CHECK(burst.all());
  CHECK_EQ(burst.destination_count(), 2u);
  CHECK_EQ(burst.destinations()[1], 2);
  StreamMemory memory(kMinRingBytes);
  burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), 0, 8);
  CHECK(!burst.empty());
  burst.begin(kTo, 1, false);
  CHECK(burst.empty());
  CHECK(!burst.all());
  CHECK_EQ(burst.bytes(), 0u);
  CHECK(burst.pieces().empty());
}

TEST("all frames are of one size but the last, which may be shorter and ends the burst") {
  Burst burst = begun(false);
  StreamMemory memory(kMinRingBytes);
  CHECK(burst.fits(1000));
  burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), 0, 968);
  CHECK_EQ(burst.segment(), 1000u);
  CHECK(burst.fits(1000));
  CHECK(!burst.fits(1008));
  CHECK(burst.fits(40));
  burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), 968, 8);
  CHECK(!burst.fits(40));
  CHECK(!burst.fits(1000));
  CHECK_EQ(test::cut(burst).size(), 2u);
}

TEST("a burst holds no more than 64 frames") {
  Burst burst = begun(true);
  StreamMemory memory(kMinRingBytes);
  uint32_t frames = 0;
  while (burst.fits(burst.data_frame_bytes(8))) {
    burst.add_data(kCheckedHeader, StreamKind::kCast, 0, memory.ring(), frames * 8, 8);
    frames++;
  }
  CHECK_EQ(frames, kMaxBurstFrames);
  CHECK_EQ(test::cut(burst).size(), kMaxBurstFrames);
}

TEST("a burst holds no more than one datagram's worth of bytes, and one largest frame fits") {
  StreamMemory memory(128 * 1024);
  Burst burst = begun(false);
  uint32_t frames = 0;
  while (burst.fits(1400)) {
    burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), frames * 1368, 1368);
    frames++;
  }
  CHECK_EQ(frames, kMaxBurstBytes / 1400);
  burst.begin(kTo, 1, false);
  CHECK(burst.fits(kMaxFrameBytes));
  burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), 0, kMaxFrameBytes - kDataOverheadBytes);
  CHECK_EQ(burst.bytes(), kMaxFrameBytes);
  CHECK(!burst.fits(8));
}

TEST("frames carry the ring's bytes, across its end too, with and without a checksum") {
  for (const bool checked : {false, true}) {
    Burst burst = begun(checked);
    StreamMemory memory(kMinRingBytes);
    for (uint32_t i = 0; i < kMinRingBytes; i++) memory.bytes[i] = static_cast<uint8_t>(i * 7 + i / 256);
    const Position far = (uint64_t{1} << 32) + kMinRingBytes - 256;
    for (Position p = far; p < far + 1000; p += 200) {
      CHECK(burst.fits(burst.data_frame_bytes(200)));
      burst.add_data(checked ? kCheckedHeader : kHeader, StreamKind::kControlPt2pt, 3, memory.ring(), p, 200);
    }
    Position at = far;
    for (auto& bytes : test::cut(burst)) {
      const test::SentFrame frame = test::parse(std::move(bytes), 4);
      CHECK_EQ(frame.parts.size(), 1u);
      const Part& part = frame.parts[0];
      CHECK_EQ(part.stream, StreamKind::kControlPt2pt);
      CHECK_EQ(part.origin, 3);
      CHECK_EQ(part.position, at);
      for (uint32_t i = 0; i < part.length; i++) CHECK_EQ(part.payload[i], *memory.ring().at(at + i));
      at += part.length;
    }
    CHECK_EQ(at, far + 1000);
  }
}

TEST("the ring's bytes are not copied") {
  Burst burst = begun(false);
  StreamMemory memory(kMinRingBytes);
  burst.add_data(kHeader, StreamKind::kCast, 0, memory.ring(), 64, 128);
  CHECK_EQ(burst.pieces().size(), 2u);
  CHECK_EQ(burst.pieces()[1].data, memory.bytes.data() + 64);
}

TEST("a frame that is written already goes out as it is, with a trailer if frames are checked") {
  for (const bool checked : {false, true}) {
    Burst burst = begun(checked);
    uint8_t frame[kHeaderBytes + kProbeBytes];
    write_header(frame, checked ? kCheckedHeader : kHeader);
    write_probe(frame + kHeaderBytes, PartType::kProbe, 99);
    burst.add_frame(frame, sizeof frame);
    CHECK_EQ(burst.bytes(), sizeof frame + (checked ? kTrailerBytes : 0));
    const test::SentFrame parsed = test::parse(test::cut(burst)[0], 4);
    CHECK_EQ(parsed.parts[0].position, 99u);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// What a plane, its peers played by hand, sends again.
#include "core/resender.h"

#include "core/data_plane.h"
#include "test/check.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::LonePlane;
constexpr StreamKind kCast = StreamKind::kCast;

TEST("a NAK is answered with just the ranges, to who asked, then NAK_DONE") {
  LonePlane lone;
  lone.open_send().write(4096);
  lone.poll();
  lone.give(lone.from(2, 0).nak(kCast, 0, 77, {{64, 128}, {1024, 2048}}));
  lone.poll();
  Position expect[][2] = {{64, 128}, {1024, 1168}, {2192, 880}};
  CHECK_EQ(lone.sink.frames.size(), 4u);
  for (int i = 0; i < 3; i++) {
    const test::SentFrame& frame = lone.sink.frames[i];
    CHECK_EQ(frame.to.size(), 1u);
    CHECK_EQ(frame.to[0], 2);
    CHECK_EQ(frame.header.destination, 2);
    CHECK_EQ(frame.parts[0].position, expect[i][0]);
    CHECK_EQ(frame.parts[0].length, expect[i][1]);
    const auto wanted = test::bytes_at(test::stream_key(0, kCast, kAllRanks), expect[i][0], expect[i][1]);
    CHECK(std::memcmp(frame.parts[0].payload, wanted.data(), wanted.size()) == 0);
  }
  CHECK_EQ(lone.sink.frames[3].parts[0].type, PartType::kNakDone);
  CHECK_EQ(lone.sink.frames[3].parts[0].serial, 77u);
  CHECK_EQ(lone.plane.stats().get(Stat::kResentBytes), 128u + 2048);
}

TEST("resends that the sink refuses go out later, whole, once, and NAK_DONE after them") {
  for (const size_t frames_at_once : {1u, 2u, 3u, 50u}) {
    LonePlane lone;
    lone.open_send().write(kMinRingBytes);
    lone.poll();
    lone.give(lone.from(2, 0).nak(kCast, 0, 1, {{0, 4096}, {4104, 64}, {4176, 8}}));
    lone.give(lone.from(1, 0).nak(kCast, 0, 2, {{8, 2000}}));
    std::vector<Part> all;
    std::vector<std::vector<uint8_t>> keep;
    lone.sink.accept_only = frames_at_once;
    for (int turn = 0; turn < 20; turn++) {
      lone.sink.frames.clear();
      lone.plane.poll(lone.now, lone.sink);
      for (const Part& part : lone.sink.parts(PartType::kData)) all.push_back(part);
      for (test::SentFrame& frame : lone.sink.frames) keep.push_back(std::move(frame.bytes));
    }
    Position sum = 0;
    for (const Part& part : all) sum += part.length;
    CHECK_EQ(sum, 4096u + 64 + 8 + 2000);
    CHECK_EQ(lone.plane.stats().get(Stat::kResentBytes), sum);
  }
}

TEST("a repeated NAK is answered with NAK_DONE alone, for each stream and each requester on its own") {
  LonePlane lone(3);
  lone.open_send().write(500);
  lone.poll();
  const auto asks = [&](Rank from, uint32_t serial) {
    lone.sink.frames.clear();
    lone.give(lone.from(from, 0).nak(kCast, 0, serial, {{0, 64}}));
    lone.poll();
    const std::vector<Part> done = lone.sink.parts(PartType::kNakDone);
    CHECK_EQ(done.size(), 1u);
    return std::pair(lone.sink.parts(PartType::kData).size(), done.at(0).serial);
  };
  CHECK(asks(1, 4) == std::pair(size_t{1}, 4u));
  CHECK(asks(1, 4) == std::pair(size_t{0}, 4u));
  // Lost once, overtaken, and repeated: what the later one was told holds for it, too.
  CHECK(asks(1, 3) == std::pair(size_t{0}, 4u));
  CHECK(asks(2, 4) == std::pair(size_t{1}, 4u));
  CHECK(asks(1, 5) == std::pair(size_t{1}, 5u));
}

TEST("serials of NAKs go round, and one from far ahead spoils nothing") {
  LonePlane lone;
  lone.open_send().write(500);
  lone.poll();
  for (const uint32_t serial : {5'000u, 0xFFFFFFFFu, 1u, 0x7FFFFFFFu, 2u}) {
    lone.sink.frames.clear();
    lone.give(lone.from(1, 0).nak(kCast, 0, serial, {{0, 64}}));
    lone.poll();
    CHECK_EQ(lone.sink.parts(PartType::kData).size(), 1u);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

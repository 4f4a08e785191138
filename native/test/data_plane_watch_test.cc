// Watching members: who is heard, and who is probed because he is not. Each in virtual time.
#include "core/data_plane.h"
#include "test/check.h"
#include "test/lone_plane.h"
#include "test/pair.h"

namespace consort {
namespace {

using test::LonePlane;
using test::Pair;
using test::PairOptions;
constexpr StreamKind kCast = StreamKind::kCast;
constexpr Micros kInterval = 50'000;

std::vector<test::SentFrame> probes(const LonePlane& lone) {
  std::vector<test::SentFrame> found;
  for (const test::SentFrame& frame : lone.sink.frames) {
    if (frame.parts.back().type == PartType::kProbe) found.push_back(frame);
  }
  return found;
}

TEST("each frame of a member that is for me is counted in the slot of its casts, whatever it holds") {
  LonePlane lone(3, kMinRingBytes, true);
  test::Reader& reader = lone.open_receive(1);
  test::Reader& other = lone.open_receive(2);
  lone.give(lone.from(1).probe(PartType::kProbeReply, 1));
  lone.give(lone.from(1, 0).data(StreamKind::kPt2pt, 1, 0, std::vector<uint8_t>(8)));
  lone.give(lone.from(1).raw({99, 0, 0, 0, 0, 0, 0, 0}));
  CHECK_EQ(reader.memory.word(kWordHeard), 3u);
  CHECK_EQ(lone.plane.heard(1), 3u);
  CHECK_EQ(other.memory.word(kWordHeard), 0u);
  CHECK_EQ(lone.plane.heard(2), 0u);
}

TEST("what is refused for its header is not counted as heard") {
  LonePlane lone(3, kMinRingBytes, true);
  test::Reader& reader = lone.open_receive(1);
  lone.give(lone.from(1, 2).probe(PartType::kProbe, 1));
  lone.give(test::FrameBuilder({0, 1, kAllRanks, LonePlane::kConnection}).probe(PartType::kProbe, 1));
  lone.give(test::FrameBuilder({kFlagChecked, 1, kAllRanks, 1}).probe(PartType::kProbe, 1));
  lone.plane.exclude(1);
  lone.give(lone.from(1).probe(PartType::kProbe, 1));
  CHECK_EQ(reader.memory.word(kWordHeard), 0u);
  CHECK_EQ(lone.plane.heard(1), 0u);
  CHECK_EQ(lone.plane.heard(0), 0u);
  CHECK_EQ(lone.plane.heard(99), 0u);
}

TEST("frames that came before the casts were opened show with the next one") {
  LonePlane lone;
  lone.give(lone.from(1).probe(PartType::kProbe, 1));
  test::Reader& reader = lone.open_receive(1);
  CHECK_EQ(reader.memory.word(kWordHeard), 0u);
  lone.give(lone.from(1).probe(PartType::kProbe, 1));
  CHECK_EQ(reader.memory.word(kWordHeard), 2u);
}

TEST("who is watched gets a PROBE at once, and again after each interval of silence") {
  LonePlane lone;
  lone.plane.watch(2, kInterval);
  CHECK_EQ(lone.poll(), lone.now + kInterval);
  CHECK_EQ(probes(lone).size(), 1u);
  CHECK_EQ(probes(lone)[0].to[0], 2);
  CHECK_EQ(probes(lone)[0].parts[0].position, lone.now);
  for (int i = 0; i < 3; i++) {
    lone.now += kInterval - 1;
    CHECK_EQ(lone.poll(), lone.now + 1);
    CHECK(lone.sink.frames.empty());
    lone.now += 1;
    CHECK_EQ(lone.poll(), lone.now + kInterval);
    CHECK_EQ(probes(lone).size(), 1u);
  }
}

TEST("any frame of a watched member puts the next PROBE off") {
  LonePlane lone;
  lone.open_receive(1);
  lone.plane.watch(1, kInterval);
  lone.poll();
  for (int i = 0; i < 10; i++) {
    lone.now += kInterval - 1;
    lone.give(lone.from(1).heartbeat(kCast, 1, false, 0, 0));
    CHECK_EQ(lone.poll(), lone.now + kInterval);
    CHECK(lone.sink.frames.empty());
  }
}

TEST("watching anew probes at once, also one that was just heard") {
  LonePlane lone;
  lone.plane.watch(1, kInterval);
  lone.poll();
  lone.give(lone.from(1).probe(PartType::kProbeReply, lone.now));
  lone.plane.watch(1, 2 * kInterval);
  CHECK_EQ(lone.poll(), lone.now + 2 * kInterval);
  CHECK_EQ(probes(lone).size(), 1u);
}

TEST("who is watched no more, failed, or is none of the others, is not probed") {
  LonePlane lone;
  lone.plane.watch(0, kInterval);
  lone.plane.watch(3, kInterval);
  lone.plane.watch(1, kInterval);
  lone.plane.watch(1, 0);
  lone.plane.watch(2, kInterval);
  lone.plane.exclude(2);
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
  lone.plane.watch(2, kInterval);
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
}

TEST("an interval out of bounds is drawn to them") {
  LonePlane lone;
  lone.plane.watch(1, 1);
  CHECK_EQ(lone.poll(), lone.now + kMinWatchUs);
  lone.plane.watch(1, UINT64_MAX);
  CHECK_EQ(lone.poll(), lone.now + kMaxWatchUs);
}

TEST("a PROBE for the round trip counts for the watch, and the other way round") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 0, 0));
  lone.poll();
  CHECK_EQ(probes(lone).size(), 1u);  // rides on the STATUS
  lone.plane.watch(1, kInterval);
  lone.poll();
  CHECK_EQ(probes(lone).size(), 1u);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 0, 0));
  lone.now += kProbeIntervalUs - 1;
  lone.plane.watch(1, 0);
  lone.poll();
  CHECK(!lone.sink.parts(PartType::kStatus).empty());
  CHECK(lone.sink.parts(PartType::kProbe).empty());
}

TEST("a PROBE that the socket has no room for is sent again after the interval") {
  LonePlane lone;
  lone.plane.watch(1, kInterval);
  lone.sink.refuse = true;
  CHECK_EQ(lone.poll(), lone.now + kInterval);
  lone.sink.refuse = false;
  lone.now += kInterval;
  lone.poll();
  CHECK_EQ(probes(lone).size(), 1u);
}

TEST("two that watch each other hear each other for ever, with few frames, and one who fails is heard no more") {
  PairOptions options;
  options.faults.loss = 100;
  Pair pair(options);
  pair.open_casts();
  for (const Rank rank : {0, 1}) {
    pair.plane(rank).watch(1 - rank, kInterval);
    pair.wake(rank);
  }
  for (int i = 0; i < 20; i++) {
    const uint32_t before[] = {pair.plane(0).heard(1), pair.plane(1).heard(0)};
    pair.run_for(10 * kInterval);
    CHECK(pair.plane(0).heard(1) != before[0]);
    CHECK(pair.plane(1).heard(0) != before[1]);
  }
  CHECK(pair.frames_carried < 200 * 6);
  pair.kill(1);
  const uint32_t heard = pair.plane(0).heard(1);
  const uint64_t carried = pair.frames_carried;
  pair.run_for(10 * kInterval);
  CHECK(pair.plane(0).heard(1) <= heard + 1);  // what was on its way
  CHECK(pair.frames_carried >= carried + 9);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

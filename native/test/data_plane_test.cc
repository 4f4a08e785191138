// One plane, its peers played by hand: when it says what. Networks of planes: data_plane_network_test.cc.
#include "core/data_plane.h"

#include "test/check.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::LonePlane;
constexpr StreamKind kCast = StreamKind::kCast;

TEST("a stream opens once, and only to ranks of the view") {
  LonePlane lone;
  test::StreamMemory memory(kMinRingBytes);
  lone.open_send();
  lone.open_send(StreamKind::kPt2pt, 1);
  lone.open_receive(1);
  CHECK(!lone.plane.open_send(kCast, kAllRanks, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_send(kCast, 1, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_send(StreamKind::kPt2pt, 1, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_send(StreamKind::kPt2pt, 0, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_send(StreamKind::kPt2pt, 3, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_send(StreamKind::kPt2pt, kAllRanks, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_receive(kCast, 1, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_receive(kCast, 0, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_receive(kCast, 3, memory.ring(), memory.slot()));
  CHECK(!lone.plane.open_receive(kCast, kAllRanks, memory.ring(), memory.slot()));
}

TEST("a plane with nothing to do sends nothing and wants no poll") {
  LonePlane lone;
  lone.open_send();
  lone.open_receive(1);
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
}

TEST("a PROBE is answered with its own time, and measured round trips set how long a NAK waits") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give(lone.from(1).probe(PartType::kProbe, 0xFEDCBA9876543210));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kProbeReply)[0].position, 0xFEDCBA9876543210u);
  CHECK_EQ(lone.sink.parts(PartType::kProbe)[0].position, lone.now);
  lone.give(lone.from(1).probe(PartType::kProbeReply, lone.now - 10'000));
  lone.give_data(1, 1, 64, 128);
  lone.now += kNakDelayUs;
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kNak).size(), 1u);
  lone.now += 39'999;
  lone.poll();
  CHECK(lone.sink.parts(PartType::kNak).empty());
  lone.now += 1;
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kNak).size(), 1u);
}

TEST("received() tells how far everybody's casts have come, mine included") {
  LonePlane lone;
  lone.open_send().write(256);
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.poll();
  CHECK_EQ(lone.plane.received(0), 256u);
  CHECK_EQ(lone.plane.received(1), 64u);
  CHECK_EQ(lone.plane.received(2), 0u);
  CHECK_EQ(lone.plane.received(99), 0u);
}

TEST("JavaScript has news when bytes came, when room was made, and not otherwise") {
  LonePlane lone;
  lone.open_receive(1);
  test::Writer& writer = lone.open_send();
  lone.poll();
  lone.plane.take_news();
  lone.give_data(1, 1, 0, 64);
  CHECK(lone.plane.take_news());
  CHECK(!lone.plane.take_news());
  lone.give_data(1, 1, 0, 64);
  lone.give(lone.from(1).probe(PartType::kProbe, 1));
  writer.write(64);
  lone.poll();
  CHECK(!lone.plane.take_news());
  for (const Rank rank : {1, 2}) lone.give(lone.from(rank, 0).status(kCast, 0, 64, 64, 64));
  CHECK(lone.plane.take_news());
  lone.plane.exclude(2);
  CHECK(lone.plane.take_news());
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

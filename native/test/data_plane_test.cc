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

TEST("a cast goes out once for all, a pt2pt to one") {
  LonePlane lone;
  lone.open_send().write(64);
  lone.open_send(StreamKind::kPt2pt, 2).write(32);
  lone.poll();
  CHECK_EQ(lone.sink.frames.size(), 2u);
  CHECK(lone.sink.frames[0].all);
  CHECK_EQ(lone.sink.frames[0].to.size(), 2u);
  CHECK_EQ(lone.sink.frames[0].header.destination, kAllRanks);
  CHECK(!lone.sink.frames[1].all);
  CHECK_EQ(lone.sink.frames[1].to[0], 2);
  CHECK_EQ(lone.sink.frames[1].header.destination, 2);
  CHECK_EQ(lone.sink.frames[1].header.connection, LonePlane::kConnection);
}

TEST("news below the threshold waits a little for its STATUS") {
  LonePlane lone;
  lone.open_receive(1);
  lone.settle_probes();
  lone.give_data(1, 1, 0, 64);
  CHECK_EQ(lone.poll(), lone.now + kStatusDelayUs);
  CHECK(lone.sink.parts(PartType::kStatus).empty());
  lone.now += kStatusDelayUs;
  CHECK(lone.poll() > lone.now);
  const std::vector<Part> status = lone.sink.parts(PartType::kStatus);
  CHECK_EQ(status.size(), 1u);
  CHECK_EQ(status[0].position, 64u);
  CHECK_EQ(status[0].consumed, 0u);
  CHECK_EQ(status[0].seen, 64u);
}

TEST("an eighth of a ring of news, received, consumed or seen, is told at once") {
  LonePlane lone;
  test::Reader& reader = lone.open_receive(1);
  lone.settle_probes();
  lone.give_data(1, 1, 0, kMinRingBytes / 8 - 8);
  lone.poll();
  CHECK(lone.sink.frames.empty());
  lone.give_data(1, 1, kMinRingBytes / 8 - 8, kMinRingBytes / 8);
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  reader.read();
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].consumed, kMinRingBytes / 8);
  lone.give_data(1, 1, kMinRingBytes / 2, kMinRingBytes / 2 + 64);
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].seen, kMinRingBytes / 2 + 64);
  lone.poll();
  CHECK(lone.sink.parts(PartType::kStatus).empty());
}

TEST("a duplicate has STATUS told again, since ours may have been lost") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.now += kStatusDelayUs;
  lone.poll();
  lone.give_data(1, 1, 0, 64);
  CHECK_EQ(lone.plane.stats().get(Stat::kDuplicateBytes), 64u);
  lone.now += kStatusDelayUs;
  lone.poll();
  lone.now += kStatusDelayUs;
  lone.poll();
  CHECK_EQ(lone.plane.stats().get(Stat::kStatusSent), 2u);
}

TEST("a HEARTBEAT that wants an answer gets it at once") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 0, 0));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  lone.give(lone.from(1).heartbeat(kCast, 1, false, 0, 0));
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
}

TEST("while somebody lags HEARTBEATs go to him only, and ask for STATUS") {
  LonePlane lone;
  lone.open_send().write(64);
  lone.poll();
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 64, 64));
  lone.now += kHeartbeatMinUs;
  lone.poll();
  CHECK_EQ(lone.sink.frames.size(), 1u);
  CHECK_EQ(lone.sink.frames[0].to[0], 2);
  const std::vector<Part> beats = lone.sink.parts(PartType::kHeartbeat);
  CHECK_EQ(beats[0].position, 64u);
  CHECK_EQ(beats[0].serial, 1u);
  lone.give(lone.from(2, 0).status(kCast, 0, 64, 64, 64));
  lone.now += kHeartbeatMaxUs;
  lone.poll();
  // Both have everything now, and are told that it is stable until they confirm it.
  CHECK_EQ(lone.sink.parts(PartType::kHeartbeat).size(), 2u);
  for (const Part& part : lone.sink.parts(PartType::kHeartbeat)) CHECK_EQ(part.consumed, 64u);
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 64, 64, 64));
  lone.now += kHeartbeatMaxUs;
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kHeartbeat).size(), 1u);
  lone.give(lone.from(2, 0).status(kCast, 0, 64, 64, 64, 64));
  lone.now += kHeartbeatMaxUs;
  CHECK_EQ(lone.poll(), kNever);
}

TEST("STATUS confirms the stable position that a HEARTBEAT told") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 64, 48));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].serial, 48u);
}

TEST("a poll sends a bounded amount of new data and says that there is more") {
  LonePlane lone(2, 8 * 1024 * 1024);
  lone.open_send().write(4 * 1024 * 1024);
  CHECK_EQ(lone.plane.poll(lone.now, lone.sink), lone.now);
  const uint64_t first = lone.plane.stats().get(Stat::kDataBytesSent);
  CHECK(first >= 1024 * 1024 && first < 2 * 1024 * 1024);
  lone.poll();
  CHECK_EQ(lone.plane.stats().get(Stat::kDataBytesSent), 4u * 1024 * 1024);
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

TEST("control parts never fill a frame beyond the smallest MTU, however many there are") {
  LonePlane lone(2, 64 * 1024, true);
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) lone.open_receive(1, static_cast<StreamKind>(kind));
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) {
    for (Position p = 8; p < 60'000; p += 200) lone.give_data(1, 1, p, p + 8, static_cast<StreamKind>(kind));
  }
  lone.now += kNakDelayUs;
  lone.poll();
  CHECK(lone.sink.parts(PartType::kNak).size() >= 4 * 4);
  for (const test::SentFrame& frame : lone.sink.frames) CHECK(frame.bytes.size() <= kControlFrameBytes);
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

// Its ring was full, it waits for room; the plane makes room in poll() itself.
TEST("who is alone in the view has news of the room that there is again") {
  LonePlane lone(1);
  test::Writer& writer = lone.open_send();
  lone.plane.take_news();
  writer.write(writer.room());
  CHECK_EQ(writer.room(), 0u);
  lone.poll();
  CHECK_EQ(writer.room(), kMinRingBytes);
  CHECK(lone.plane.take_news());
}

TEST("bytes that have not gone out are counted, and counting them hides no news") {
  LonePlane lone;
  test::Writer& writer = lone.open_send();
  writer.write(256);
  CHECK_EQ(lone.plane.unsent_bytes(), 256u);
  lone.poll();
  CHECK_EQ(lone.plane.unsent_bytes(), 0u);
  LonePlane alone(1);
  test::Writer& other = alone.open_send();
  alone.plane.take_news();
  other.write(other.room());
  CHECK_EQ(alone.plane.unsent_bytes(), 0u);
  alone.poll();
  CHECK_EQ(other.room(), kMinRingBytes);
  CHECK(alone.plane.take_news());
}

TEST("what lies beyond my own cut does not count as unsent: it never goes out") {
  LonePlane lone;
  lone.open_send().write(256);
  lone.plane.stop_at(0, 128);
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kData)[0].length, 128u);
  CHECK_EQ(lone.plane.unsent_bytes(), 0u);
}

TEST("a view of one needs no network") {
  LonePlane lone(1);
  test::Writer& writer = lone.open_send();
  for (int i = 0; i < 10; i++) {
    writer.write(writer.room());
    lone.poll();
    CHECK(lone.sink.frames.empty());
    CHECK_EQ(writer.stable(), writer.written());
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

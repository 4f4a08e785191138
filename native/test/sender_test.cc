// What a plane, its peers played by hand, sends of its own streams, and when it says how far they reach.
#include "core/sender.h"

#include "core/data_plane.h"
#include "test/check.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::LonePlane;
constexpr StreamKind kCast = StreamKind::kCast;

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

TEST("a poll sends a bounded amount of new data and says that there is more") {
  LonePlane lone(2, 8 * 1024 * 1024);
  lone.open_send().write(4 * 1024 * 1024);
  CHECK_EQ(lone.plane.poll(lone.now, lone.sink), lone.now);
  const uint64_t first = lone.plane.stats().get(Stat::kDataBytesSent);
  CHECK(first >= 1024 * 1024 && first < 2 * 1024 * 1024);
  lone.poll();
  CHECK_EQ(lone.plane.stats().get(Stat::kDataBytesSent), 4u * 1024 * 1024);
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

TEST("a refused burst of new data is offered again as it was") {
  LonePlane lone;
  lone.open_send().write(5000);
  lone.sink.refuse = true;
  CHECK(lone.plane.poll(lone.now, lone.sink) > lone.now);
  CHECK(lone.plane.blocked());
  CHECK_EQ(lone.plane.stats().get(Stat::kDataBytesSent), 0u);
  lone.sink.refuse = false;
  lone.poll();
  CHECK(!lone.plane.blocked());
  Position at = 0;
  for (const Part& part : lone.sink.parts(PartType::kData)) {
    CHECK_EQ(part.position, at);
    at += part.length;
  }
  CHECK_EQ(at, 5000u);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// What a plane, its peers played by hand, tells of the streams that come in, and asks for.
#include "core/receiver.h"

#include "core/data_plane.h"
#include "test/check.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::LonePlane;
constexpr StreamKind kCast = StreamKind::kCast;

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

TEST("STATUS confirms the stable position that a HEARTBEAT told") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 64, 48));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].serial, 48u);
}

TEST("NAK_DONE makes the plane ask again at once") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 64, 128);
  lone.now += kNakDelayUs;
  lone.poll();
  const uint32_t serial = lone.sink.parts(PartType::kNak)[0].serial;
  lone.give(lone.from(1, 0).nak_done(kCast, 1, serial));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kNak).size(), 1u);
  CHECK(lone.sink.parts(PartType::kNak)[0].serial != serial);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

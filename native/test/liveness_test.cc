// Faults that a review found, kept from coming back: lost wake-ups, storms, unbounded work, accuracy of loss and
// stability.
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

// Endpoint::try_small_step asks unsent_bytes() and then polls: refresh() there makes the room, and its `true` is
// dropped.
TEST("a view of one: asking for unsent_bytes() does not swallow the news of room") {
  LonePlane lone(1);
  test::Writer& writer = lone.open_send();
  writer.write(writer.room());
  lone.plane.take_news();
  CHECK_EQ(writer.room(), 0u);
  lone.plane.unsent_bytes();
  lone.poll();
  CHECK_EQ(writer.room(), kMinRingBytes);
  CHECK(lone.plane.take_news());
}

// DATA of this size never arrives (a path MTU that is smaller than the frame), NAKs and NAK_DONE do; a round trip takes
// 100 us.
TEST("where resends never arrive, asking backs off although NAK_DONE does") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 4096, 0));
  lone.now += kNakDelayUs;
  uint64_t naks = 0;
  for (int i = 0; i < 10'000; i++) {
    lone.poll();
    for (const Part& nak : lone.sink.parts(PartType::kNak)) {
      naks++;
      lone.give(lone.from(1, 0).nak_done(kCast, 1, nak.serial));
    }
    lone.now += 100;
  }
  CHECK(naks < 100);
}

// 8 bytes every 2 ms: commit() puts the HEARTBEAT off each time.
TEST("what is stable is told while data trickles") {
  LonePlane lone(2, 1024 * 1024);
  test::Writer& writer = lone.open_send();
  uint64_t beats = 0;
  for (int i = 0; i < 1000; i++) {
    writer.write(8);
    lone.poll();
    beats += lone.sink.parts(PartType::kHeartbeat).size();
    lone.give(lone.from(1, 0).status(kCast, 0, writer.written(), writer.written(), writer.written()));
    lone.poll();
    beats += lone.sink.parts(PartType::kHeartbeat).size();
    lone.now += 2'000;
  }
  CHECK(beats > 0);
}

TEST("alone in the view, nothing beyond the cut counts as sent and stable") {
  LonePlane lone(2);
  test::Writer& writer = lone.open_send();
  writer.write(64);
  lone.plane.stop_at(0, 64);
  writer.write(64);
  lone.plane.exclude(1);
  lone.poll();
  CHECK_EQ(writer.stable(), 64u);
}

// 2^32 bytes and more became stable without a confirmation that arrived: the low half alone does not show it.
TEST("a receiver that confirms after more than 2^32 bytes is believed") {
  Stability stability({1});
  const Position far = (uint64_t{1} << 32) + 4096;
  stability.update(1, {far, far, far, 0});
  stability.update(1, {far, far, far, static_cast<uint32_t>(far)});
  CHECK_EQ(stability.told_stable(0), far);
}

// A burst of one ring, all seen before the next: NAKs come before the first STATUS of the new burst, whose round is
// still empty.
TEST("loss counts although all that was sent before had been seen") {
  constexpr uint32_t kRing = 1024 * 1024;
  test::StreamMemory memory(kRing);
  SendStream stream(kCast, {1}, memory.ring(), memory.slot(), 1024, kRing);
  Burst burst(false);
  for (Position begin = 0; begin < 20 * kRing; begin += kRing) {
    const Position end = begin + kRing;
    memory.slot().store(kWordFromScript, end);
    stream.refresh();
    while (stream.has_data_to_send()) {
      burst.begin(stream.stability().live().data(), 1, true);
      stream.fill(burst, {0, 0, kAllRanks, 1}, 0);
      stream.commit(0);
    }
    stream.handle_lost(1, kRing / 2);  // NAKs
    stream.handle_status(1, {begin, begin, begin + kRing / 4, 0});
    stream.handle_status(1, {end, end, end, 0});
  }
  CHECK(stream.flow().window() < kRing);
}

// The socket is full: the resend of [0, 4096) waits; meanwhile a duplicate brings [0, 1024), which is consumed and
// told.
TEST("of a resend that waits, what is still missing is sent though its beginning was consumed") {
  LonePlane lone(2);
  lone.open_send().write(4096);
  lone.poll();
  lone.give(lone.from(1, 0).nak(kCast, 0, 1, {{0, 4096}}));
  lone.give(lone.from(1, 0).status(kCast, 0, 1024, 1024, 4096));
  lone.poll();
  Position sum = 0;
  for (const Part& part : lone.sink.parts(PartType::kData)) sum += part.length;
  CHECK_EQ(sum, 3072u);
}

// told_seen is beyond seen then: the difference of two unsigned numbers is huge.
TEST("a cut below what was told as seen does not make a STATUS due at once") {
  LonePlane lone;
  lone.open_receive(1);
  lone.settle_probes();
  lone.give_data(1, 1, 64, 128);
  lone.now += kStatusDelayUs;
  lone.poll();
  lone.plane.stop_at(1, 64);
  lone.poll();
  CHECK(lone.sink.parts(PartType::kStatus).empty());
}

TEST("holder of a live member: its control casts are asked for from itself") {
  LonePlane lone;
  lone.open_receive(1);
  lone.open_receive(1, StreamKind::kPt2pt);
  lone.plane.set_holder(1, 2, 0);
  lone.plane.exclude(2);  // the holder fails; member 1 lives
  lone.give_data(1, 1, 64, 128, StreamKind::kPt2pt);
  lone.now += kNakRetryMaxUs;
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kNak).size(), 1u);
}

// Ranges of 8 and of 1 MiB count alike: the budget is of payload, NAK_DONEs cost nothing.
TEST("a poll makes a bounded number of sends") {
  LonePlane lone(3, 64 * 1024);
  lone.open_send().write(64 * 1024);
  lone.poll();
  for (uint32_t serial = 1; serial <= 120; serial++) {
    std::vector<Range> ranges;
    for (Position i = 0; i < 64; i++) ranges.push_back({i * 64, i % 2 == 0 ? 8u : 16u});
    lone.give(lone.from(1 + serial % 2, 0).nak(kCast, 0, serial, ranges));
  }
  lone.sink.frames.clear();
  const size_t before = lone.sink.offered;
  lone.plane.poll(lone.now, lone.sink);
  CHECK(lone.sink.offered - before < 1024);
}
}  // namespace
}  // namespace consort
CHECK_MAIN()

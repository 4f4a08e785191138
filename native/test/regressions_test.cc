// What was once wrong, and stays right: one test for each fault that was found by review or by a simulated network.
// The same in TypeScript: test/unit/data-plane/typescript/*.test.ts
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

// The parts of one type in what was sent to `to`.
std::vector<Part> parts_to(const LonePlane& lone, Rank to, PartType type) {
  std::vector<Part> found;
  for (const test::SentFrame& frame : lone.sink.frames) {
    for (const Part& part : frame.parts) {
      if (part.type == type && frame.to.size() == 1 && frame.to[0] == to) found.push_back(part);
    }
  }
  return found;
}

// ---- the cut ----

// 1. Bytes are here that reach over the cut; 2. the cut comes; 3. the gap before them closes: `received` went to their
// end.
TEST("what arrived beyond the cut before the cut did is forgotten") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 80);
  lone.give_data(1, 1, 96, 200);
  lone.give_data(1, 1, 400, 408);
  lone.plane.stop_at(1, 120);
  lone.give_data(1, 1, 80, 96);
  CHECK_EQ(lone.plane.received(1), 120u);
  lone.now += kStatusDelayUs;
  lone.poll();
  CHECK_EQ(parts_to(lone, 1, PartType::kStatus)[0].seen, 120u);
}

TEST("nothing beyond the cut is asked for any more") {
  LonePlane lone;
  lone.open_receive(1);
  for (const Position gap : {64, 192, 320}) {
    lone.give_data(1, 1, gap, gap + 64);
    lone.now += kNakDelayUs;
    lone.poll();
  }
  lone.plane.stop_at(1, 160);
  lone.now += kNakRetryMaxUs;
  lone.poll();
  const std::vector<Part> naks = lone.sink.parts(PartType::kNak);
  CHECK_EQ(naks.size(), 2u);
  CHECK_EQ(read_range(naks[0], 0).position, 0u);
  CHECK_EQ(read_range(naks[1], 0).position, 128u);
  CHECK_EQ(read_range(naks[1], 0).length, 32u);
  lone.give_data(1, 1, 0, 64);
  lone.give_data(1, 1, 128, 160);
  lone.now += kNakRetryMaxUs;
  CHECK_EQ(lone.poll(), kNever);
  CHECK_EQ(lone.plane.received(1), 160u);
}

// What lies beyond the cut took the place of a ring before it, whether it counts or not.
TEST("a holder does not offer what was overwritten by bytes beyond the cut") {
  LonePlane lone;
  test::Reader& reader = lone.open_receive(1);
  lone.give_data(1, 1, 0, 4096);
  reader.read();
  lone.poll();
  lone.give_data(1, 1, kMinRingBytes + 64, kMinRingBytes + 128);
  lone.plane.exclude(1);
  lone.plane.stop_at(1, 4096);
  lone.plane.set_holder(1, 0, 4096);
  lone.give(lone.from(2, 0).nak(kCast, 1, 1, {{0, 4096}}));
  lone.poll();
  Position at = 128;
  for (const Part& part : lone.sink.parts(PartType::kData)) {
    CHECK_EQ(part.position, at);
    at += part.length;
  }
  CHECK_EQ(at, 4096u);
}

// ---- NAKs ----

// Member 1 has [0, 80) and [160, 240), member 2, the holder, [0, 120); the cut is said to be 200. Before: NAK,
// NAK_DONE, NAK ... as fast as the network goes, 33,312 NAKs in this second.
TEST("a holder that has less than it is asked for sends what it has, and is asked for the rest now and then") {
  Pair pair({.members = 3});
  pair.open_casts();
  const auto give = [&](Rank to, Position begin, Position end) {
    test::FrameBuilder frame({0, 0, kAllRanks, 0xC0FFEE});
    frame.data(kCast, 0, begin, test::bytes_at(test::stream_key(0, kCast, to), begin, end - begin));
    test::receive(pair.plane(to), frame.bytes(), pair.now);
  };
  give(1, 0, 80);
  give(1, 160, 240);
  give(2, 0, 120);
  pair.kill(0);
  pair.exclude(0);
  for (const Rank rank : {1, 2}) {
    pair.plane(rank).set_holder(0, 2, 200);
    pair.plane(rank).stop_at(0, 200);
  }
  pair.run_for(1'000'000);
  CHECK_EQ(pair.plane(1).received(0), 120u);
  CHECK(pair.plane(1).stats().get(Stat::kNaksSent) < 30);
  CHECK(pair.plane(2).stats().get(Reject::kOverrun) > 0);
}

TEST("a NAK that names nothing that is held is not answered, and counted once") {
  LonePlane lone;
  lone.open_send().write(128);
  lone.poll();
  lone.give(lone.from(2, 0).nak(kCast, 0, 1, {{64, 128}, {192, 64}}));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kData).size(), 1u);
  CHECK_EQ(lone.sink.parts(PartType::kData)[0].length, 64u);
  CHECK_EQ(lone.sink.parts(PartType::kNakDone).size(), 1u);
  CHECK_EQ(lone.rejected(), 0u);
  lone.give(lone.from(2, 0).nak(kCast, 0, 2, {{128, 64}, {256, 8}}));
  lone.poll();
  CHECK(lone.sink.frames.empty());
  CHECK_EQ(lone.rejected(Reject::kOverrun), 1u);
}

TEST("a NAK whose ranges overlap or are out of order is malformed") {
  LonePlane lone;
  lone.open_send().write(4096);
  lone.poll();
  const auto ask = [&](const std::vector<Range>& ranges) { lone.give(lone.from(2, 0).nak(kCast, 0, 1, ranges)); };
  ask({{0, 64}, {56, 64}});
  ask({{64, 64}, {0, 64}});
  ask({{0, 8}, {0, 8}});
  CHECK_EQ(lone.rejected(Reject::kPart), 3u);
  ask({{0, 64}, {64, 64}});
  CHECK_EQ(lone.rejected(), 3u);
}

TEST("a NAK about a stream that is not open counts as that") {
  LonePlane lone;
  lone.open_send();
  lone.give(lone.from(1, 0).nak(StreamKind::kControlCast, 0, 1, {{0, 8}}));
  lone.give(lone.from(1, 0).nak(kCast, 2, 1, {{0, 8}}));
  lone.give(lone.from(1, 0).nak(StreamKind::kPt2pt, 2, 1, {{0, 8}}));
  CHECK_EQ(lone.rejected(Reject::kStream), 3u);
  CHECK_EQ(lone.rejected(), 3u);
}

// Member 2 could have had member 1's gaps asked for again and again.
TEST("NAK_DONE is taken from the origin or its holder only") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 64, 128);
  lone.now += kNakDelayUs;
  const Micros deadline = lone.poll();
  const uint32_t serial = lone.sink.parts(PartType::kNak)[0].serial;
  lone.give(lone.from(2, 0).nak_done(kCast, 1, serial));
  CHECK_EQ(lone.rejected(Reject::kOrigin), 1u);
  CHECK_EQ(lone.poll(), deadline);
  CHECK(lone.sink.parts(PartType::kNak).empty());
  lone.give(lone.from(2, 0).nak_done(kCast, 2, 1));
  CHECK_EQ(lone.rejected(Reject::kStream), 1u);
}

// ---- bounded work ----

TEST("a poll sends a bounded amount of resends and says that there is more") {
  constexpr uint32_t kRing = 1024 * 1024;
  LonePlane lone(3, kRing);
  lone.open_send().write(kRing);
  lone.poll();
  for (uint32_t serial = 1; serial <= 5; serial++) lone.give(lone.from(1, 0).nak(kCast, 0, serial, {{0, kRing}}));
  uint64_t before = 0;
  Micros deadline = lone.now;
  for (int turn = 0; deadline <= lone.now; turn++) {
    CHECK(turn < 20);
    deadline = lone.plane.poll(lone.now, lone.sink);
    const uint64_t resent = lone.plane.stats().get(Stat::kResentBytes);
    CHECK(resent - before < kRing + kMaxBurstBytes);
    before = resent;
  }
  CHECK_EQ(before, 5u * kRing);
}

// The control casts of a member that failed have a gap that nobody can fill: its time stays in the past.
TEST("a dead member's streams that cannot be had from anybody set no deadline") {
  LonePlane lone;
  lone.open_receive(1);
  lone.open_receive(1, StreamKind::kControlCast);
  lone.give_data(1, 1, 64, 72, StreamKind::kControlCast);
  lone.poll();
  lone.plane.exclude(1);
  lone.plane.set_holder(1, 2, 0);
  for (int i = 0; i < 5; i++) {
    lone.now += 1'000'000;
    CHECK(lone.plane.poll(lone.now, lone.sink) > lone.now);
  }
}

// ---- what is stable ----

// At 30 % loss the one HEARTBEAT that told it was lost for good now and then.
TEST("everybody gets to know what is stable, however much is lost, and then falls silent") {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    PairOptions options{.members = 3, .seed = seed};
    options.faults.loss = 300;
    Pair pair(options);
    pair.open_casts();
    pair.write(0, 80'000);
    pair.settle();
    pair.run_for(30'000'000);
    for (const Rank rank : {1, 2}) CHECK_EQ(pair.reader(rank, kCast, 0)->stable(), 80'000u);
    if (pair.next_event() != kNever) pair.stuck("something is still due");
  }
}

TEST("HEARTBEATs go on to him who has not confirmed what is stable, and to nobody else") {
  LonePlane lone;
  lone.open_send().write(64);
  lone.poll();
  for (const Rank rank : {1, 2}) lone.give(lone.from(rank, 0).status(kCast, 0, 64, 64, 64));
  lone.give(lone.from(2, 0).status(kCast, 0, 64, 64, 64, 64));
  for (int i = 0; i < 5; i++) {
    lone.now += kHeartbeatMaxUs;
    lone.poll();
    CHECK_EQ(parts_to(lone, 1, PartType::kHeartbeat).size(), 1u);
    CHECK_EQ(parts_to(lone, 1, PartType::kHeartbeat)[0].consumed, 64u);
    CHECK(parts_to(lone, 2, PartType::kHeartbeat).empty());
  }
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 64, 64, 64));
  CHECK_EQ(lone.poll(), kNever);
}

TEST("STATUS says how much its sender was told to be stable") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.give(lone.from(1).heartbeat(kCast, 1, true, 64, 48));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].serial, 48u);
}

// ---- a view of one ----

TEST("who is alone in the view has news each time that there is room again") {
  LonePlane lone(1);
  test::Writer& writer = lone.open_send();
  for (int i = 0; i < 4; i++) {
    writer.write(writer.room());
    lone.poll();
    CHECK(lone.plane.take_news());
    lone.poll();
    CHECK(!lone.plane.take_news());
  }
}

// ---- counting ----

// Three receivers that lose a fifth each do not make a round that lost three fifths.
TEST("what receivers lost counts by the one that lost most, not by all together") {
  constexpr uint32_t kRing = 1024 * 1024;
  test::StreamMemory memory(kRing);
  SendStream stream(kCast, {1, 2, 3}, memory.ring(), memory.slot(), 1024, kRing);
  Burst burst(false);
  // A round is a ring here: all of it is sent, a first STATUS begins the round, some is lost, all of it is seen.
  const auto round = [&](Position lost1, Position lost2) {
    const Position begin = stream.sent();
    const Position end = begin + kRing;
    memory.slot().store(kWordFromScript, end);
    stream.refresh();
    while (stream.has_data_to_send()) {
      burst.begin(stream.stability().live().data(), 3, true);
      stream.fill(burst, {0, 0, kAllRanks, 1}, 0);
      stream.commit(0);
    }
    stream.handle_status(1, {begin, begin, begin + 8, 0});
    stream.handle_lost(1, lost1);
    stream.handle_lost(2, lost2);
    stream.handle_lost(3, lost2);
    for (const Rank rank : {1, 2, 3}) stream.handle_status(rank, {end, end, end, 0});
    return stream.flow().window();
  };
  CHECK_EQ(round(kRing / 5, kRing / 5), kRing);
  CHECK(round(kRing / 5, kRing / 3) < kRing);
}

TEST("bytes sent again are counted exactly, with trailers or without") {
  for (const bool checked : {false, true}) {
    LonePlane lone(3, kMinRingBytes, checked);
    lone.open_send().write(kMinRingBytes);
    lone.poll();
    lone.give(lone.from(2, 0).nak(kCast, 0, 1, {{0, 4096}, {4104, 8}}));
    lone.poll();
    CHECK_EQ(lone.plane.stats().get(Stat::kResentBytes), 4096u + 8);
  }
}

TEST("DATA for which there is no room among the intervals counts as overrun, not as a duplicate") {
  LonePlane lone(3, 64 * 1024);
  lone.open_receive(1);
  for (Position i = 0; i <= kMaxIntervals; i++) lone.give_data(1, 1, 16 * i + 8, 16 * i + 16);
  CHECK_EQ(lone.rejected(Reject::kOverrun), 1u);
  CHECK_EQ(lone.plane.stats().get(Stat::kDuplicateBytes), 0u);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

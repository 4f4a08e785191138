// A member fails: the others hold different prefixes of its casts, and must end with the same bytes.
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

// What the control plane does when `dead` has failed: the cut is the longest prefix that a survivor holds, who becomes
// the holder.
Position take_over(Pair& pair, Rank dead, uint32_t members) {
  Rank holder = dead;
  for (Rank rank = 0; rank < members; rank++) {
    if (!pair.alive(rank)) continue;
    if (holder == dead || pair.plane(rank).received(dead) > pair.plane(holder).received(dead)) holder = rank;
  }
  const Position cut = pair.plane(holder).received(dead);
  for (Rank rank = 0; rank < members; rank++) {
    if (!pair.alive(rank)) continue;
    pair.plane(rank).stop_at(dead, cut);
    pair.plane(rank).set_holder(dead, holder, cut);
    pair.wake(rank);
  }
  return cut;
}

// All survivors end at the cut exactly; Reader has checked the bytes.
void expect_agreement(Pair& pair, Rank dead, uint32_t members, Position cut) {
  const auto agreed = [&] {
    for (Rank rank = 0; rank < members; rank++) {
      if (pair.alive(rank) && pair.reader(rank, kCast, dead)->consumed() < cut) return false;
    }
    return true;
  };
  if (!pair.run_until(agreed, 60'000'000)) pair.stuck("the survivors did not all get up to " + std::to_string(cut));
  pair.run_for(500'000);
  for (Rank rank = 0; rank < members; rank++) {
    if (pair.alive(rank) && pair.reader(rank, kCast, dead)->received() != cut)
      pair.stuck("beyond the cut " + std::to_string(cut));
  }
}

TEST("survivors with different prefixes end with the same bytes (200 seeds)") {
  for (uint32_t seed = 1; seed <= 200; seed++) {
    PairOptions options{.members = 3 + seed % 3, .seed = seed};
    options.reads_in_bits = seed % 4 == 0;
    options.faults.loss = 20 + seed % 200;
    options.faults.jitter_us = seed % 3 * 200;
    Pair pair(options);
    pair.open_casts();
    pair.write(0, 200'000);
    pair.write(1, 50'000);
    if (seed % 5 == 0) pair.pause(2, true);
    pair.run_for(1'000 + seed * 97 % 20'000);
    pair.kill(0);
    pair.run_for(seed * 31 % 1'000);
    pair.exclude(0);
    pair.run_for(seed * 17 % 3'000);
    const Position cut = take_over(pair, 0, options.members);
    pair.pause(2, false);
    expect_agreement(pair, 0, options.members, cut);
    pair.settle();  // the living go on among themselves
  }
}

TEST("when the holder fails as well, another takes its place") {
  for (uint32_t seed = 1; seed <= 50; seed++) {
    PairOptions options{.members = 4, .seed = seed};
    options.faults.loss = 150;
    Pair pair(options);
    pair.open_casts();
    pair.write(0, 200'000);
    pair.run_for(5'000 + seed * 100);
    pair.kill(0);
    pair.exclude(0);
    pair.run_for(500);
    take_over(pair, 0, 4);
    pair.run_for(seed * 7);
    const Rank second = static_cast<Rank>(1 + seed % 3);
    pair.kill(second);
    pair.exclude(second);
    pair.run_for(300);
    const Position cut = take_over(pair, 0, 4);
    expect_agreement(pair, 0, 4, cut);
  }
}

TEST("after a takeover everybody falls silent, and nobody asks for what nobody has") {
  for (uint32_t seed = 1; seed <= 50; seed++) {
    PairOptions options{.members = 3, .seed = seed};
    options.faults.loss = 150;
    Pair pair(options);
    pair.open_casts();
    pair.write(0, 200'000);
    pair.run_for(3'000 + seed * 100);
    pair.kill(0);
    pair.exclude(0);
    take_over(pair, 0, 3);
    pair.faults().loss = 0;
    pair.run_for(2'000'000);
    if (pair.next_event() != kNever) pair.stuck("something is still due");
  }
}

// 1. Member 1's casts and control casts have a gap each; 2. it fails; 3. its casts are to be had from member 2. The
// control casts' gap cannot be asked for from anybody: it must not keep the plane awake.
TEST("gaps in a failed member's other streams do not keep the plane awake once its casts have a holder") {
  LonePlane lone;
  lone.open_receive(1);
  lone.open_receive(1, StreamKind::kControlCast);
  lone.give_data(1, 1, 0, 64);
  lone.give_data(1, 1, 64, 128, StreamKind::kControlCast);
  lone.now += kStatusDelayUs;
  lone.poll();
  lone.plane.exclude(1);
  lone.now += kNakRetryMaxUs;
  lone.poll();
  lone.plane.set_holder(1, 2, 64);
  lone.now += kNakRetryMaxUs;
  CHECK(lone.plane.poll(lone.now, lone.sink) > lone.now);
}

TEST("the holder speaks for the failed member's casts, for nothing else, and nobody else does") {
  LonePlane lone(4);
  lone.open_receive(1);
  lone.open_receive(1, StreamKind::kPt2pt);
  lone.give_data(2, 1, 0, 64);
  CHECK_EQ(lone.rejected(Reject::kOrigin), 1u);
  lone.plane.exclude(1);
  lone.plane.set_holder(1, 2, 128);
  lone.give_data(2, 1, 0, 64);
  CHECK_EQ(lone.rejected(Reject::kOrigin), 1u);
  CHECK_EQ(lone.plane.received(1), 64u);
  lone.give_data(3, 1, 64, 128);
  lone.give_data(2, 1, 0, 64, StreamKind::kPt2pt);
  CHECK_EQ(lone.rejected(Reject::kOrigin), 3u);
  lone.give_data(1, 1, 64, 128);
  CHECK_EQ(lone.rejected(Reject::kRank), 1u);
  CHECK_EQ(lone.plane.received(1), 64u);
}

// A holder can be named before the failure is: between the two the origin may still be heard.
TEST("whoever holds the casts of a member that is still live, its other streams are asked for from itself") {
  LonePlane lone;
  lone.open_receive(1);
  lone.open_receive(1, StreamKind::kControlCast);
  lone.plane.set_holder(1, 2, 64);
  lone.give_data(1, 1, 64, 128, StreamKind::kControlCast);
  lone.now += kNakDelayUs;
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kNak).size(), 2u);
  for (const test::SentFrame& frame : lone.sink.frames) {
    for (const Part& part : frame.parts) {
      if (part.type == PartType::kNak) CHECK_EQ(frame.to[0], part.stream == kCast ? 2 : 1);
    }
  }
}

TEST("what is missing up to the cut is asked for from the holder, at once") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 64);
  lone.now += kStatusDelayUs;
  lone.poll();
  lone.plane.exclude(1);
  lone.plane.stop_at(1, 256);
  lone.plane.set_holder(1, 2, 256);
  lone.poll();
  const std::vector<Part> naks = lone.sink.parts(PartType::kNak);
  CHECK_EQ(naks.size(), 1u);
  CHECK_EQ(lone.sink.frames[0].to[0], 2);
  CHECK_EQ(read_range(naks[0], 0).position, 64u);
  CHECK_EQ(read_range(naks[0], 0).length, 192u);
}

TEST("a holder sends what it holds of a failed member, and asks nobody itself") {
  LonePlane lone;
  lone.open_receive(1);
  lone.give_data(1, 1, 0, 512);
  lone.give_data(1, 1, 1024, 1032);
  lone.plane.exclude(1);
  lone.plane.set_holder(1, 0, 512);
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.parts(PartType::kNak).empty());
  lone.give(lone.from(2, 0).nak(kCast, 1, 5, {{128, 256}}));
  lone.poll();
  const std::vector<Part> data = lone.sink.parts(PartType::kData);
  CHECK_EQ(data.size(), 1u);
  CHECK_EQ(data[0].origin, 1);
  const auto wanted = test::bytes_at(test::stream_key(1, kCast, 0), 128, 256);
  CHECK(std::memcmp(data[0].payload, wanted.data(), wanted.size()) == 0);
  CHECK_EQ(lone.sink.parts(PartType::kNakDone)[0].origin, 1);
}

TEST("a failed member gets no STATUS, no HEARTBEAT, no resends") {
  LonePlane lone;
  test::Writer& writer = lone.open_send();
  lone.open_receive(1);
  writer.write(64);
  lone.poll();
  lone.give_data(1, 1, 0, 64);
  lone.give(lone.from(1, 0).nak(kCast, 0, 1, {{0, 64}}));
  lone.give(lone.from(1).probe(PartType::kProbe, 1));
  lone.plane.exclude(1);
  lone.now += kHeartbeatMaxUs;
  lone.poll();
  for (const test::SentFrame& frame : lone.sink.frames) CHECK_EQ(frame.to[0], 2);
  writer.write(64);
  lone.poll();
  for (const test::SentFrame& frame : lone.sink.frames) {
    CHECK_EQ(frame.to.size(), 1u);
    CHECK_EQ(frame.to[0], 2);
  }
}

TEST("calls for view changes with ranks out of range change nothing") {
  LonePlane lone;
  lone.open_send().write(64);
  lone.plane.exclude(0);
  lone.plane.exclude(3);
  lone.plane.set_holder(3, 1, 8);
  lone.plane.set_holder(1, 3, 8);
  lone.plane.set_holder(0, 1, 8);
  lone.plane.stop_at(3, 0);
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kData).size(), 1u);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// Views that tell at once what has arrived and what is stable: when, how often, and that it comes to an end.
// Twin: test/unit/data-plane/typescript/data-plane-prompt.test.ts
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

struct PromptPlane : LonePlane {
  explicit PromptPlane(uint32_t members = 3, uint32_t ring_bytes = kMinRingBytes)
      : LonePlane(members, ring_bytes, false, true) {}
};

uint64_t sum(Pair& pair, uint32_t members, Stat stat) {
  uint64_t total = 0;
  for (Rank rank = 0; rank < members; rank++) total += pair.plane(rank).stats().get(stat);
  return total;
}

TEST("what arrived of a member's casts is told in the step in which it came, once however many frames it came in") {
  PromptPlane lone;
  lone.open_receive(1);
  lone.open_receive(2);
  lone.settle_probes();
  for (Position p = 0; p < 20 * 32; p += 32) lone.give_data(1, 1, p, p + 32);
  lone.give_data(2, 2, 0, 64);
  CHECK_EQ(lone.poll(), kNever);
  const std::vector<Part> status = lone.sink.parts(PartType::kStatus);
  CHECK_EQ(status.size(), 2u);
  CHECK_EQ(status[0].position, 20u * 32);
  CHECK_EQ(status[1].position, 64u);
  CHECK_EQ(lone.sink.frames.size(), 2u);
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
}

TEST("what waited for a STATUS anyway goes with what is told at once") {
  PromptPlane lone;
  test::Reader& reader = lone.open_receive(1);
  lone.settle_probes();
  lone.give_data(1, 1, 0, 64);
  lone.poll();
  reader.read();
  CHECK_EQ(lone.poll(), lone.now + kStatusDelayUs);
  CHECK(lone.sink.frames.empty());
  lone.now += kStatusDelayUs / 2;
  lone.give_data(1, 1, 64, 128);
  CHECK_EQ(lone.poll(), kNever);
  CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  CHECK_EQ(lone.sink.parts(PartType::kStatus)[0].consumed, 64u);
}

TEST("bytes beyond a gap, bytes that came twice and other streams than casts wait for their STATUS as ever") {
  for (int what = 0; what < 4; what++) {
    PromptPlane lone;
    for (uint32_t kind = 0; kind < kStreamKinds; kind++) lone.open_receive(1, static_cast<StreamKind>(kind));
    lone.give_data(1, 1, 0, 64);
    lone.settle_probes();
    if (what == 0) lone.give_data(1, 1, 128, 192);
    if (what == 1) lone.give_data(1, 1, 0, 64);
    if (what == 2) lone.give_data(1, 1, 0, 64, StreamKind::kControlCast);
    if (what == 3) lone.give_data(1, 1, 0, 64, StreamKind::kPt2pt);
    lone.poll();
    CHECK(lone.sink.parts(PartType::kStatus).empty());
    lone.now += kStatusDelayUs;
    lone.poll();
    CHECK_EQ(lone.sink.parts(PartType::kStatus).size(), 1u);
  }
}

TEST("what has become stable is told to all in the step in which it did, once, and asks for nothing") {
  PromptPlane lone;
  lone.open_send().write(64);
  lone.settle_probes();
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 0, 64));
  lone.poll();
  CHECK(lone.sink.frames.empty());
  lone.give(lone.from(2, 0).status(kCast, 0, 32, 0, 32));
  lone.give(lone.from(2, 0).status(kCast, 0, 64, 0, 64));
  CHECK_EQ(lone.poll(), lone.now + kHeartbeatMinUs);
  CHECK_EQ(lone.sink.frames.size(), 2u);
  for (const Rank rank : {1, 2}) CHECK_EQ(lone.sink.frames[rank - 1].to[0], rank);
  for (const Part& beat : lone.sink.parts(PartType::kHeartbeat)) {
    CHECK_EQ(beat.position, 64u);
    CHECK_EQ(beat.consumed, 64u);
    CHECK_EQ(beat.serial, 0u);
  }
  lone.poll();
  CHECK(lone.sink.frames.empty());
}

TEST("a HEARTBEAT that only tells what is stable announces no more than that") {
  PromptPlane lone(2);
  test::Writer& writer = lone.open_send();
  writer.write(64);
  lone.poll();
  writer.write(64);
  lone.poll();
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 0, 64));
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kHeartbeat).size(), 1u);
  CHECK_EQ(lone.sink.parts(PartType::kHeartbeat)[0].position, 64u);
}

TEST("where what is stable was told and not confirmed, a HEARTBEAT asks as soon as it would have without") {
  PromptPlane lone(2);
  lone.open_send().write(64);
  lone.settle_probes();
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 64, 64));
  const Micros due = lone.poll();
  CHECK_EQ(due, lone.now + kHeartbeatMinUs);
  lone.now = due;
  lone.poll();
  const std::vector<Part> beats = lone.sink.parts(PartType::kHeartbeat);
  CHECK_EQ(beats.size(), 1u);
  CHECK_EQ(beats[0].serial, 1u);
  CHECK_EQ(beats[0].consumed, 64u);
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 64, 64, 64));
  CHECK_EQ(lone.poll(), kNever);
  CHECK(lone.sink.frames.empty());
}

TEST("what is stable of control casts is told as late as ever") {
  PromptPlane lone(2);
  lone.open_send(StreamKind::kControlCast).write(64);
  lone.settle_probes();
  lone.give(lone.from(1, 0).status(StreamKind::kControlCast, 0, 64, 64, 64));
  CHECK(lone.poll() > lone.now);
  CHECK(lone.sink.frames.empty());
}

TEST("what is stable only because somebody was excluded is not told: who is taken for failed may live") {
  PromptPlane lone;
  lone.open_send().write(64);
  lone.settle_probes();
  lone.give(lone.from(1, 0).status(kCast, 0, 64, 0, 64));
  lone.poll();
  lone.plane.exclude(2);
  lone.poll();
  CHECK(lone.sink.frames.empty());
}

TEST("that it knows what is stable a receiver confirms once, with what it consumes meanwhile") {
  PromptPlane lone(2);
  test::Reader& reader = lone.open_receive(1);
  lone.settle_probes();
  lone.give_data(1, 1, 0, 64);
  lone.poll();
  for (int i = 0; i < 2; i++) lone.give(lone.from(1).heartbeat(kCast, 1, false, 64, 64));
  CHECK_EQ(lone.poll(), lone.now + kStatusDelayUs);
  CHECK(lone.sink.frames.empty());
  lone.now += kStatusDelayUs / 2;
  reader.read();
  lone.poll();
  CHECK(lone.sink.frames.empty());
  lone.now += kStatusDelayUs / 2;
  CHECK_EQ(lone.poll(), kNever);
  const std::vector<Part> status = lone.sink.parts(PartType::kStatus);
  CHECK_EQ(status.size(), 1u);
  CHECK_EQ(status[0].consumed, 64u);
  CHECK_EQ(status[0].serial, 64u);
}

TEST("JavaScript has news when a stable position has grown, theirs or mine") {
  for (const bool prompt : {false, true}) {
    LonePlane lone(2, kMinRingBytes, false, prompt);
    lone.open_receive(1);
    lone.open_send().write(64);
    lone.give_data(1, 1, 0, 64);
    lone.poll();
    lone.plane.take_news();
    lone.give(lone.from(1).heartbeat(kCast, 1, false, 64, 0));
    CHECK(!lone.plane.take_news());
    lone.give(lone.from(1).heartbeat(kCast, 1, false, 64, 48));
    CHECK_EQ(lone.plane.take_news(), prompt);
    lone.give(lone.from(1).heartbeat(kCast, 1, false, 64, 48));
    CHECK(!lone.plane.take_news());
    lone.give(lone.from(1, 0).status(kCast, 0, 64, 0, 64));
    CHECK(lone.plane.take_news());
  }
}

TEST("a cast is known to be stable after two ways at its origin and three at the others") {
  PairOptions options{.members = 3, .prompt = true};
  options.faults.delay_us = 1000;
  Pair pair(options);
  pair.open_casts();
  for (int i = 0; i < 5; i++) {
    pair.run_for(1'000'000);
    const Position end = pair.writer(0).written() + 64;
    const Micros start = pair.now;
    pair.write(0, 64);
    CHECK(pair.run_until([&] { return pair.writer(0).stable() == end; }, 1'000'000));
    CHECK_EQ(pair.now - start, 2000u);
    for (const Rank rank : {1, 2})
      CHECK(pair.run_until([&] { return pair.reader(rank, kCast, 0)->stable() == end; }, 1'000'000));
    CHECK_EQ(pair.now - start, 3000u);
  }
}

// DATA, a STATUS and a HEARTBEAT for each receiver, and the STATUS that confirms: no more.
TEST("after a lone cast everything is said with two STATUS and one HEARTBEAT for each receiver") {
  Pair pair({.members = 3, .prompt = true});
  pair.open_casts();
  pair.write(0, 64);
  pair.run_for(10'000'000);
  CHECK_EQ(pair.next_event(), kNever);
  CHECK_EQ(sum(pair, 3, Stat::kHeartbeatsSent), 2u);
  CHECK_EQ(sum(pair, 3, Stat::kStatusSent), 4u);
}

TEST("after a burst of all everybody falls silent, and knows what is stable, whatever was lost") {
  for (uint32_t seed = 1; seed <= 40; seed++) {
    PairOptions options{.members = 2 + seed % 3, .prompt = true, .seed = seed};
    options.faults.loss = seed % 2 * 100;
    options.faults.duplicate = seed % 4 / 2 * 100;
    options.faults.jitter_us = seed % 3 * 500;
    Pair pair(options);
    pair.open_casts();
    for (Rank rank = 0; rank < options.members; rank++) pair.write(rank, 100'000);
    pair.settle();
    pair.run_for(10'000'000);
    if (pair.next_event() != kNever) pair.stuck("something is still due");
    for (Rank origin = 0; origin < options.members; origin++) {
      CHECK_EQ(pair.writer(origin).stable(), 100'000u);
      for (Rank rank = 0; rank < options.members; rank++) {
        if (rank != origin) CHECK_EQ(pair.reader(rank, kCast, origin)->stable(), 100'000u);
      }
    }
  }
}

TEST("under load there are as many STATUS and HEARTBEATs as steps, not as frames") {
  PromptPlane origin(2, 1024 * 1024);
  PromptPlane receiver(2, 1024 * 1024);
  test::Writer& writer = origin.open_send();
  receiver.open_receive(1);
  constexpr uint64_t kSteps = 100;
  for (uint64_t step = 0; step < kSteps; step++) {
    const Position begin = writer.written();
    for (Position from = begin; from < begin + 50 * 64; from += 64) {
      receiver.give_data(1, 1, from, from + 64);
      writer.write(64);
      origin.poll();
    }
    receiver.poll();
    for (Position end = begin + 64; end <= begin + 50 * 64; end += 64)
      origin.give(origin.from(1, 0).status(kCast, 0, end, 0, end));
    origin.poll();
    receiver.now += 500;
    origin.now += 500;
  }
  CHECK_EQ(receiver.plane.stats().get(Stat::kStatusSent), kSteps);
  CHECK_EQ(origin.plane.stats().get(Stat::kHeartbeatsSent), kSteps);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

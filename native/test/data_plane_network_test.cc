// Planes against a bad network: everything written arrives, everywhere, in order, and nothing else does.
#include "core/data_plane.h"
#include "test/check.h"
#include "test/pair.h"

namespace consort {
namespace {

using test::Pair;
using test::PairOptions;

constexpr StreamKind kKinds[] = {StreamKind::kCast, StreamKind::kControlCast, StreamKind::kPt2pt,
                                 StreamKind::kControlPt2pt};

uint64_t resent(Pair& pair, uint32_t members) {
  uint64_t sum = 0;
  for (Rank rank = 0; rank < members; rank++) sum += pair.plane(rank).stats().get(Stat::kResentBytes);
  return sum;
}

TEST("without faults everything arrives, and nothing is sent twice") {
  Pair pair({.members = 3});
  pair.open_casts();
  for (Rank rank = 0; rank < 3; rank++) pair.write(rank, 1024 * 1024);
  pair.settle();
  CHECK_EQ(resent(pair, 3), 0u);
  for (Rank rank = 0; rank < 3; rank++) {
    const Stats& stats = pair.plane(rank).stats();
    CHECK_EQ(stats.get(Stat::kDataBytesSent), 1024u * 1024);
    CHECK_EQ(stats.get(Stat::kDuplicateBytes), 0u);
    for (size_t reason = 0; reason < static_cast<size_t>(Reject::kCount); reason++)
      CHECK_EQ(stats.rejected[reason], 0u);
  }
}

TEST("any faults, any sizes, any streams: what arrives is what was written (200 seeds)") {
  for (uint32_t seed = 1; seed <= 200; seed++) {
    std::mt19937 random(seed);
    PairOptions options;
    options.seed = seed;
    options.members = 2 + random() % 3;
    options.ring_bytes = kMinRingBytes << random() % 4;
    options.frame_bytes = std::min<uint32_t>(kMaxFrameBytes, kMinFrameBytes + random() % 2000 * 8 * (random() % 5));
    options.max_window = kMinRingBytes << random() % 5;
    options.checked = random() % 2 == 0;
    options.reads_in_bits = random() % 3 == 0;
    options.prompt = random() % 2 == 0;
    options.faults.loss = random() % 2 * (random() % 200);
    options.faults.duplicate = random() % 2 * (random() % 200);
    options.faults.corrupt = options.checked ? random() % 100 : 0;
    options.faults.refuse = random() % 3 == 0 ? random() % 500 : 0;
    options.faults.delay_us = random() % 1000;
    options.faults.jitter_us = random() % 2 * (random() % 3000);
    Pair pair(options);
    pair.open_casts();
    pair.open_casts(StreamKind::kControlCast);
    for (uint32_t n = 0; n < 4; n++) {
      const Rank from = static_cast<Rank>(random() % options.members);
      const StreamKind kind = kKinds[random() % 4];
      pair.write(from, random() % (options.ring_bytes / 4) * 8, StreamKind::kCast);
      if (is_pt2pt(kind)) {
        const Rank to = static_cast<Rank>((from + 1 + random() % (options.members - 1)) % options.members);
        if (n == 0) pair.open_send(from, kind, to);
        if (n == 0) pair.write(from, random() % 4096 * 8, kind, to);
      } else {
        pair.write(from, random() % 1024 * 8, kind);
      }
      if (random() % 3 == 0) {
        const Rank who = static_cast<Rank>(random() % options.members);
        pair.pause(who, true);
        pair.run_for(random() % 30'000);
        pair.pause(who, false);
      }
      pair.run_for(random() % 5'000);
    }
    pair.settle();
  }
}

TEST("random loss of 1, 5 and 10 percent costs at most 1.3 times the bytes lost in resends") {
  for (const uint32_t loss : {10u, 50u, 100u}) {
    for (const uint32_t members : {2u, 4u}) {
      for (uint32_t seed = 1; seed <= 5; seed++) {
        PairOptions options{.members = members, .ring_bytes = 256 * 1024, .seed = seed};
        options.faults.loss = loss;
        Pair pair(options);
        pair.open_casts();
        pair.write(0, 3 * 1024 * 1024);
        pair.settle();
        CHECK(pair.lost_bytes > 0);
        if (resent(pair, members) * 10 > pair.lost_bytes * 13) {
          pair.stuck("resent " + std::to_string(resent(pair, members)) + ", lost " + std::to_string(pair.lost_bytes));
        }
      }
    }
  }
}

TEST("resent bytes are stream bytes, with checked frames too") {
  for (const bool checked : {false, true}) {
    PairOptions options{.checked = checked};
    Pair pair(options);
    pair.open_casts();
    pair.faults().loss = 1000;
    pair.write(0, 800);
    pair.run_for(10);
    pair.faults().loss = 0;
    pair.settle();
    CHECK_EQ(pair.plane(0).stats().get(Stat::kResentBytes), 800u);
  }
}

TEST("the loss of the very last frame is noticed and repaired") {
  Pair pair(PairOptions{});
  pair.open_casts();
  pair.write(0, 8000);
  pair.settle();
  pair.faults().loss = 1000;
  pair.write(0, 64);
  pair.run_for(100);
  pair.faults().loss = 0;
  pair.settle(100'000);
}

TEST("when everything has arrived everybody falls silent") {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    PairOptions options{.members = 3, .seed = seed};
    options.faults.loss = seed % 2 * 100;
    Pair pair(options);
    pair.open_casts();
    for (Rank rank = 0; rank < 3; rank++) pair.write(rank, 100'000);
    pair.settle();
    pair.faults().loss = 0;
    pair.run_for(1'000'000);
    if (pair.next_event() != kNever) pair.stuck("something is still due");
  }
}

// Two members: the last HEARTBEAT, that only tells of stability, is lost. Nobody lags, so nobody asks.
TEST("what is stable everywhere is known everywhere in the end, whatever is lost") {
  for (uint32_t seed = 1; seed <= 30; seed++) {
    PairOptions options{.seed = seed};
    options.faults.loss = 300;
    Pair pair(options);
    pair.open_casts();
    pair.write(0, 64'000);
    pair.settle();
    pair.run_for(10'000'000);
    CHECK_EQ(pair.writer(0).stable(), 64'000u);
    CHECK_EQ(pair.reader(1, StreamKind::kCast, 0)->stable(), 64'000u);
  }
}

TEST("a paused consumer holds the sender at one ring, and loses nothing") {
  Pair pair({.members = 3});
  pair.open_casts();
  pair.pause(2, true);
  pair.write(0, 1'000'000);
  pair.run_for(2'000'000);
  CHECK_EQ(pair.writer(0).written(), 16u * 1024);
  CHECK_EQ(pair.writer(0).stable(), 16u * 1024);
  CHECK_EQ(pair.reader(1, StreamKind::kCast, 0)->consumed(), 16u * 1024);
  pair.pause(2, false);
  pair.settle();
}

TEST("a member that died holds the sender up until it is excluded, and no longer") {
  Pair pair({.members = 3});
  pair.open_casts();
  pair.write(0, 100'000);
  pair.settle();
  pair.run_for(10'000);  // the last STATUS
  pair.kill(2);
  pair.write(0, 1'000'000);
  pair.run_for(1'000'000);
  CHECK_EQ(pair.writer(0).written(), 100'000u + 16 * 1024);
  pair.exclude(2);
  pair.settle();
}

TEST("who is left alone publishes on and on") {
  Pair pair(PairOptions{});
  pair.open_casts();
  pair.kill(1);
  pair.write(0, 1'000'000);
  pair.run_for(100'000);
  pair.exclude(1);
  pair.settle();
  CHECK_EQ(pair.writer(0).stable(), 1'000'000u);
}

TEST("pt2pt streams are opened on demand and reach only whom they are for") {
  PairOptions options{.members = 4};
  options.faults.loss = 100;
  Pair pair(options);
  pair.open_casts();
  for (const StreamKind kind : {StreamKind::kPt2pt, StreamKind::kControlPt2pt}) {
    for (Rank to = 1; to < 4; to++) {
      pair.open_send(0, kind, to);
      pair.write(0, 20'000 * to, kind, to);
    }
  }
  pair.open_send(2, StreamKind::kPt2pt, 0);
  pair.write(2, 50'000, StreamKind::kPt2pt, 0);
  pair.settle();
  CHECK(pair.reader(1, StreamKind::kPt2pt, 2) == nullptr);
  CHECK_EQ(pair.reader(3, StreamKind::kControlPt2pt, 0)->consumed(), 60'000u);
}

// The receiver tells its news at the latest when the sender's window is used up: it must not wait for an eighth of a
// ring that is larger than the window, or each window costs a whole kStatusDelayUs.
TEST("a window smaller than an eighth of the ring does not make the sender wait for timers") {
  PairOptions options{.ring_bytes = 4 * 1024 * 1024, .frame_bytes = kMaxFrameBytes, .max_window = kMinWindowBytes};
  Pair pair(options);
  pair.open_casts();
  const Micros start = pair.now;
  pair.write(0, 16 * 1024 * 1024);
  pair.settle();
  // 256 windows; a round trip is 100 us.
  CHECK(pair.now - start < 256 * 4 * 100);
}

TEST("a sink that refuses loses nothing") {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    PairOptions options{.members = 3, .seed = seed};
    options.faults.refuse = 100 + seed * 40;
    options.faults.loss = seed % 3 * 50;
    Pair pair(options);
    pair.open_casts();
    for (Rank rank = 0; rank < 3; rank++) pair.write(rank, 100'000);
    pair.settle(600'000'000);
    CHECK(pair.plane(0).stats().get(Stat::kRefusedBySocket) > 0);
  }
}

TEST("counters and positions pass 2^32 under loss") {
  PairOptions options{.ring_bytes = 64 * 1024};
  Pair pair(options);
  pair.open_casts();
  pair.fast_forward(0, (uint64_t{1} << 32) - 100'000);
  pair.faults().loss = 100;
  pair.faults().jitter_us = 200;
  pair.write(0, 300'000);
  pair.write(1, 300'000);
  pair.settle();
  CHECK_EQ(pair.reader(1, StreamKind::kCast, 0)->consumed(), (uint64_t{1} << 32) + 200'000);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

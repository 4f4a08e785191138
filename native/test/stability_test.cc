#include "core/stability.h"

#include <random>

#include "test/check.h"

namespace consort {
namespace {

TEST("with zero receivers everything is what the caller says") {
  const Stability stability({});
  CHECK_EQ(stability.received(77), 77u);
  CHECK_EQ(stability.consumed(78), 78u);
  CHECK_EQ(stability.seen(79), 79u);
  CHECK(stability.live().empty());
}

TEST("the smallest of each number counts, whoever it comes from") {
  Stability stability({1, 2, 3});
  CHECK_EQ(stability.received(99), 0u);
  CHECK(stability.update(1, {80, 8, 800, 0}));
  CHECK(stability.update(2, {160, 80, 160, 0}));
  CHECK_EQ(stability.received(0), 0u);  // 3 has said nothing
  CHECK(stability.update(3, {240, 16, 240, 0}));
  CHECK_EQ(stability.received(0), 80u);
  CHECK_EQ(stability.consumed(0), 8u);
  CHECK_EQ(stability.seen(0), 160u);
}

TEST("old news changes nothing, and each number grows on its own") {
  Stability stability({1});
  CHECK(stability.update(1, {80, 40, 120, 0}));
  CHECK(!stability.update(1, {80, 40, 120, 0}));
  CHECK(!stability.update(1, {40, 8, 48, 0}));
  // Overtaken on the way, but its `seen` is new.
  CHECK(stability.update(1, {40, 8, 160, 0}));
  CHECK_EQ(stability.received(0), 80u);
  CHECK_EQ(stability.consumed(0), 40u);
  CHECK_EQ(stability.seen(0), 160u);
}

TEST("a stranger's news is no news") {
  Stability stability({1, 2});
  CHECK(!stability.update(3, {80, 80, 80, 0}));
  CHECK(stability.find(3) == nullptr);
  CHECK_EQ(stability.find(2)->rank, 2);
}

TEST("what a receiver confirms to know as stable is followed beyond 2^32, and is never more than is stable") {
  Stability stability({1});
  Position told = 0;
  for (Position p = 0; p < (uint64_t{1} << 33); p += kMaxRingBytes - 8) {
    stability.update(1, {p, p, p, 0});
    CHECK(!stability.update(1, {p, p, p, static_cast<uint32_t>(p + 8)}));  // a lie
    CHECK_EQ(stability.told_stable(0), told);
    stability.update(1, {p, p, p, static_cast<uint32_t>(p)});
    told = p;
    CHECK_EQ(stability.told_stable(0), told);
    // An older STATUS that was overtaken takes nothing back.
    if (p > 0) CHECK(!stability.update(1, {p - 8, p - 8, p - 8, static_cast<uint32_t>(p - 8)}));
    CHECK_EQ(stability.told_stable(0), told);
  }
}

TEST("a round lost as much as the live receiver that lost most, and the next begins at nothing") {
  Stability stability({1, 2, 3});
  stability.note_lost(1, 100);
  stability.note_lost(2, 80);
  stability.note_lost(2, 80);
  stability.note_lost(3, 1000);
  stability.note_lost(9, 9999);
  stability.exclude(3);
  CHECK_EQ(stability.take_lost(), 160u);
  CHECK_EQ(stability.take_lost(), 0u);
}

TEST("who is excluded holds nothing back any more, and is not live") {
  Stability stability({1, 2});
  stability.update(1, {80, 80, 80, 0});
  CHECK_EQ(stability.received(0), 0u);
  stability.exclude(2);
  CHECK_EQ(stability.received(0), 80u);
  CHECK_EQ(stability.safe(0), 0u);
  CHECK_EQ(Stability({}).safe(7), 7u);
  CHECK_EQ(stability.live().size(), 1u);
  CHECK_EQ(stability.live()[0], 1);
  stability.exclude(2);
  stability.exclude(9);
  CHECK_EQ(stability.live().size(), 1u);
  stability.exclude(1);
  CHECK_EQ(stability.received(123), 123u);
}

TEST("random news agrees with a recount") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; round++) {
    const Rank members = static_cast<Rank>(1 + random() % 8);
    std::vector<Rank> ranks;
    for (Rank rank = 0; rank < members; rank++) ranks.push_back(static_cast<Rank>(rank * 2 + 1));
    Stability stability(ranks);
    std::vector<Position> received(members), live(members, 1);
    for (int step = 0; step < 100; step++) {
      const size_t i = random() % members;
      if (random() % 50 == 0) {
        live[i] = 0;
        stability.exclude(ranks[i]);
      }
      const Position p = random() % 1000 * 8;
      received[i] = std::max(received[i], p);
      stability.update(ranks[i], {p, p, p, 0});
      Position smallest = kMaxPosition;
      bool any = false;
      for (size_t k = 0; k < members; k++) {
        if (live[k] == 0) continue;
        smallest = std::min(smallest, received[k]);
        any = true;
      }
      CHECK_EQ(stability.received(5), any ? smallest : 5);
    }
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

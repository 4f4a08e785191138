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
  CHECK(stability.update(1, 80, 8, 800));
  CHECK(stability.update(2, 160, 80, 160));
  CHECK_EQ(stability.received(0), 0u);  // 3 has said nothing
  CHECK(stability.update(3, 240, 16, 240));
  CHECK_EQ(stability.received(0), 80u);
  CHECK_EQ(stability.consumed(0), 8u);
  CHECK_EQ(stability.seen(0), 160u);
}

TEST("old news changes nothing, and each number grows on its own") {
  Stability stability({1});
  CHECK(stability.update(1, 80, 40, 120));
  CHECK(!stability.update(1, 80, 40, 120));
  CHECK(!stability.update(1, 40, 8, 48));
  // Overtaken on the way, but its `seen` is new.
  CHECK(stability.update(1, 40, 8, 160));
  CHECK_EQ(stability.received(0), 80u);
  CHECK_EQ(stability.consumed(0), 40u);
  CHECK_EQ(stability.seen(0), 160u);
}

TEST("a stranger's news is no news") {
  Stability stability({1, 2});
  CHECK(!stability.update(3, 80, 80, 80));
  CHECK(stability.find(3) == nullptr);
  CHECK_EQ(stability.find(2)->rank, 2);
}

TEST("who is excluded holds nothing back any more, and is not live") {
  Stability stability({1, 2});
  stability.update(1, 80, 80, 80);
  CHECK_EQ(stability.received(0), 0u);
  stability.exclude(2);
  CHECK_EQ(stability.received(0), 80u);
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
      stability.update(ranks[i], p, p, p);
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

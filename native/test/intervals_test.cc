#include "core/intervals.h"

#include <random>
#include <utility>
#include <vector>

#include "test/check.h"

namespace consort {
namespace {

// What of [0, to) is not in the intervals, as far as a NAK can hold it.
std::vector<std::pair<Position, Position>> gaps(const Intervals& intervals, Position to) {
  Nak nak{};
  CHECK_EQ(intervals.collect_gaps(0, to, nak), to);
  std::vector<std::pair<Position, Position>> found;
  for (uint32_t i = 0; i < nak.count; i++)
    found.emplace_back(nak.ranges[i].position, nak.ranges[i].position + nak.ranges[i].length);
  return found;
}

TEST("runs that touch or overlap are one") {
  Intervals intervals;
  CHECK(intervals.empty());
  CHECK_EQ(intervals.add(64, 128), Placed::kNew);
  CHECK_EQ(intervals.add(256, 320), Placed::kNew);
  CHECK_EQ(intervals.count(), 2u);
  CHECK_EQ(intervals.add(128, 192), Placed::kNew);  // after the first
  CHECK_EQ(intervals.count(), 2u);
  CHECK_EQ(intervals.add(80, 184), Placed::kDuplicate);
  CHECK_EQ(intervals.add(184, 264), Placed::kNew);  // between
  CHECK_EQ(intervals.count(), 1u);
  CHECK_EQ(intervals.add(32, 400), Placed::kNew);  // around
  CHECK_EQ(intervals.count(), 1u);
  CHECK(gaps(intervals, 400) == (std::vector<std::pair<Position, Position>>{{0, 32}}));
}

TEST("what is reached is taken out, with what it touches") {
  Intervals intervals;
  intervals.add(64, 128);
  intervals.add(192, 256);
  CHECK_EQ(intervals.absorb(32), 32u);
  CHECK_EQ(intervals.count(), 2u);
  CHECK_EQ(intervals.absorb(64), 128u);
  CHECK_EQ(intervals.count(), 1u);
  CHECK_EQ(intervals.absorb(300), 300u);
  CHECK(intervals.empty());
}

TEST("a cut removes what lies beyond it, and the part of a run that does") {
  Intervals intervals;
  intervals.add(64, 128);
  intervals.add(192, 256);
  intervals.cut_at(192);
  CHECK_EQ(intervals.count(), 1u);
  intervals.cut_at(96);
  CHECK(gaps(intervals, 128) == (std::vector<std::pair<Position, Position>>{{0, 64}, {96, 128}}));
  intervals.cut_at(0);
  CHECK(intervals.empty());
}

TEST("one run too many is refused, one that closes a gap is not") {
  Intervals intervals;
  for (Position i = 0; i < kMaxIntervals; i++) CHECK_EQ(intervals.add(16 * i + 8, 16 * i + 16), Placed::kNew);
  CHECK_EQ(intervals.add(16 * kMaxIntervals + 8, 16 * kMaxIntervals + 16), Placed::kOverrun);
  CHECK_EQ(intervals.add(16, 24), Placed::kNew);
  CHECK_EQ(intervals.count(), kMaxIntervals - 1);
  CHECK_EQ(intervals.add(16 * kMaxIntervals + 8, 16 * kMaxIntervals + 16), Placed::kNew);
}

TEST("gaps are collected up to what a NAK holds, and from there on the next time") {
  Intervals intervals;
  const Position end = 16 * (kMaxNakRanges + 2);
  for (Position at = 8; at < end; at += 16) intervals.add(at, at + 8);
  Nak nak{};
  const Position looked = intervals.collect_gaps(0, end, nak);
  CHECK_EQ(nak.count, kMaxNakRanges);
  CHECK_EQ(nak.missing_bytes(), 8u * kMaxNakRanges);
  CHECK_EQ(looked, 16u * kMaxNakRanges);
  nak.count = 0;
  CHECK_EQ(intervals.collect_gaps(looked, end, nak), end);
  CHECK_EQ(nak.count, 2u);
}

TEST("runs in any order are what a bitmap says (500 seeds)") {
  constexpr Position kWords = 48;
  for (uint32_t seed = 0; seed < 500; seed++) {
    std::mt19937 random(seed);
    Intervals intervals;
    std::vector<bool> held(kWords, false);
    for (int i = 0; i < 30; i++) {
      const Position words = 1 + random() % 7;
      const Position from = random() % (kWords - words);
      const Position to = from + words;
      bool fresh = false;
      for (Position w = from; w < to; w++) fresh = fresh || !held[w];
      CHECK_EQ(intervals.add(8 * from, 8 * to), fresh ? Placed::kNew : Placed::kDuplicate);
      for (Position w = from; w < to; w++) held[w] = true;
    }
    std::vector<std::pair<Position, Position>> missing;
    for (Position w = 0; w < kWords; w++) {
      if (held[w]) continue;
      if (w > 0 && !held[w - 1]) {
        missing.back().second = 8 * w + 8;
      } else {
        missing.emplace_back(8 * w, 8 * w + 8);
      }
    }
    CHECK(gaps(intervals, 8 * kWords) == missing);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

#include "core/flow.h"

#include "test/check.h"

namespace consort {
namespace {

constexpr uint32_t kRing = 4 * 1024 * 1024;
constexpr uint32_t kWindow = 1024 * 1024;

// One round: all of a window's worth is sent and seen. Returns what was sent by its end.
Position round(Flow& flow, Position from, Position lost) {
  CHECK(flow.round_is_over(from + kWindow));
  flow.end_round(lost, from + kWindow);
  return from + kWindow;
}

TEST("the limit is one ring beyond the slowest consumer") {
  const Flow flow(kRing, kWindow);
  CHECK_EQ(flow.limit(0), kRing);
  CHECK_EQ(flow.limit(12345 * 8), 12345 * 8 + kRing);
}

TEST("the window starts at its largest, and never exceeds the ring or falls below its smallest") {
  CHECK_EQ(Flow(kRing, kWindow).window(), kWindow);
  CHECK_EQ(Flow(kMinRingBytes, kWindow).window(), kMinRingBytes);
  CHECK_EQ(Flow(kRing, 0).window(), kMinWindowBytes);
  CHECK_EQ(Flow(kMinRingBytes, 0).window(), kMinRingBytes);
}

TEST("heavy loss shrinks the window by three tenths a round, down to the smallest") {
  Flow flow(kRing, kWindow);
  Position at = round(flow, 0, 0);
  at = round(flow, at, 0);
  CHECK_EQ(flow.window(), kWindow);
  uint32_t before = flow.window();
  at = round(flow, at, kWindow / 2);
  CHECK_EQ(flow.window(), before / 10 * 7);
  for (int i = 0; i < 40; i++) at = round(flow, at, kWindow);
  CHECK_EQ(flow.window(), kMinWindowBytes);
}

TEST("loss below the tolerance costs nothing") {
  Flow flow(kRing, kWindow);
  Position at = round(flow, 0, 0);
  for (int i = 0; i < 20; i++) at = round(flow, at, kWindow / 100 * (kLossTolerancePercent - 1));
  CHECK_EQ(flow.window(), kWindow);
}

TEST("a shrunken window grows again by a quarter a round, up to the largest") {
  Flow flow(kRing, kWindow);
  Position at = round(flow, 0, 0);
  for (int i = 0; i < 40; i++) at = round(flow, at, kWindow);
  const uint32_t smallest = flow.window();
  at = round(flow, at, 0);
  CHECK_EQ(flow.window(), smallest + smallest / 4);
  for (int i = 0; i < 40; i++) at = round(flow, at, 0);
  CHECK_EQ(flow.window(), kWindow);
}

TEST("a round ends when all of it was seen, not before") {
  Flow flow(kRing, kWindow);
  CHECK(flow.round_is_over(0));
  flow.end_round(0, kWindow);  // the first real one ends at kWindow
  CHECK(!flow.round_is_over(kWindow - 8));
  CHECK(flow.round_is_over(kWindow));
  flow.end_round(kWindow, 2 * kWindow);
  CHECK_EQ(flow.window(), kWindow / 10 * 7);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

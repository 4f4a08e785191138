#include "core/counters.h"

#include <thread>

#include "test/check.h"

namespace consort {
namespace {

constexpr Position kWrap = uint64_t{1} << 32;

TEST("a stored position is read back as the full position that it was") {
  alignas(128) uint32_t words[kSlotWords] = {};
  const Slot slot(words);
  Position last = 0;
  // Over 2^32 twice, in steps as large as the largest ring.
  for (Position p = 0; p < 2 * kWrap + kMaxRingBytes; p += kMaxRingBytes - 8) {
    slot.store(kWordFromScript, p);
    last = slot.extend(kWordFromScript, last, kMaxRingBytes);
    CHECK_EQ(last, p);
  }
}

TEST("extend steps over 2^32 exactly") {
  alignas(128) uint32_t words[kSlotWords] = {};
  const Slot slot(words);
  slot.store(kWordFromScript, kWrap);
  CHECK_EQ(slot.load(kWordFromScript), 0u);
  CHECK_EQ(slot.extend(kWordFromScript, kWrap - 8, 8), kWrap);
  CHECK_EQ(slot.extend(kWordFromScript, 5 * kWrap - 8, 64), 5 * kWrap);
}

TEST("a step backwards or too far is no step") {
  alignas(128) uint32_t words[kSlotWords] = {};
  const Slot slot(words);
  slot.store(kWordFromScript, 1000);
  CHECK_EQ(slot.extend(kWordFromScript, 1000, 0), 1000u);
  CHECK_EQ(slot.extend(kWordFromScript, 1008, 64), 1008u);       // backwards
  CHECK_EQ(slot.extend(kWordFromScript, 992, 0), 992u);          // too far
  CHECK_EQ(slot.extend(kWordFromScript, 1000 - 64, 63), 936u);   // too far by one
  CHECK_EQ(slot.extend(kWordFromScript, 1000 - 64, 64), 1000u);  // just right
}

TEST("the words of either side lie on cache lines of their own") {
  CHECK(kSlotWords * 4 == 128);
  CHECK(kWordFromPlane - kWordFromScript >= 16);
  for (const uint32_t word : {kWordStable, kWordHeard, kWordProgress})
    CHECK(word > kWordFromPlane && word < kSlotWords);
}

TEST("exchange returns what was there, and what is stored after it is seen by who sees it") {
  alignas(128) uint32_t words[kSlotWords] = {};
  const Slot slot(words);
  uint32_t payload = 0;
  std::thread writer([&] {
    payload = 42;
    slot.store(kWordFromPlane, 1);
  });
  while (slot.load(kWordFromPlane) == 0) std::this_thread::yield();
  CHECK_EQ(payload, 42u);
  writer.join();
  CHECK_EQ(slot.exchange(kWordFromPlane, 9), 1u);
  CHECK_EQ(slot.exchange(kWordFromPlane, 0), 9u);
}

TEST("what is noted is read back, and leaves the other words alone") {
  alignas(128) uint32_t words[kSlotWords] = {};
  const Slot slot(words);
  slot.note(kWordHeard, UINT32_MAX);
  CHECK_EQ(slot.load(kWordHeard), UINT32_MAX);
  CHECK_EQ(slot.load(kWordStable), 0u);
  CHECK_EQ(slot.load(kWordHeard + 1), 0u);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

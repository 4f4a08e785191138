// The words that JavaScript and the plane share. Twin: ts/data-plane/typescript/counters.ts
//
//   slot = 32 words of 32 bits, 128 bytes          the plane's own slot
//   +-- word 0   written by JavaScript              0  listening: JavaScript sleeps and wants a notification
//   |   ...      (own cache line)
//   +-- word 16  written by the plane               16 asleep: the plane sleeps and wants to be woken
//       17       (own cache line)                   17 progress: counts the plane's steps that JavaScript should look
//       at
//
//   slot of a send stream                           slot of a receive stream
//   0  published  end of what JavaScript wrote      0  consumed  end of what JavaScript handled
//   16 limit      JavaScript may write up to here   16 received  all before this has arrived
//   17 stable     all before this arrived at all     17 stable   what is safe, as the origin told
//                 who have not failed
//   18 safe       the same, failed ones too          18 heard    casts only: counts the frames of that member, of
//                                                                whatever stream
//
// Positions are cut to 32 bits and only grow, modulo 2^32, as TCP's sequence numbers do: the two sides are never
// further apart than a ring.
#pragma once
#include <atomic>
#include <cstdint>

#include "core/limits.h"

namespace consort {

inline constexpr uint32_t kSlotWords = 32;
inline constexpr uint32_t kWordFromScript = 0;
inline constexpr uint32_t kWordFromPlane = 16;
inline constexpr uint32_t kWordStable = 17;
inline constexpr uint32_t kWordSafe = 18;
inline constexpr uint32_t kWordHeard = 18;
inline constexpr uint32_t kWordListening = 0;
inline constexpr uint32_t kWordAsleep = 16;
inline constexpr uint32_t kWordProgress = 17;

class Slot {
 public:
  Slot() = default;
  explicit Slot(uint32_t* words) : words_(words) {}

  uint32_t load(uint32_t word) const { return std::atomic_ref<uint32_t>(words_[word]).load(std::memory_order_acquire); }
  void store(uint32_t word, Position value) const {
    std::atomic_ref<uint32_t>(words_[word]).store(static_cast<uint32_t>(value), std::memory_order_release);
  }
  // Orders nothing: for what is counted and only looked at.
  void note(uint32_t word, uint32_t value) const {
    std::atomic_ref<uint32_t>(words_[word]).store(value, std::memory_order_relaxed);
  }
  void increment(uint32_t word) const { std::atomic_ref<uint32_t>(words_[word]).fetch_add(1); }
  // Sequentially consistent, for the sleep/wake handshakes.
  uint32_t exchange(uint32_t word, uint32_t value) const {
    return std::atomic_ref<uint32_t>(words_[word]).exchange(value);
  }

  // The full position behind the 32 bits in `word`, given the last full position known. A step backwards or beyond
  // `ahead` bytes is a broken caller: it is read as no step.
  Position extend(uint32_t word, Position last, uint32_t ahead) const {
    const uint32_t step = load(word) - static_cast<uint32_t>(last);
    return step <= ahead ? last + step : last;
  }

 private:
  uint32_t* words_ = nullptr;
};

}  // namespace consort

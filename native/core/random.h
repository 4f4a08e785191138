// Randomness from a seed, the same in both twins (ts/data-plane/typescript/random.ts), so that a run can be repeated.
#pragma once
#include <cstdint>

namespace consort {

// xorshift32 (Marsaglia 2003). Good enough to spread NAKs in time; not for secrets.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed == 0 ? 0x9E3779B9u : seed) {}

  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

  // 0 .. bound - 1; bound > 0
  uint32_t below(uint32_t bound) { return next() % bound; }

 private:
  uint32_t state_;
};

}  // namespace consort

// The one clock of the native plane.
#pragma once
#include <ctime>

#include "core/limits.h"

namespace consort {

// Microseconds from a fixed origin, never backwards.
inline Micros now_us() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Micros>(time.tv_sec) * 1'000'000 + static_cast<Micros>(time.tv_nsec) / 1'000;
}

}  // namespace consort

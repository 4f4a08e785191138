// What a plane counts. Only grows. Twin: ts/data-plane/typescript/stats.ts, which gives each its sentence for the docs.
#pragma once
#include <cstdint>

#include "core/frame.h"

namespace consort {

enum class Stat : uint32_t {
  kDatagramsSent,
  kDatagramsReceived,
  kBytesSent,
  kBytesReceived,
  kDataBytesSent,
  kResentBytes,
  kDuplicateBytes,
  kNaksSent,
  kNaksReceived,
  kStatusSent,
  kStatusReceived,
  kHeartbeatsSent,
  kHeartbeatsReceived,
  kRefusedBySocket,
  kDroppedOnPurpose,
  kSystemCalls,
  kCount
};

struct Stats {
  uint64_t counts[static_cast<size_t>(Stat::kCount)] = {};
  uint64_t rejected[static_cast<size_t>(Reject::kCount)] = {};

  void add(Stat stat, uint64_t amount = 1) { counts[static_cast<size_t>(stat)] += amount; }
  void reject(Reject reason) { rejected[static_cast<size_t>(reason)]++; }
  uint64_t get(Stat stat) const { return counts[static_cast<size_t>(stat)]; }
  uint64_t get(Reject reason) const { return rejected[static_cast<size_t>(reason)]; }
};

}  // namespace consort

// A stream's bytes in memory: position p lives at p modulo the ring's size. Twin: ts/data-plane/typescript/ring.ts
// The memory belongs to JavaScript; whoever hands it over keeps it alive.
#pragma once
#include <cstdint>
#include <cstring>

#include "core/limits.h"

namespace consort {

struct Piece {
  const uint8_t* data;
  uint32_t bytes;
};

class Ring {
 public:
  Ring() = default;
  Ring(uint8_t* base, uint32_t bytes) : base_(base), bytes_(bytes) {}

  static bool valid_size(uint64_t bytes) {
    return bytes >= kMinRingBytes && bytes <= kMaxRingBytes && (bytes & (bytes - 1)) == 0;
  }

  uint32_t bytes() const { return bytes_; }
  uint8_t* at(Position position) const { return base_ + (position & (bytes_ - 1)); }
  uint32_t contiguous(Position position) const { return bytes_ - static_cast<uint32_t>(position & (bytes_ - 1)); }

  // length <= bytes()
  void copy_in(Position position, const uint8_t* from, uint32_t length) const {
    const uint32_t first = contiguous(position);
    uint8_t* to = at(position);
    if (from == to) return;  // received in place
    if (length <= first) {
      std::memcpy(to, from, length);
      return;
    }
    std::memcpy(to, from, first);
    std::memcpy(base_, from + first, length - first);
  }

  // One or two pieces of memory that hold [position, position + length); returns how many.
  uint32_t pieces(Position position, uint32_t length, Piece out[2]) const {
    const uint32_t first = contiguous(position);
    if (length <= first) {
      out[0] = {at(position), length};
      return 1;
    }
    out[0] = {at(position), first};
    out[1] = {base_, length - first};
    return 2;
  }

 private:
  uint8_t* base_ = nullptr;
  uint32_t bytes_ = 0;
};

}  // namespace consort

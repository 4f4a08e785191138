// What of a stream is to be asked for. Twin: ts/data-plane/typescript/nak.ts
#pragma once
#include "core/frame.h"

namespace consort {

struct Nak {
  uint32_t serial;
  uint32_t count;
  Range ranges[kMaxNakRanges];

  // False if it has all the ranges that it can have.
  bool add(Position position, Position length) {
    if (count == kMaxNakRanges) return false;
    ranges[count++] = {position, length};
    return true;
  }

  // The bytes that it asks for.
  Position missing_bytes() const {
    Position sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += ranges[i].length;
    return sum;
  }
};

}  // namespace consort

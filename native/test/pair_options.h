// What a simulated network of planes (pair.h) is made of; printed with every failure.
#pragma once
#include <sstream>
#include <string>

#include "core/limits.h"

namespace consort::test {

struct Faults {  // chances in 1000, for each frame and destination, but `refuse`: for each burst
  uint32_t loss = 0;
  uint32_t duplicate = 0;
  uint32_t corrupt = 0;  // only with checked frames
  uint32_t refuse = 0;
  Micros delay_us = 50;
  Micros jitter_us = 0;  // more than 0: frames overtake each other
};

struct PairOptions {
  uint32_t members = 2;
  uint32_t ring_bytes = 16 * 1024;
  uint32_t frame_bytes = kMinFrameBytes;
  uint32_t max_window = 1024 * 1024;
  bool checked = false;
  bool reads_in_bits = false;
  bool prompt = false;
  uint32_t seed = 1;
  Faults faults = {};

  std::string show() const {
    std::ostringstream out;
    out << "seed " << seed << " members " << members << " ring " << ring_bytes << " frame " << frame_bytes << " window "
        << max_window << (checked ? " checked" : "") << (reads_in_bits ? " bits" : "") << (prompt ? " prompt" : "")
        << " loss " << faults.loss << " duplicate " << faults.duplicate << " corrupt " << faults.corrupt << " refuse "
        << faults.refuse << " delay " << faults.delay_us << "+" << faults.jitter_us;
    return out.str();
  }
};

}  // namespace consort::test

#include "core/flow.h"

#include <algorithm>

namespace consort {

Flow::Flow(uint32_t ring_bytes, uint32_t max_window)
    : ring_bytes_(ring_bytes),
      max_window_(std::max(std::min(max_window, ring_bytes), std::min(kMinWindowBytes, ring_bytes))),
      window_(max_window_) {}

void Flow::end_round(Position lost, Position sent) {
  const Position round = round_end_ - round_start_;
  if (lost * 100 > round * kLossTolerancePercent && round > 0) {
    window_ = std::max(window_ / 10 * 7, std::min(kMinWindowBytes, max_window_));
  } else {
    window_ = std::min(window_ + window_ / 4, max_window_);
  }
  round_start_ = round_end_;
  round_end_ = sent;
}

}  // namespace consort

// How far a stream may run ahead: of its slowest consumer (flow control) and of the network (congestion).
// Twin: ts/data-plane/typescript/flow.ts
//
// Flow: limit = slowest consumed + ring. Nothing is ever dropped for want of room at a receiver.
// Congestion: bytes on their way <= window. A round is one window's worth of sending; a round that was asked to resend
// more than kLossTolerancePercent of what it sent shrinks the window by three tenths, any other lets it grow by a
// quarter. Random loss below the tolerance therefore costs no speed, and a bottleneck that overflows is found within a
// few rounds.
#pragma once
#include "core/limits.h"

namespace consort {

class Flow {
 public:
  // max_window: bytes that may be on their way at most; chosen so that the receivers' socket buffers hold them.
  Flow(uint32_t ring_bytes, uint32_t max_window);

  Position limit(Position slowest_consumed) const { return slowest_consumed + ring_bytes_; }
  uint32_t window() const { return window_; }

  // Whether a round is over when the slowest live receiver has seen this much.
  bool round_is_over(Position seen) const { return seen >= round_end_; }
  bool round_is_empty() const { return round_start_ == round_end_; }
  // Ends a round: `lost` bytes of it at most were asked for again by any one receiver. The next one lasts until all
  // that is sent by now is seen.
  void end_round(Position lost, Position sent);

 private:
  uint32_t ring_bytes_;
  uint32_t max_window_;
  uint32_t window_;
  Position round_start_ = 0;
  Position round_end_ = 0;
};

}  // namespace consort

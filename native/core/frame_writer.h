// Frames on their way out of one view. Data goes in bursts; small parts for one peer (STATUS, NAK, HEARTBEAT, ...) are
// gathered in one control frame. Twin: ts/data-plane/typescript/frame-writer.ts
//
//   to(rank)  room_for(bytes) wrote(n)  room_for(bytes) wrote(n) ...  flush()      one frame, or more where one is full
//
// Allocates nothing after construction.
#pragma once
#include <vector>

#include "core/burst.h"
#include "core/stats.h"
#include "core/view_config.h"

namespace consort {

class FrameWriter {
 public:
  FrameWriter(const ViewConfig& config, Stats& stats);

  Burst& burst() { return burst_; }
  // Stream bytes in a full frame.
  uint32_t max_frame_data() const { return max_frame_data_; }

  // Frames go to this sink from now on; it must live as long as they do.
  void begin(Sink& sink) {
    sink_ = &sink;
    blocked_ = false;
  }
  // Whether the sink has refused something since begin().
  bool blocked() const { return blocked_; }

  FrameHeader header_to(Rank destination) const {
    return {config_.checked ? kFlagChecked : uint8_t{0}, config_.my_rank, destination, config_.connection};
  }

  // Empties the burst, which goes to one member.
  void begin_burst(Rank to) {
    one_ = to;
    burst_.begin(&one_, 1, false);
  }
  // Offers the burst to the sink.
  bool send();

  // Control frames. The parts that follow are for this member.
  void to(Rank rank) {
    if (rank != control_to_) flush();
    control_to_ = rank;
  }
  // Whether there is something to say already.
  bool has_control() const { return control_bytes_ > 0; }
  // Where the next part may be written.
  uint8_t* room_for(uint32_t bytes);
  void wrote(uint32_t bytes) { control_bytes_ += bytes; }
  void flush() {
    if (control_bytes_ > 0) send_control();
  }

 private:
  void send_control();

  const ViewConfig& config_;
  Stats& stats_;
  Burst burst_;
  uint32_t max_frame_data_;
  uint32_t control_limit_;
  Sink* sink_ = nullptr;
  bool blocked_ = false;
  Rank one_ = 0;
  Rank control_to_ = 0;
  uint32_t control_bytes_ = 0;
  std::vector<uint8_t> control_;
};

}  // namespace consort

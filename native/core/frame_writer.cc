#include "core/frame_writer.h"

#include <algorithm>

namespace consort {

FrameWriter::FrameWriter(const ViewConfig& config, Stats& stats)
    : config_(config), stats_(stats), burst_(config.checked), control_(kControlFrameBytes) {
  const uint32_t trailer = config.checked ? kTrailerBytes : 0;
  max_frame_data_ = (config.frame_bytes - kDataOverheadBytes - trailer) / 8 * 8;
  control_limit_ = std::min(kControlFrameBytes, config.frame_bytes) - trailer;
}

bool FrameWriter::send() {
  if (!sink_->send(burst_)) {
    blocked_ = true;
    stats_.add(Stat::kRefusedBySocket);
    return false;
  }
  return true;
}

uint8_t* FrameWriter::room_for(uint32_t bytes) {
  if (control_bytes_ > 0 && control_bytes_ + bytes > control_limit_) flush();
  if (control_bytes_ == 0) control_bytes_ = write_header(control_.data(), header_to(control_to_));
  return control_.data() + control_bytes_;
}

void FrameWriter::send_control() {
  begin_burst(control_to_);
  burst_.add_frame(control_.data(), control_bytes_);
  control_bytes_ = 0;
  // What the sink refuses is as good as lost: each of these parts is repeated by a timer.
  send();
}

}  // namespace consort

#include "core/send_stream.h"

#include <algorithm>

namespace consort {

SendStream::SendStream(StreamKind kind, std::vector<Rank> to, Ring ring, Slot slot, uint32_t max_frame_data,
                       uint32_t max_window)
    : kind_(kind),
      ring_(ring),
      slot_(slot),
      stability_(std::move(to)),
      flow_(ring.bytes(), max_window),
      max_frame_data_(max_frame_data) {
  publish_limit();
}

bool SendStream::refresh() {
  published_ = slot_.extend(kWordFromScript, published_, static_cast<uint32_t>(limit_ - published_));
  const Position end = std::min(published_, cut_);
  if (!stability_.live().empty() || sent_ >= end) return false;
  // Nobody to send to: what is published is at once everywhere.
  sent_ = end;
  publish_limit();
  return true;
}

bool SendStream::handle_status(Rank from, const Progress& progress) {
  if (progress.seen > sent_) return false;
  if (!stability_.update(from, progress)) return true;
  if (flow_.round_is_over(stability_.seen(sent_)))
    flow_.end_round(flow_.round_is_empty() ? 0 : stability_.take_lost(), sent_);
  heartbeat_every_ = kHeartbeatMinUs;
  publish_limit();
  return true;
}

void SendStream::exclude(Rank rank) {
  stability_.exclude(rank);
  publish_limit();
}

void SendStream::publish_limit() {
  limit_ = flow_.limit(stability_.consumed(sent_));
  slot_.store(kWordStable, stable());
  slot_.store(kWordSafe, safe());
  slot_.store(kWordFromPlane, limit_);
}

bool SendStream::has_data_to_send() const {
  const Position end = std::min(published_, cut_);
  return sent_ < end && sent_ - stability_.seen(sent_) < flow_.window();
}

void SendStream::fill(Burst& burst, const FrameHeader& header, Rank origin) {
  const Position window_end = stability_.seen(sent_) + flow_.window();
  const Position end = std::min(published_, cut_);
  filled_ = sent_;
  while (filled_ < end && filled_ < window_end) {
    const uint32_t length = static_cast<uint32_t>(std::min<Position>(end - filled_, max_frame_data_));
    if (!burst.fits(burst.data_frame_bytes(length))) return;
    burst.add_data(header, kind_, origin, ring_, filled_, length);
    filled_ += length;
  }
}

void SendStream::commit(Micros now) {
  sent_ = filled_;
  heartbeat_every_ = kHeartbeatMinUs;
  heartbeat_at_ = now + heartbeat_every_;
}

void SendStream::heartbeat_sent(Micros now) {
  told_stable_ = safe();
  asked_ = sent_;
  stable_at_ = kNever;
  heartbeat_every_ = std::min(heartbeat_every_ * 2, kHeartbeatMaxUs);
  heartbeat_at_ = now + heartbeat_every_;
}

}  // namespace consort

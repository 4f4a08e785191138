#include "core/receive_stream.h"

namespace consort {

Placed ReceiveStream::handle_data(Position position, const uint8_t* bytes, uint32_t length, Micros now,
                                  Random& random) {
  Position end = position + length;
  if (end > cut_) end = cut_;
  if (end <= received_ || position >= end) return Placed::kDuplicate;
  if (end > consumed_ + ring_.bytes()) return Placed::kOverrun;
  if (position < received_) {
    bytes += received_ - position;
    position = received_;
  }
  const uint32_t fresh = static_cast<uint32_t>(end - position);
  if (position == received_) {
    ring_.copy_in(position, bytes, fresh);
    received_ = end;
    note_seen(end);
    if (!intervals_.empty()) received_ = intervals_.absorb(end);
    slot_.store(kWordFromPlane, received_);
    return Placed::kNew;
  }
  const Placed placed = intervals_.add(position, end);
  if (placed != Placed::kNew) return placed;
  ring_.copy_in(position, bytes, fresh);
  note_seen(end);
  if (naks_.is_idle()) naks_.note_edge(received_, edge(), now, random);
  return Placed::kNew;
}

bool ReceiveStream::handle_announced(Position sent, Position stable, Micros now, Random& random) {
  sent = std::min(sent, cut_);
  if (sent > consumed_ + ring_.bytes()) return false;
  if (stable > stable_ && stable <= received_) {
    stable_ = stable;
    slot_.store(kWordStable, stable_);
  }
  announced_ = std::max(announced_, sent);
  if (naks_.is_idle()) naks_.note_edge(received_, edge(), now, random);
  return true;
}

void ReceiveStream::stop_at(Position cut) {
  cut_ = std::max(cut, received_);
  announced_ = std::min(announced_, cut_);
  seen_ = std::min(seen_, cut_);
  intervals_.cut_at(cut_);
  naks_.cut_at(cut_);
}

void ReceiveStream::note_seen(Position end) {
  seen_ = std::max(seen_, end);
  written_ = std::max(written_, end);
}

}  // namespace consort

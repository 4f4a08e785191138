#include "core/stability.h"

#include <algorithm>

namespace consort {

Stability::Stability(std::vector<Rank> receivers) {
  for (const Rank rank : receivers) rows_.push_back({rank, true, 0, 0, 0});
  recompute();
}

bool Stability::update(Rank rank, Position received, Position consumed, Position seen) {
  for (Row& row : rows_) {
    if (row.rank != rank) continue;
    if (received <= row.received && consumed <= row.consumed && seen <= row.seen) return false;
    row.received = std::max(row.received, received);
    row.consumed = std::max(row.consumed, consumed);
    row.seen = std::max(row.seen, seen);
    recompute();
    return true;
  }
  return false;
}

void Stability::exclude(Rank rank) {
  for (Row& row : rows_) {
    if (row.rank == rank) row.live = false;
  }
  recompute();
}

const Stability::Row* Stability::find(Rank rank) const {
  for (const Row& row : rows_) {
    if (row.rank == rank) return &row;
  }
  return nullptr;
}

void Stability::recompute() {
  live_ranks_.clear();
  received_ = consumed_ = seen_ = kMaxPosition;
  for (const Row& row : rows_) {
    if (!row.live) continue;
    live_ranks_.push_back(row.rank);
    received_ = std::min(received_, row.received);
    consumed_ = std::min(consumed_, row.consumed);
    seen_ = std::min(seen_, row.seen);
  }
  live_ = static_cast<uint32_t>(live_ranks_.size());
}

}  // namespace consort

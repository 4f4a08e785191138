#include "core/stability.h"

#include <algorithm>
#include <utility>

namespace consort {

Stability::Stability(std::vector<Rank> receivers) {
  for (const Rank rank : receivers) rows_.push_back({rank, true, 0, 0, 0, 0, 0});
  live_ranks_ = std::move(receivers);
  recompute();
}

bool Stability::update(Rank rank, const Progress& progress) {
  for (Row& row : rows_) {
    if (row.rank != rank) continue;
    // The full position behind the half that was told: no further than what is safe.
    const Position safe = received_of_all_;
    const Position told = safe - static_cast<uint32_t>(static_cast<uint32_t>(safe) - progress.stable_low);
    const bool confirmed = told > row.told_stable && told <= safe;
    if (progress.received <= row.received && progress.consumed <= row.consumed && progress.seen <= row.seen &&
        !confirmed) {
      return false;
    }
    row.received = std::max(row.received, progress.received);
    row.consumed = std::max(row.consumed, progress.consumed);
    row.seen = std::max(row.seen, progress.seen);
    if (confirmed) row.told_stable = told;
    recompute();
    return true;
  }
  return false;
}

void Stability::note_lost(Rank rank, Position bytes) {
  for (Row& row : rows_) {
    if (row.rank == rank) row.lost += bytes;
  }
}

Position Stability::take_lost() {
  Position most = 0;
  for (Row& row : rows_) {
    if (row.live) most = std::max(most, row.lost);
    row.lost = 0;
  }
  return most;
}

void Stability::exclude(Rank rank) {
  for (Row& row : rows_) {
    if (row.rank == rank) row.live = false;
  }
  std::erase(live_ranks_, rank);
  recompute();
}

const Stability::Row* Stability::find(Rank rank) const {
  for (const Row& row : rows_) {
    if (row.rank == rank) return &row;
  }
  return nullptr;
}

void Stability::recompute() {
  received_ = consumed_ = seen_ = told_stable_ = received_of_all_ = kMaxPosition;
  for (const Row& row : rows_) {
    received_of_all_ = std::min(received_of_all_, row.received);
    if (!row.live) continue;
    received_ = std::min(received_, row.received);
    consumed_ = std::min(consumed_, row.consumed);
    seen_ = std::min(seen_, row.seen);
    told_stable_ = std::min(told_stable_, row.told_stable);
  }
}

}  // namespace consort

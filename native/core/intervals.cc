#include "core/intervals.h"

#include <algorithm>

namespace consort {

Placed Intervals::add(Position start, Position end) {
  // Nearly always at the end: new data after a gap.
  if (!bounds_.empty() && bounds_.back().end == start) {
    bounds_.back().end = end;
    return Placed::kNew;
  }
  // One that ends at `start` is joined.
  const auto first = std::lower_bound(bounds_.begin(), bounds_.end(), start,
                                      [](const Interval& interval, Position p) { return interval.end < p; });
  if (first == bounds_.end() || end < first->start) {
    if (bounds_.size() == kMaxIntervals) return Placed::kOverrun;
    bounds_.insert(first, {start, end});
    return Placed::kNew;
  }
  if (first->start <= start && end <= first->end) return Placed::kDuplicate;
  first->start = std::min(first->start, start);
  auto last = first;
  while (last != bounds_.end() && last->start <= end) {
    end = std::max(end, last->end);
    ++last;
  }
  first->end = std::max(first->end, end);
  bounds_.erase(first + 1, last);
  return Placed::kNew;
}

Position Intervals::absorb(Position received) {
  auto reached = bounds_.begin();
  for (; reached != bounds_.end() && reached->start <= received; ++reached) received = std::max(received, reached->end);
  bounds_.erase(bounds_.begin(), reached);
  return received;
}

void Intervals::cut_at(Position position) {
  std::erase_if(bounds_, [position](const Interval& interval) { return interval.start >= position; });
  if (!bounds_.empty()) bounds_.back().end = std::min(bounds_.back().end, position);
}

Position Intervals::collect_gaps(Position from, Position to, Nak& nak) const {
  Position at = from;
  auto next = std::lower_bound(bounds_.begin(), bounds_.end(), at,
                               [](const Interval& interval, Position p) { return interval.end <= p; });
  while (at < to) {
    const bool none = next == bounds_.end();
    const Position gap_end = none ? to : std::min(to, next->start);
    if (gap_end > at && !nak.add(at, gap_end - at)) return at;
    if (none) return to;
    at = std::max(at, next->end);
    ++next;
  }
  return to;
}

}  // namespace consort

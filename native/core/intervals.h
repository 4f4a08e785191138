// Runs of bytes that have arrived beyond a gap: sorted, apart from each other, at most kMaxIntervals.
// Twin: ts/data-plane/typescript/intervals.ts
//
// Allocates nothing after construction.
#pragma once
#include <vector>

#include "core/limits.h"
#include "core/nak.h"

namespace consort {

// kOverrun: beyond what flow control allows, or one gap too many; as if it was lost.
enum class Placed { kNew, kDuplicate, kOverrun };

class Intervals {
 public:
  Intervals() { bounds_.reserve(kMaxIntervals); }

  bool empty() const { return bounds_.empty(); }
  size_t count() const { return bounds_.size(); }

  // Adds [start, end).
  Placed add(Position start, Position end);
  // All before `received` is there: takes out what it has reached, and returns how far it reaches with that.
  Position absorb(Position received);
  // Removes what lies at or beyond `position`.
  void cut_at(Position position);
  // Adds the gaps in [from, to) to `nak`; returns the end of what was looked at: before `to` if it can have no more
  // ranges.
  Position collect_gaps(Position from, Position to, Nak& nak) const;

 private:
  struct Interval {
    Position start;
    Position end;
  };
  std::vector<Interval> bounds_;
};

}  // namespace consort

#include "core/receive_stream.h"

#include <algorithm>

namespace consort {
namespace {

Position missing_bytes(const ReceiveStream::Nak& nak) {
  Position sum = 0;
  for (uint32_t i = 0; i < nak.count; i++) sum += nak.ranges[i].length;
  return sum;
}

}  // namespace

ReceiveStream::ReceiveStream(StreamKind kind, Rank origin, Ring ring, Slot slot)
    : kind_(kind), origin_(origin), ring_(ring), slot_(slot) {
  intervals_.reserve(kMaxIntervals);
  outstanding_.reserve(kMaxOutstandingNaks);
}

ReceiveStream::Placed ReceiveStream::handle_data(Position position, const uint8_t* bytes, uint32_t length, Micros now,
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
    if (!intervals_.empty()) absorb();
    slot_.store(kWordFromPlane, received_);
    return Placed::kNew;
  }
  const Placed placed = insert(position, end);
  if (placed != Placed::kNew) return placed;
  ring_.copy_in(position, bytes, fresh);
  note_seen(end);
  note_edge(now, random);
  return Placed::kNew;
}

void ReceiveStream::note_seen(Position end) {
  seen_ = std::max(seen_, end);
  written_ = std::max(written_, end);
}

// Adds [start, end) to the intervals.
ReceiveStream::Placed ReceiveStream::insert(Position start, Position end) {
  // Nearly always at the end: new data after a gap.
  if (!intervals_.empty() && intervals_.back().end == start) {
    intervals_.back().end = end;
    return Placed::kNew;
  }
  const auto first = std::lower_bound(intervals_.begin(), intervals_.end(), start,
                                      [](const Interval& interval, Position p) { return interval.end < p; });
  if (first == intervals_.end() || end < first->start) {
    if (intervals_.size() == kMaxIntervals) return Placed::kOverrun;
    intervals_.insert(first, {start, end});
    return Placed::kNew;
  }
  if (first->start <= start && end <= first->end) return Placed::kDuplicate;
  first->start = std::min(first->start, start);
  auto last = first;
  while (last != intervals_.end() && last->start <= end) {
    end = std::max(end, last->end);
    ++last;
  }
  first->end = std::max(first->end, end);
  intervals_.erase(first + 1, last);
  return Placed::kNew;
}

// The intervals that received_ has reached become part of what is received.
void ReceiveStream::absorb() {
  size_t reached = 0;
  while (reached < intervals_.size() && intervals_[reached].start <= received_) {
    received_ = std::max(received_, intervals_[reached].end);
    reached++;
  }
  if (reached > 0) intervals_.erase(intervals_.begin(), intervals_.begin() + static_cast<ptrdiff_t>(reached));
}

bool ReceiveStream::handle_announced(Position sent, Position stable, Micros now, Random& random) {
  sent = std::min(sent, cut_);
  if (sent > consumed_ + ring_.bytes()) return false;
  if (stable > stable_ && stable <= received_) {
    stable_ = stable;
    slot_.store(kWordStable, stable_);
  }
  announced_ = std::max(announced_, sent);
  note_edge(now, random);
  return true;
}

// Resends go out in the order of the NAKs: what answers this one comes after all that answers those before it.
void ReceiveStream::handle_nak_done(uint32_t serial) {
  if (static_cast<int32_t>(serial - next_serial_) >= 0) return;  // of a NAK that was never made
  for (Outstanding& nak : outstanding_) {
    if (static_cast<int32_t>(nak.serial - serial) <= 0) nak.done = true;
  }
}

void ReceiveStream::stop_at(Position cut) {
  cut_ = std::max(cut, received_);
  announced_ = std::min(announced_, cut_);
  seen_ = std::min(seen_, cut_);
  frontier_ = std::min(frontier_, cut_);
  std::erase_if(intervals_, [this](const Interval& interval) { return interval.start >= cut_; });
  if (!intervals_.empty()) intervals_.back().end = std::min(intervals_.back().end, cut_);
  std::erase_if(outstanding_, [this](const Outstanding& nak) { return nak.from >= cut_; });
  for (Outstanding& nak : outstanding_) nak.to = std::min(nak.to, cut_);
}

void ReceiveStream::ask_again() {
  outstanding_.clear();
  frontier_ = received_;
  first_nak_at_ = edge() > received_ ? 0 : kNever;
}

// There may be a gap that was not asked for yet: see that it will be.
void ReceiveStream::note_edge(Micros now, Random& random) {
  if (first_nak_at_ == kNever && edge() > std::max(frontier_, received_))
    first_nak_at_ = now + random.below(kNakDelayUs + 1);
}

Micros ReceiveStream::nak_deadline() const {
  Micros deadline = outstanding_.size() < kMaxOutstandingNaks ? first_nak_at_ : kNever;
  for (const Outstanding& nak : outstanding_) deadline = std::min(deadline, nak.done ? 0 : nak.deadline);
  return deadline;
}

bool ReceiveStream::poll_nak(Micros now, Micros retry_us, Nak& nak) {
  return poll_repeat(now, retry_us, nak) || poll_first(now, retry_us, nak);
}

bool ReceiveStream::poll_repeat(Micros now, Micros retry_us, Nak& nak) {
  for (size_t i = 0; i < outstanding_.size();) {
    Outstanding& entry = outstanding_[i];
    if (entry.to > received_ && !entry.done && now < entry.deadline) {
      i++;
      continue;
    }
    nak.count = 0;
    collect_missing(entry.from, entry.to, nak);
    if (nak.count == 0) {
      outstanding_.erase(outstanding_.begin() + static_cast<ptrdiff_t>(i));
      continue;
    }
    const Position missing = missing_bytes(nak);
    if (entry.done) {
      entry.fruitless = missing < entry.missing ? 0 : entry.fruitless + 1;
      entry.done = false;
      entry.answered = true;
      // Only what comes through at all is asked for at once; else (a path that takes no large frames) it would be sent
      // again and again.
      if (entry.fruitless > kMaxFruitlessNaks && now < entry.deadline) {
        i++;
        continue;
      }
      // An answer shows that the other side lives: only silence backs off.
      if (entry.fruitless <= kMaxFruitlessNaks) entry.attempt = 0;
    } else {
      entry.attempt++;
    }
    entry.missing = missing;
    entry.from = nak.ranges[0].position;
    if (entry.answered) entry.serial = next_serial_++;
    entry.answered = false;
    entry.deadline = now + std::min(retry_us << std::min(entry.attempt, kMaxNakDoublings), kNakRetryMaxUs);
    nak.serial = entry.serial;
    return true;
  }
  return false;
}

bool ReceiveStream::poll_first(Micros now, Micros retry_us, Nak& nak) {
  if (now < first_nak_at_ || outstanding_.size() == kMaxOutstandingNaks) return false;
  const Position from = std::max(frontier_, received_);
  nak.count = 0;
  const Position looked = from < edge() ? collect_missing(from, edge(), nak) : from;
  frontier_ = std::max(frontier_, looked);
  if (frontier_ >= edge()) first_nak_at_ = kNever;
  if (nak.count == 0) return false;
  nak.serial = next_serial_++;
  outstanding_.push_back({nak.serial, false, false, 0, 0, missing_bytes(nak), from, looked, now + retry_us});
  return true;
}

Position ReceiveStream::collect_missing(Position from, Position to, Nak& nak) const {
  Position at = std::max(from, received_);
  auto interval = std::lower_bound(intervals_.begin(), intervals_.end(), at,
                                   [](const Interval& i, Position p) { return i.end <= p; });
  while (at < to) {
    const Position gap_end = interval == intervals_.end() ? to : std::min(to, interval->start);
    if (gap_end > at) {
      if (nak.count == kMaxNakRanges) return at;
      nak.ranges[nak.count++] = {at, gap_end - at};
    }
    if (interval == intervals_.end()) return to;
    at = std::max(at, interval->end);
    ++interval;
  }
  return to;
}

}  // namespace consort

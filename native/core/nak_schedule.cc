#include "core/nak_schedule.h"

namespace consort {

// Resends go out in the order of the NAKs: what answers this one comes after all that answers those before it.
void NakSchedule::handle_done(uint32_t serial) {
  if (static_cast<int32_t>(serial - next_serial_) >= 0) return;  // of a NAK that was never made
  for (Outstanding& nak : outstanding_) {
    if (static_cast<int32_t>(nak.serial - serial) <= 0) nak.done = true;
  }
}

void NakSchedule::cut_at(Position cut) {
  frontier_ = std::min(frontier_, cut);
  std::erase_if(outstanding_, [cut](const Outstanding& nak) { return nak.from >= cut; });
  for (Outstanding& nak : outstanding_) nak.to = std::min(nak.to, cut);
}

void NakSchedule::ask_again(Position received, Position edge) {
  outstanding_.clear();
  frontier_ = received;
  first_at_ = edge > received ? 0 : kNever;
}

Micros NakSchedule::next_deadline() const {
  Micros deadline = outstanding_.size() < kMaxOutstandingNaks ? first_at_ : kNever;
  for (const Outstanding& nak : outstanding_) deadline = std::min(deadline, nak.done ? 0 : nak.deadline);
  return deadline;
}

bool NakSchedule::poll_repeat(Position received, Micros now, Micros retry_us, Nak& nak) {
  for (size_t i = 0; i < outstanding_.size();) {
    Outstanding& entry = outstanding_[i];
    if (entry.to > received && !entry.done && now < entry.deadline) {
      i++;
      continue;
    }
    nak.count = 0;
    intervals_.collect_gaps(std::max(entry.from, received), entry.to, nak);
    if (nak.count == 0) {
      outstanding_.erase(outstanding_.begin() + static_cast<ptrdiff_t>(i));
      continue;
    }
    const Position missing = nak.missing_bytes();
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

bool NakSchedule::poll_first(Position received, Position edge, Micros now, Micros retry_us, Nak& nak) {
  if (now < first_at_ || outstanding_.size() == kMaxOutstandingNaks) return false;
  const Position from = std::max(frontier_, received);
  nak.count = 0;
  const Position looked = from < edge ? intervals_.collect_gaps(from, edge, nak) : from;
  frontier_ = std::max(frontier_, looked);
  if (frontier_ >= edge) first_at_ = kNever;
  if (nak.count == 0) return false;
  nak.serial = next_serial_++;
  outstanding_.push_back({nak.serial, false, false, 0, 0, nak.missing_bytes(), from, looked, now + retry_us});
  return true;
}

}  // namespace consort

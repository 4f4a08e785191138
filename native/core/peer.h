// What is known of another member of the view: whether it lives, how fast it answers, who stands in for it.
// Twin: ts/data-plane/typescript/peer.ts
#pragma once
#include <algorithm>

#include "core/limits.h"

namespace consort {

class Peer {
 public:
  explicit Peer(Rank rank) : holder(rank) {}

  bool live = true;    // frames of one who has failed are dropped, and it holds nothing back
  uint32_t heard = 0;  // frames that have come from it
  Rank holder;         // whom to ask for this member's casts

  bool probed = false;  // a PROBE to answer is waiting, with this time
  Micros probe_time = 0;

  // Whatever the frame holds: its sender lives.
  void note_heard(Micros now) {
    heard++;
    heard_at_ = now;
  }

  void note_probe(Micros time) {
    probed = true;
    probe_time = time;
  }

  // Silence after which it is probed, the first time at once. 0: it is not watched any more. An interval out of bounds
  // is drawn to them.
  void watch(Micros interval_us) {
    watch_us_ = interval_us == 0 ? 0 : std::clamp(interval_us, kMinWatchUs, kMaxWatchUs);
    probe_now_ = interval_us != 0;
  }

  // When it is probed if it stays silent.
  Micros watch_deadline() const {
    if (watch_us_ == 0 || !live) return kNever;
    return probe_now_ ? 0 : std::max(heard_at_, probe_sent_at_) + watch_us_;
  }

  // One PROBE serves both: it asks for the round trip, worth knowing only while there is traffic, and for a sign of
  // life.
  bool must_probe(Micros now, bool traffic) const { return (traffic && now >= measure_at_) || now >= watch_deadline(); }

  void probe_sent(Micros now) {
    measure_at_ = now + kProbeIntervalUs;
    probe_sent_at_ = now;
    probe_now_ = false;
  }

  void note_round_trip(Micros us) {
    const Micros sample = std::min(us, kNakRetryMaxUs);
    round_trip_us_ = round_trip_us_ == 0 ? sample : (round_trip_us_ * 3 + sample) / 4;
  }

  // How long an answer may take at least before a NAK to it is repeated.
  Micros retry_us() const { return std::clamp(round_trip_us_ * 4, kNakRetryMinUs, kNakRetryMaxUs); }

 private:
  Micros heard_at_ = 0;
  Micros round_trip_us_ = 0;
  Micros measure_at_ = 0;
  Micros watch_us_ = 0;  // 0: it is not watched
  Micros probe_sent_at_ = 0;
  bool probe_now_ = false;
};

}  // namespace consort

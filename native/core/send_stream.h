// One of my streams: what JavaScript wrote into the ring, how much of it went out, who has it.
// Twin: ts/data-plane/typescript/send-stream.ts
//
//        resend from here on     new data
//   --- floor ................ sent ........ published ........ limit ---
//       limit - ring                          JavaScript writes here
//
// Bytes before the floor may be overwritten: everybody has consumed them.
#pragma once
#include <algorithm>

#include "core/burst.h"
#include "core/counters.h"
#include "core/flow.h"
#include "core/stability.h"

namespace consort {

class SendStream {
 public:
  // to: the receivers' ranks. max_frame_data: stream bytes in a full frame. max_window: see Flow.
  SendStream(StreamKind kind, std::vector<Rank> to, Ring ring, Slot slot, uint32_t max_frame_data, uint32_t max_window);

  StreamKind kind() const { return kind_; }
  const Ring& ring() const { return ring_; }
  const Stability& stability() const { return stability_; }
  const Flow& flow() const { return flow_; }
  Position sent() const { return sent_; }
  Position published() const { return published_; }
  // All before this has arrived at whoever has not failed.
  Position stable() const { return stability_.received(sent_); }
  // All before this has arrived at all. It is what receivers are told as stable.
  Position safe() const { return stability_.safe(sent_); }
  Position floor() const { return limit_ - ring_.bytes(); }

  // Takes in what JavaScript has published since. Returns whether that made room: where nobody is left to wait for.
  bool refresh();

  // A receiver's STATUS. False if it claims what was never sent.
  bool handle_status(Rank from, const Progress& progress);
  void handle_lost(Rank from, Position bytes) { stability_.note_lost(from, bytes); }
  void exclude(Rank rank);
  // Nothing beyond this position goes out any more.
  void stop_at(Position cut) { cut_ = cut; }

  bool has_data_to_send() const;
  // Bytes that are published and may go out, and have not.
  Position unsent() const { return std::max(std::min(published_, cut_), sent_) - sent_; }
  // Whether a full window is on its way, which is less than what receivers tell of by themselves: so they have to be
  // asked, once.
  bool must_ask() const {
    return unsent() > 0 && !has_data_to_send() && flow_.window() <= ring_.bytes() / 8 && asked_ != sent_;
  }
  // Moves up to one burst's worth of new frames into `burst`, which was begun. They count as sent once commit() is
  // called.
  void fill(Burst& burst, const FrameHeader& header, Rank origin);
  void commit(Micros now);

  // Whether a receiver has not said yet that it consumed all that was sent, and knows what is safe.
  bool lags(const Stability::Row& row) const { return row.consumed < sent_ || row.told_stable < safe(); }
  bool somebody_lags() const { return stability_.consumed(sent_) < sent_ || stability_.told_stable(safe()) < safe(); }
  // When the next HEARTBEAT is due; kNever while nobody lags.
  Micros heartbeat_deadline() const { return somebody_lags() ? std::min(heartbeat_at_, stable_at_) : kNever; }
  // New data puts HEARTBEATs off, but news of what is safe waits no longer than kStableDelayUs.
  void note_stable(Micros now) {
    if (stable_at_ == kNever && stability_.told_stable(safe()) < safe()) stable_at_ = now + kStableDelayUs;
  }
  // Whether so much has become safe since it was told that it is worth a HEARTBEAT now.
  bool much_is_stable() const { return safe() - told_stable_ >= ring_.bytes() / 4; }
  void heartbeat_sent(Micros now);
  // Whether anything has become safe since it was told.
  bool stable_grew() const { return safe() > told_stable_; }
  // A HEARTBEAT went out that only told what is safe. Those that ask are due when they were, so that one that is lost
  // is soon made up for.
  void stable_was_told() {
    told_stable_ = safe();
    stable_at_ = kNever;
  }

 private:
  void publish_limit();

  StreamKind kind_;
  Ring ring_;
  Slot slot_;
  Stability stability_;
  Flow flow_;
  uint32_t max_frame_data_;
  Position published_ = 0;
  Position sent_ = 0;
  Position filled_ = 0;
  Position limit_ = 0;
  Position cut_ = kMaxPosition;
  Position told_stable_ = 0;
  Position asked_ = kMaxPosition;  // the end of what receivers were asked about last
  Micros heartbeat_at_ = 0;
  Micros stable_at_ = kNever;
  Micros heartbeat_every_ = kHeartbeatMinUs;
};

}  // namespace consort

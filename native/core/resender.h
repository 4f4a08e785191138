// Bytes that go out again because a NAK asked for them: of my streams, and of casts for whose origin I stand in.
// Twin: ts/data-plane/typescript/resender.ts
#pragma once
#include <vector>

#include "core/frame_writer.h"
#include "core/peer.h"
#include "core/receiver.h"
#include "core/resend_queue.h"
#include "core/sender.h"

namespace consort {

class Resender {
 public:
  Resender(const ViewConfig& config, const std::vector<Peer>& peers, const Sender& sender, const Receiver& receiver,
           FrameWriter& writer, Stats& stats);

  void handle_nak(const Part& part, Rank from);
  // Returns whether there is more to send at once.
  bool poll() { return queue_.size() > 0 && send(); }

 private:
  // What of a stream is held here: [from, end) in `ring`.
  struct Held {
    Ring ring;
    Position from;
    Position end;
  };

  bool push_ranges(const Part& part, Resend& resend, const Held& held);
  void push_done(Resend& resend, uint32_t serial);
  uint32_t& asked_by(Rank peer, StreamKind kind, Rank origin);
  bool find_held(const Resend& resend, Held& held) const;
  bool send();
  bool send_burst(Rank to);
  bool is_for(Rank to, uint32_t index);
  Position fill(const Resend& entry);
  void answer(const Resend& done);

  const ViewConfig& config_;
  const std::vector<Peer>& peers_;
  const Sender& sender_;
  const Receiver& receiver_;
  FrameWriter& writer_;
  Stats& stats_;
  ResendQueue queue_;
  std::vector<std::vector<uint32_t>> asked_;  // by rank: its last NAK for each stream; empty until there is one
};

}  // namespace consort

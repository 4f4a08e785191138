// My streams: new data as far as flow control lets it go, and HEARTBEATs that tell receivers how far they reach.
// Twin: ts/data-plane/typescript/sender.ts
#pragma once
#include <memory>
#include <vector>

#include "core/frame_writer.h"
#include "core/peer.h"
#include "core/send_stream.h"
#include "core/stats.h"
#include "core/view_config.h"

namespace consort {

class Sender {
 public:
  Sender(const ViewConfig& config, const std::vector<Peer>& peers, FrameWriter& writer, Stats& stats);

  // Room for JavaScript to write, since it was set to false.
  bool news = false;

  // Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range. `to` is
  // kAllRanks for casts.
  bool open(StreamKind kind, Rank to, Ring ring, Slot slot);
  // The stream of mine that `peer` gets.
  SendStream* stream(StreamKind kind, Rank peer) const {
    Outbound* out = by_[index_of(kind, is_pt2pt(kind) ? peer : config_.my_rank)];
    return out == nullptr ? nullptr : &out->stream;
  }
  SendStream* casts() const { return stream(StreamKind::kCast, kAllRanks); }

  void handle_status(const Part& part, Rank sender);

  // Takes in what JavaScript has published since, and finds out which HEARTBEATs are due.
  void refresh(Micros now);
  // The HEARTBEATs that are due to one member.
  void poll_heartbeats(Rank rank) {
    if (heartbeats_) tell_heartbeats(rank);
  }
  // All have got the HEARTBEATs that were due.
  void heartbeats_sent(Micros now);
  // Sends new data of all streams. Returns whether there is more to send at once.
  bool poll_data(Micros now);
  // When to poll again, if nothing is published.
  Micros deadline() const;
  // Bytes that JavaScript has published and that have not gone out.
  Position unsent_bytes();

  // A failed member holds nothing back.
  void exclude(Rank rank);

 private:
  // A stream that goes out, and what its receivers are told of it.
  struct Outbound {
    SendStream stream;
    Rank to;                 // kAllRanks for casts
    bool heartbeat = false;  // due in this poll
    bool answer = false;     // and it asks for STATUS
    bool tells = false;      // the stable position has grown in a prompt view: due, if only to tell that
  };

  void tell_heartbeats(Rank rank);
  bool poll_stream(Outbound& out, Micros now);

  const ViewConfig& config_;
  const std::vector<Peer>& peers_;
  FrameWriter& writer_;
  Stats& stats_;
  std::vector<std::unique_ptr<Outbound>> outbound_;  // in the order of opening
  std::vector<Outbound*> by_;                        // by index_of(kind, rank); casts under my own rank
  bool heartbeats_ = false;                          // some are due in this poll
};

}  // namespace consort

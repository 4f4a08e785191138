// The streams that come in: their bytes taken in, and their origins told how far they have come and what is missing.
// Twin: ts/data-plane/typescript/receiver.ts
#pragma once
#include <memory>
#include <vector>

#include "core/frame_writer.h"
#include "core/peer.h"
#include "core/random.h"
#include "core/receive_stream.h"
#include "core/stats.h"
#include "core/view_config.h"

namespace consort {

// A pt2pt stream from `origin` that has sent and is not open here yet.
struct Wanted {
  Rank origin;
  StreamKind kind;
};

class Receiver {
 public:
  Receiver(const ViewConfig& config, const std::vector<Peer>& peers, FrameWriter& writer, Stats& stats);

  // Bytes for JavaScript, or more that is stable, since it was set to false.
  bool news = false;

  // Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range.
  bool open(StreamKind kind, Rank origin, Ring ring, Slot slot);
  ReceiveStream* stream(StreamKind kind, Rank origin) const {
    Inbound* in = inbound(kind, origin);
    return in == nullptr ? nullptr : &in->stream;
  }
  ReceiveStream* casts(Rank origin) const {
    return origin < config_.members ? stream(StreamKind::kCast, origin) : nullptr;
  }
  // Pops one of the streams that wait to be opened.
  bool take_wanted(Wanted& wanted);
  bool has_wanted() const { return !wanted_.empty(); }

  void handle_data(const Part& part, Rank sender, Micros now);
  void handle_heartbeat(const Part& part, Rank sender, Micros now);
  void handle_nak_done(const Part& part, Rank sender);

  // Takes in what JavaScript has consumed since.
  void refresh(Micros now);
  // What there is to tell, and to ask, about the streams of one who lives.
  void poll(Rank origin, Micros now);
  // What there is to ask about the casts of one who has failed: their holder answers.
  void poll_held(Rank origin, Micros now);
  // When to poll again.
  Micros deadline() const;

  // At the next poll every origin that something has come from gets a STATUS: what a view says last. Those who never
  // sent wait for none, and to answer them too would cost a view change of n members n² datagrams.
  void answer_all();
  // What is missing of `origin`'s casts up to `up_to` is to be had from another: asks again, at once.
  void holder_changed(Rank origin, Position up_to);

 private:
  // A stream that comes in, and what its origin was told of it.
  struct Inbound {
    ReceiveStream stream;
    Position told_received = 0;
    Position told_consumed = 0;
    Position told_seen = 0;
    Micros status_at = kNever;
    bool answer_now = false;

    Inbound(StreamKind kind, Rank origin, Ring ring, Slot slot) : stream(kind, origin, ring, slot) {}
    bool has_news() const {
      return stream.received() != told_received || stream.consumed() != told_consumed || stream.seen() != told_seen;
    }
    bool status_is_due(Micros now) const;
    void status_is_told();
  };

  Inbound* inbound(StreamKind kind, Rank origin) const { return by_[index_of(kind, origin)]; }
  void want(StreamKind kind, Rank origin);
  bool may_speak_for(Rank sender, const Part& part) const;
  void tell_status(Inbound& in);
  void poll_naks(Inbound& in, Micros now);
  // Whom to ask for what is missing of a stream, and whether that makes sense.
  Rank asked_for(const ReceiveStream& stream) const;
  bool can_ask(const ReceiveStream& stream) const;

  const ViewConfig& config_;
  const std::vector<Peer>& peers_;
  FrameWriter& writer_;
  Stats& stats_;
  Random random_;
  std::vector<std::unique_ptr<Inbound>> inbound_;  // in the order of opening
  std::vector<Inbound*> by_;                       // by index_of(kind, origin)
  std::vector<Wanted> wanted_;
};

}  // namespace consort

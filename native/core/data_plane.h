// One view's streams put together: frames in, frames out, nothing else. Twin: ts/data-plane/typescript/data-plane.ts
//
// Sans-I/O: the caller hands in frames and the time, and offers a Sink when it calls poll(). No clock, no socket, no
// thread, no randomness but from the seed. Not thread-safe: one caller at a time; only the rings and slots are shared
// with JavaScript.
#pragma once
#include <memory>
#include <vector>

#include "core/burst.h"
#include "core/random.h"
#include "core/receive_stream.h"
#include "core/resend_queue.h"
#include "core/send_stream.h"
#include "core/stats.h"

namespace consort {

struct ViewConfig {
  uint64_t connection;  // names the view, its group and key
  Rank my_rank;
  uint32_t members;  // 1 .. kMaxMembers
  uint32_t
      frame_bytes;  // the largest frame to send, trailer included; kMinFrameBytes .. kMaxFrameBytes, a multiple of 8
  uint32_t max_window;  // bytes of a stream on their way at most
  bool checked;         // whether frames carry a checksum, and must
  uint32_t seed;
  bool prompt = false;  // of casts, what has arrived here and what is stable is told in the step in which it grew
};

class DataPlane {
 public:
  // A pt2pt stream from `origin` that has sent and is not open here yet.
  struct Wanted {
    Rank origin;
    StreamKind kind;
  };

  explicit DataPlane(const ViewConfig& config);

  const ViewConfig& config() const { return config_; }
  Stats& stats() { return stats_; }

  // Opening a stream that is open replaces nothing and returns false, as does a rank that is out of range. `to` is
  // kAllRanks for casts.
  bool open_send(StreamKind kind, Rank to, Ring ring, Slot slot);
  bool open_receive(StreamKind kind, Rank origin, Ring ring, Slot slot);
  // Pops one of the streams that wait to be opened.
  bool take_wanted(Wanted& wanted);
  bool has_wanted() const { return !wanted_.empty(); }

  // A frame whose header names this view. What is wrong with it is counted and dropped.
  void handle_frame(const uint8_t* frame, size_t length, const FrameHeader& header, Micros now);

  // Sends what is due, new data last. Returns when to poll again at the latest: `now` if the sink took less than there
  // was to send and more may follow at once, kNever if only news from outside can change anything.
  Micros poll(Micros now, Sink& sink);
  // Whether JavaScript has something new to look at (bytes, or room) since the last call.
  bool take_news() {
    const bool news = news_;
    news_ = false;
    return news;
  }
  // Bytes that JavaScript has published and that have not gone out.
  Position unsent_bytes();
  // Whether the sink refused something at the last poll.
  bool blocked() const { return blocked_; }

  // At the next poll every origin that something has come from gets a STATUS: what a view says last.
  void answer_all();

  // A member that is silent for `interval_us` gets a PROBE, and another each time that passes again, until it is heard;
  // the first one at once. 0: it is not watched any more. An interval out of bounds is drawn to them.
  void watch(Rank rank, Micros interval_us);
  // Frames that have come from this member, modulo 2^32.
  uint32_t heard(Rank rank) const { return rank < config_.members ? peers_[rank].heard : 0; }

  // For view changes. A failed member: its frames are dropped, and it holds nothing back.
  void exclude(Rank rank);
  // What is missing of `origin`'s casts up to `up_to` is to be had from `holder`.
  void set_holder(Rank origin, Rank holder, Position up_to);
  // Nothing of `origin`'s casts beyond `cut` is taken in, or sent where I am the origin.
  void stop_at(Rank origin, Position cut);
  // How far I have `origin`'s casts without a gap; my own: as far as JavaScript has published them.
  Position received(Rank origin) const;

 private:
  struct Inbound {
    ReceiveStream stream;
    Position told_received = 0;
    Position told_consumed = 0;
    Position told_seen = 0;
    Micros status_at = kNever;
    bool answer_now = false;
    bool has_news() const {
      return stream.received() != told_received || stream.consumed() != told_consumed || stream.seen() != told_seen;
    }
  };
  struct Outbound {
    SendStream stream;
    Rank to;                 // kAllRanks for casts
    bool heartbeat = false;  // due in this poll
    bool answer = false;     // and it asks for STATUS
    bool tells = false;      // the stable position has grown in a prompt view: due, if only to tell that
  };
  struct Peer {
    bool live = true;
    bool probed = false;  // a PROBE to answer is waiting
    Micros probe_time = 0;
    Micros next_probe_at = 0;  // for the round trip
    Micros probe_sent_at = 0;
    uint32_t heard = 0;  // frames that have come from it
    Micros heard_at = 0;
    Micros watch_us = 0;  // silence after which it is probed; 0: it is not watched
    bool probe_now = false;
    Micros round_trip_us = 0;
    Rank holder;                  // whom to ask for this member's casts
    std::vector<uint32_t> asked;  // the last NAK from this peer for each stream; empty until there is one
  };

  // What of a stream is held here: [from, end) in `ring`.
  struct Held {
    Ring ring;
    Position from;
    Position end;
  };

  Inbound* inbound(StreamKind kind, Rank origin) const;
  Outbound* outbound(StreamKind kind, Rank to) const;
  // The stream of mine that `peer` speaks of.
  Outbound* mine(StreamKind kind, Rank peer) const { return outbound(kind, is_pt2pt(kind) ? peer : kAllRanks); }
  FrameHeader header_to(Rank destination) const;
  // Whether news of streams of this kind is told at once.
  bool is_prompt(StreamKind kind) const { return config_.prompt && kind == StreamKind::kCast; }

  void note_heard(Rank sender, Micros now);
  void handle_part(const Part& part, const FrameHeader& header, Micros now);
  void handle_data(const Part& part, Rank sender, Micros now);
  void handle_nak(const Part& part, Rank sender);
  void handle_status(const Part& part, Rank sender, Micros now);
  void handle_heartbeat(const Part& part, Rank sender, Micros now);
  void handle_probe_reply(const Part& part, Rank sender, Micros now);
  void want(StreamKind kind, Rank origin);
  void handle_nak_done(const Part& part, Rank sender);
  bool may_speak_for(Rank sender, const Part& part) const;
  uint32_t& asked_by(Rank peer, StreamKind kind, Rank origin);
  bool find_held(const Resend& resend, Held& held) const;

  void refresh(Micros now);
  void poll_peer(Rank rank, Micros now, Sink& sink);
  void poll_probes(Peer& peer, Micros now, Sink& sink);
  // When a watched member that stays silent is probed.
  Micros watch_deadline(const Peer& peer) const;
  void poll_inbound(Inbound& in, Rank rank, Micros now, Sink& sink);
  void poll_naks(Inbound& in, Rank origin, Micros now, Sink& sink);
  void poll_heartbeats(Rank rank, Sink& sink);
  bool poll_resends(Sink& sink);
  Position fill_resend(const Resend& entry, Position& bytes);
  void answer_nak(const Resend& done, Sink& sink);
  bool poll_data(Outbound& out, Micros now, Sink& sink);
  Micros next_deadline() const;
  Micros retry_us(Rank rank) const;
  // Whom to ask for what is missing of a stream, and whether that makes sense.
  Rank asked_for(const ReceiveStream& stream) const;
  bool can_ask(const ReceiveStream& stream) const;

  // Small parts for one peer are gathered in one frame.
  uint8_t* room_for(uint32_t bytes, Sink& sink);
  void wrote(uint32_t bytes) { control_bytes_ += bytes; }
  void flush_control(Sink& sink);
  bool send(Sink& sink, const Burst& burst);

  ViewConfig config_;
  uint32_t max_frame_data_;
  Random random_;
  Stats stats_;
  Burst burst_;
  std::vector<Peer> peers_;
  std::vector<std::unique_ptr<Inbound>> inbound_;    // in the order of opening
  std::vector<Inbound*> inbound_by_;                 // by origin * kStreamKinds + kind
  std::vector<std::unique_ptr<Outbound>> outbound_;  // in the order of opening
  std::vector<Outbound*> outbound_by_;               // by rank * kStreamKinds + kind; casts under my own rank
  std::vector<Wanted> wanted_;
  ResendQueue resends_;
  bool blocked_ = false;
  bool news_ = false;
  bool heartbeats_ = false;  // some are due in this poll

  Rank control_to_ = 0;
  uint32_t control_bytes_ = 0;
  std::vector<uint8_t> control_;
};

}  // namespace consort

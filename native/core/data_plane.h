// One view put together: frames in, frames out, nothing else. Twin: ts/data-plane/typescript/data-plane.ts
//
//   handle_frame: part -> Receiver (DATA, HEARTBEAT, NAK_DONE), Sender (STATUS), Resender (NAK),
//                         Peer (PROBE, PROBE_REPLY)
//   poll:         Receiver, Sender, Peer -> one control frame a peer; Resender, then Sender -> bursts of data
//
// Sans-I/O: the caller hands in frames and the time, and offers a Sink when it calls poll(). No clock, no socket, no
// thread, no randomness but from the seed. Not thread-safe: one caller at a time; only the rings and slots are shared
// with JavaScript.
#pragma once
#include <vector>

#include "core/frame_writer.h"
#include "core/peer.h"
#include "core/receiver.h"
#include "core/resender.h"
#include "core/sender.h"
#include "core/stats.h"
#include "core/view_config.h"

namespace consort {

class DataPlane {
 public:
  explicit DataPlane(const ViewConfig& config);
  // Its parts refer to each other.
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  const ViewConfig& config() const { return config_; }
  Stats& stats() { return stats_; }

  // `to` is kAllRanks for casts.
  bool open_send(StreamKind kind, Rank to, Ring ring, Slot slot) { return sender_.open(kind, to, ring, slot); }
  bool open_receive(StreamKind kind, Rank origin, Ring ring, Slot slot) {
    return receiver_.open(kind, origin, ring, slot);
  }
  // Pops one of the streams that wait to be opened.
  bool take_wanted(Wanted& wanted) { return receiver_.take_wanted(wanted); }
  bool has_wanted() const { return receiver_.has_wanted(); }

  // A frame whose header names this view. What is wrong with it is counted and dropped.
  void handle_frame(const uint8_t* frame, size_t length, const FrameHeader& header, Micros now);

  // Sends what is due, new data last. Returns when to poll again at the latest: `now` if the sink took less than there
  // was to send and more may follow at once, kNever if only news from outside can change anything.
  Micros poll(Micros now, Sink& sink);
  // Whether JavaScript has something new to look at (bytes, or room) since the last call.
  bool take_news() {
    const bool news = receiver_.news || sender_.news;
    receiver_.news = sender_.news = false;
    return news;
  }
  // Bytes that JavaScript has published and that have not gone out.
  Position unsent_bytes() { return sender_.unsent_bytes(); }
  // Whether the sink refused something at the last poll.
  bool blocked() const { return writer_.blocked(); }

  // At the next poll every origin that something has come from gets a STATUS: what a view says last.
  void answer_all() { receiver_.answer_all(); }

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
  bool is_other(Rank rank) const { return rank < config_.members && rank != config_.my_rank; }
  void note_heard(Rank sender, Micros now);
  void handle_part(const Part& part, Rank sender, Micros now);
  void handle_probe_reply(const Part& part, Rank sender, Micros now);
  void poll_peer(Rank rank, Micros now);
  void poll_probes(Peer& peer, Micros now);
  Micros next_deadline() const;

  const ViewConfig config_;
  Stats stats_;
  std::vector<Peer> peers_;
  FrameWriter writer_;
  Receiver receiver_;
  Sender sender_;
  Resender resender_;
};

}  // namespace consort

#include "core/resender.h"

#include <algorithm>

namespace consort {

Resender::Resender(const ViewConfig& config, const std::vector<Peer>& peers, const Sender& sender,
                   const Receiver& receiver, FrameWriter& writer, Stats& stats)
    : config_(config),
      peers_(peers),
      sender_(sender),
      receiver_(receiver),
      writer_(writer),
      stats_(stats),
      asked_(config.members) {}

void Resender::handle_nak(const Part& part, Rank from) {
  stats_.add(Stat::kNaksReceived);
  Resend resend{part.stream, part.origin, from, false, part.serial, 0, 0};
  Held held;
  if (!find_held(resend, held)) return stats_.reject(Reject::kStream);
  uint32_t& asked = asked_by(from, part.stream, part.origin);
  if (asked - part.serial < kNakRepeatSerials) {
    // A repeat of what was taken in: the answer is on its way, or was lost. Saying NAK_DONE again tells which; sending
    // the bytes again would not.
    return push_done(resend, asked);
  }
  // Without anything to send again there is no answer: one would only be asked again at once.
  if (!push_ranges(part, resend, held)) return stats_.reject(Reject::kOverrun);
  asked = part.serial;
  push_done(resend, part.serial);
}

// Of the ranges asked for, what is held waits in the queue. Returns whether that is any.
bool Resender::push_ranges(const Part& part, Resend& resend, const Held& held) {
  SendStream* mine = part.origin == config_.my_rank ? sender_.stream(part.stream, resend.to) : nullptr;
  bool any = false;
  for (uint32_t i = 0; i < part.length; i++) {
    const Range range = read_range(part, i);
    resend.from = std::max(range.position, held.from);
    resend.end = std::min(range.position + range.length, held.end);
    if (resend.from >= resend.end) continue;
    any = queue_.push(resend) || any;
    if (mine != nullptr) mine->handle_lost(resend.to, resend.end - resend.from);
  }
  return any;
}

void Resender::push_done(Resend& resend, uint32_t serial) {
  resend.done = true;
  resend.serial = serial;
  queue_.push(resend);
}

// The last NAK that was taken in from a peer about a stream.
uint32_t& Resender::asked_by(Rank peer, StreamKind kind, Rank origin) {
  std::vector<uint32_t>& asked = asked_[peer];
  if (asked.empty()) asked.resize(config_.members + kStreamKinds);
  // Of pt2pt streams only my own can be asked for.
  return asked[kind == StreamKind::kCast ? origin : config_.members + static_cast<uint32_t>(kind)];
}

// What of a stream can be sent again from here to the one who asks.
bool Resender::find_held(const Resend& resend, Held& held) const {
  if (resend.origin == config_.my_rank) {
    const SendStream* out = sender_.stream(resend.kind, resend.to);
    if (out == nullptr) return false;
    held = {out->ring(), out->floor(), out->sent()};
    return true;
  }
  // Members stand in for each other with casts only.
  const ReceiveStream* in = resend.kind == StreamKind::kCast ? receiver_.stream(resend.kind, resend.origin) : nullptr;
  if (in == nullptr) return false;
  held = {in->ring(), in->retained(), in->received()};
  return true;
}

bool Resender::send() {
  Position sent = 0;
  while (queue_.size() > 0 && !writer_.blocked()) {
    if (sent >= kMaxPollBytes) return true;
    if (queue_.at(0).done) {
      answer(queue_.at(0));
      queue_.drop(1);
      sent += kControlFrameBytes;
      continue;
    }
    if (!send_burst(queue_.at(0).to)) return true;
    // A small burst costs a system call, too.
    sent += std::max(writer_.burst().bytes(), kControlFrameBytes);
  }
  return queue_.size() > 0;
}

// What waits for one member, as much as fits in a burst. Returns false if the sink did not take it: then it still
// waits.
bool Resender::send_burst(Rank to) {
  writer_.begin_burst(to);
  uint32_t whole = 0;  // entries that are wholly in the burst
  Position rest = 0;   // where to go on in the next one
  while (is_for(to, whole)) {
    const Resend& entry = queue_.at(whole);
    rest = fill(entry);
    if (rest < entry.end) break;
    whole++;
  }
  const Burst& burst = writer_.burst();
  const uint32_t bytes = burst.bytes() - burst.frames() * burst.data_frame_bytes(0);
  if (!burst.empty() && !writer_.send()) return false;
  stats_.add(Stat::kResentBytes, bytes);
  const bool partly = is_for(to, whole);
  queue_.drop(whole);
  if (partly) queue_.at(0).from = rest;
  return true;
}

// Whether entry `index` has bytes for `to`.
bool Resender::is_for(Rank to, uint32_t index) {
  return index < queue_.size() && !queue_.at(index).done && queue_.at(index).to == to;
}

// Adds frames of one entry to the burst, as many as fit; returns where it stopped.
Position Resender::fill(const Resend& entry) {
  Held held;
  if (!peers_[entry.to].live || !find_held(entry, held)) return entry.end;
  Burst& burst = writer_.burst();
  // What is no longer held was consumed by all since it was asked for.
  Position at = std::max(entry.from, held.from);
  const Position end = std::min(entry.end, held.end);
  while (at < end) {
    const uint32_t length = static_cast<uint32_t>(std::min<Position>(end - at, writer_.max_frame_data()));
    if (!burst.fits(burst.data_frame_bytes(length))) return at;
    burst.add_data(writer_.header_to(entry.to), entry.kind, entry.origin, held.ring, at, length);
    at += length;
  }
  return entry.end;
}

void Resender::answer(const Resend& done) {
  if (!peers_[done.to].live) return;
  writer_.to(done.to);
  writer_.wrote(write_nak_done(writer_.room_for(kNakDoneBytes), done.kind, done.origin, done.serial));
  writer_.flush();
}

}  // namespace consort

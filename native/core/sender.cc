#include "core/sender.h"

#include <algorithm>

namespace consort {

Sender::Sender(const ViewConfig& config, const std::vector<Peer>& peers, FrameWriter& writer, Stats& stats)
    : config_(config), peers_(peers), writer_(writer), stats_(stats) {
  by_.resize(static_cast<size_t>(config.members) * kStreamKinds);
}

// ---- streams ----

bool Sender::open(StreamKind kind, Rank to, Ring ring, Slot slot) {
  const bool one = is_pt2pt(kind);
  if (one ? (to >= config_.members || to == config_.my_rank) : to != kAllRanks) return false;
  if (stream(kind, to) != nullptr) return false;
  std::vector<Rank> receivers;
  for (Rank rank = 0; rank < config_.members; rank++) {
    if (rank != config_.my_rank && peers_[rank].live && (!one || rank == to)) receivers.push_back(rank);
  }
  SendStream stream(kind, std::move(receivers), ring, slot, writer_.max_frame_data(), config_.max_window);
  outbound_.push_back(std::make_unique<Outbound>(Outbound{std::move(stream), to}));
  by_[index_of(kind, one ? to : config_.my_rank)] = outbound_.back().get();
  return true;
}

// ---- parts in ----

void Sender::handle_status(const Part& part, Rank sender) {
  stats_.add(Stat::kStatusReceived);
  if (part.origin != config_.my_rank) return stats_.reject(Reject::kOrigin);
  SendStream* mine = stream(part.stream, sender);
  if (mine == nullptr) return stats_.reject(Reject::kStream);
  if (!mine->handle_status(sender, {part.position, part.consumed, part.seen, part.serial})) {
    return stats_.reject(Reject::kOverrun);
  }
  news = true;
}

// ---- frames out ----

void Sender::refresh(Micros now) {
  heartbeats_ = false;
  for (const auto& out : outbound_) {
    SendStream& stream = out->stream;
    if (stream.refresh()) news = true;
    stream.note_stable(now);
    out->answer = now >= stream.heartbeat_deadline() || stream.must_ask();
    out->tells = config_.is_prompt(stream.kind()) && stream.stable_grew();
    out->heartbeat = out->answer || out->tells || stream.much_is_stable();
    if (out->heartbeat) heartbeats_ = true;
  }
}

void Sender::tell_heartbeats(Rank rank) {
  for (const auto& out : outbound_) {
    if (!out->heartbeat) continue;
    const SendStream& stream = out->stream;
    const Stability::Row* row = stream.stability().find(rank);
    if (row == nullptr) continue;
    if (!stream.lags(*row)) continue;
    stats_.add(Stat::kHeartbeatsSent);
    uint8_t* at = writer_.room_for(kHeartbeatBytes);
    const Position safe = stream.safe();
    // One that only tells what is stable announces no more than that: as often as it is sent, it may overtake casts
    // that come another way (the group's socket), and they shall not be asked for.
    const Position sent = out->tells && !out->answer ? safe : stream.sent();
    writer_.wrote(write_heartbeat(at, stream.kind(), config_.my_rank, out->answer, sent, safe));
  }
}

void Sender::heartbeats_sent(Micros now) {
  for (const auto& out : outbound_) {
    if (!out->heartbeat) continue;
    out->heartbeat = false;
    if (out->tells && !out->answer) {
      out->stream.stable_was_told();
    } else {
      out->stream.heartbeat_sent(now);
    }
  }
}

bool Sender::poll_data(Micros now) {
  bool more = false;
  for (const auto& out : outbound_) more = poll_stream(*out, now) || more;
  return more;
}

bool Sender::poll_stream(Outbound& out, Micros now) {
  SendStream& stream = out.stream;
  Burst& burst = writer_.burst();
  Position sent = 0;
  while (!writer_.blocked() && stream.has_data_to_send()) {
    if (sent >= kMaxPollBytes) return true;
    const std::vector<Rank>& to = stream.stability().live();
    burst.begin(to.data(), static_cast<uint32_t>(to.size()), out.to == kAllRanks);
    stream.fill(burst, writer_.header_to(out.to), config_.my_rank);
    if (!writer_.send()) return true;
    const Position before = stream.sent();
    stream.commit(now);
    sent += stream.sent() - before;
    stats_.add(Stat::kDataBytesSent, stream.sent() - before);
  }
  return false;
}

Micros Sender::deadline() const {
  Micros deadline = kNever;
  for (const auto& out : outbound_) {
    deadline = std::min(deadline, out->stream.must_ask() ? 0 : out->stream.heartbeat_deadline());
  }
  return deadline;
}

Position Sender::unsent_bytes() {
  Position sum = 0;
  for (const auto& out : outbound_) {
    if (out->stream.refresh()) news = true;
    sum += out->stream.unsent();
  }
  return sum;
}

void Sender::exclude(Rank rank) {
  for (const auto& out : outbound_) out->stream.exclude(rank);
  news = true;
}

}  // namespace consort

#include "core/data_plane.h"

#include <algorithm>

namespace consort {

DataPlane::DataPlane(const ViewConfig& config)
    : config_(config),
      writer_(config_, stats_),
      receiver_(config_, peers_, writer_, stats_),
      sender_(config_, peers_, writer_, stats_),
      resender_(config_, peers_, sender_, receiver_, writer_, stats_) {
  peers_.reserve(config.members);
  for (Rank rank = 0; rank < config.members; rank++) peers_.emplace_back(rank);
}

// ---- frames in ----

void DataPlane::handle_frame(const uint8_t* frame, size_t length, const FrameHeader& header, Micros now) {
  const Rank sender = header.sender;
  if (!is_other(sender) || !peers_[sender].live ||
      (header.destination != kAllRanks && header.destination != config_.my_rank)) {
    return stats_.reject(Reject::kRank);
  }
  if (config_.checked && (header.flags & kFlagChecked) == 0) return stats_.reject(Reject::kChecksum);
  note_heard(sender, now);
  // Nearly every frame has one part: it is read once. Of several, all are checked before the first is acted on.
  const uint32_t only_end = parts_end(length, header);
  Part part;
  if (read_part(frame, kHeaderBytes, only_end, config_.members, part) == only_end)
    return handle_part(part, sender, now);
  uint32_t end = 0;
  const Reject reject = validate_parts(frame, length, header, config_.members, end);
  if (reject != Reject::kNone) return stats_.reject(reject);
  for (uint32_t offset = kHeaderBytes; offset < end;) {
    offset = read_part(frame, offset, end, config_.members, part);
    handle_part(part, sender, now);
  }
}

void DataPlane::note_heard(Rank sender, Micros now) {
  Peer& peer = peers_[sender];
  peer.note_heard(now);
  if (const ReceiveStream* casts = receiver_.stream(StreamKind::kCast, sender); casts != nullptr)
    casts->note_heard(peer.heard);
}

void DataPlane::handle_part(const Part& part, Rank sender, Micros now) {
  switch (part.type) {
    case PartType::kData:
      return receiver_.handle_data(part, sender, now);
    case PartType::kNak:
      return resender_.handle_nak(part, sender);
    case PartType::kStatus:
      return sender_.handle_status(part, sender);
    case PartType::kHeartbeat:
      return receiver_.handle_heartbeat(part, sender, now);
    case PartType::kProbe:
      return peers_[sender].note_probe(part.position);
    case PartType::kProbeReply:
      return handle_probe_reply(part, sender, now);
    case PartType::kNakDone:
      return receiver_.handle_nak_done(part, sender);
  }
}

void DataPlane::handle_probe_reply(const Part& part, Rank sender, Micros now) {
  if (part.position > now) return stats_.reject(Reject::kOverrun);
  peers_[sender].note_round_trip(now - part.position);
}

// ---- frames out ----

Micros DataPlane::poll(Micros now, Sink& sink) {
  writer_.begin(sink);
  receiver_.refresh(now);
  sender_.refresh(now);
  for (Rank rank = 0; rank < config_.members; rank++) {
    if (rank == config_.my_rank) continue;
    if (peers_[rank].live) {
      poll_peer(rank, now);
    } else {
      receiver_.poll_held(rank, now);
    }
  }
  sender_.heartbeats_sent(now);
  const bool more_resends = resender_.poll();
  const bool more_data = sender_.poll_data(now);
  return (more_resends || more_data) && !blocked() ? now : next_deadline();
}

void DataPlane::poll_peer(Rank rank, Micros now) {
  writer_.to(rank);
  receiver_.poll(rank, now);
  sender_.poll_heartbeats(rank);
  poll_probes(peers_[rank], now);
  writer_.flush();
}

void DataPlane::poll_probes(Peer& peer, Micros now) {
  if (peer.probed) {
    peer.probed = false;
    writer_.wrote(write_probe(writer_.room_for(kProbeBytes), PartType::kProbeReply, peer.probe_time));
  }
  if (!peer.must_probe(now, writer_.has_control())) return;
  peer.probe_sent(now);
  writer_.wrote(write_probe(writer_.room_for(kProbeBytes), PartType::kProbe, now));
}

Micros DataPlane::next_deadline() const {
  Micros deadline = std::min(receiver_.deadline(), sender_.deadline());
  for (const Peer& peer : peers_) deadline = std::min(deadline, peer.watch_deadline());
  return deadline;
}

void DataPlane::watch(Rank rank, Micros interval_us) {
  if (is_other(rank)) peers_[rank].watch(interval_us);
}

// ---- view changes ----

void DataPlane::exclude(Rank rank) {
  if (!is_other(rank)) return;
  peers_[rank].live = false;
  sender_.exclude(rank);
}

void DataPlane::set_holder(Rank origin, Rank holder, Position up_to) {
  if (!is_other(origin) || holder >= config_.members) return;
  peers_[origin].holder = holder;
  receiver_.holder_changed(origin, up_to);
}

void DataPlane::stop_at(Rank origin, Position cut) {
  if (origin == config_.my_rank) {
    if (SendStream* mine = sender_.casts(); mine != nullptr) mine->stop_at(cut);
  } else if (ReceiveStream* theirs = receiver_.casts(origin); theirs != nullptr) {
    theirs->stop_at(cut);
  }
}

Position DataPlane::received(Rank origin) const {
  if (origin == config_.my_rank) {
    const SendStream* mine = sender_.casts();
    return mine == nullptr ? 0 : mine->published();
  }
  const ReceiveStream* theirs = receiver_.casts(origin);
  return theirs == nullptr ? 0 : theirs->received();
}

}  // namespace consort

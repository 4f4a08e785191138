#include "core/data_plane.h"

#include <algorithm>

namespace consort {
namespace {

// New data that goes out in one poll, so that the caller looks at its socket in between.
constexpr Position kMaxPollBytes = 1024 * 1024;

size_t index_of(StreamKind kind, Rank rank) {
  return static_cast<size_t>(rank) * kStreamKinds + static_cast<size_t>(kind);
}

}  // namespace

DataPlane::DataPlane(const ViewConfig& config)
    : config_(config), random_(config.seed), burst_(config.checked), control_(kControlFrameBytes) {
  const uint32_t overhead = kDataOverheadBytes + (config.checked ? kTrailerBytes : 0);
  max_frame_data_ = (config.frame_bytes - overhead) / 8 * 8;
  peers_.resize(config.members);
  for (Rank rank = 0; rank < config.members; rank++) peers_[rank].holder = rank;
  inbound_by_.resize(static_cast<size_t>(config.members) * kStreamKinds);
  outbound_by_.resize(inbound_by_.size());
}

// ---- streams ----

bool DataPlane::open_send(StreamKind kind, Rank to, Ring ring, Slot slot) {
  const bool one = is_pt2pt(kind);
  if (one ? (to >= config_.members || to == config_.my_rank) : to != kAllRanks) return false;
  if (mine(kind, to) != nullptr) return false;
  std::vector<Rank> receivers;
  for (Rank rank = 0; rank < config_.members; rank++) {
    if (rank != config_.my_rank && peers_[rank].live && (!one || rank == to)) receivers.push_back(rank);
  }
  outbound_.push_back(std::make_unique<Outbound>(
      Outbound{SendStream(kind, std::move(receivers), ring, slot, max_frame_data_, config_.max_window), to}));
  outbound_by_[index_of(kind, one ? to : config_.my_rank)] = outbound_.back().get();
  return true;
}

bool DataPlane::open_receive(StreamKind kind, Rank origin, Ring ring, Slot slot) {
  if (origin >= config_.members || origin == config_.my_rank || inbound(kind, origin) != nullptr) return false;
  inbound_.push_back(std::make_unique<Inbound>(Inbound{ReceiveStream(kind, origin, ring, slot)}));
  inbound_by_[index_of(kind, origin)] = inbound_.back().get();
  return true;
}

void DataPlane::want(StreamKind kind, Rank origin) {
  stats_.reject(Reject::kStream);
  if (!is_pt2pt(kind)) return;
  for (const Wanted& wanted : wanted_) {
    if (wanted.origin == origin && wanted.kind == kind) return;
  }
  wanted_.push_back({origin, kind});
}

bool DataPlane::take_wanted(Wanted& wanted) {
  if (wanted_.empty()) return false;
  wanted = wanted_.back();
  wanted_.pop_back();
  return true;
}

DataPlane::Inbound* DataPlane::inbound(StreamKind kind, Rank origin) const {
  return inbound_by_[index_of(kind, origin)];
}

DataPlane::Outbound* DataPlane::outbound(StreamKind kind, Rank to) const {
  return outbound_by_[index_of(kind, to == kAllRanks ? config_.my_rank : to)];
}

FrameHeader DataPlane::header_to(Rank destination) const {
  return {config_.checked ? kFlagChecked : uint8_t{0}, config_.my_rank, destination, config_.connection};
}

// ---- frames in ----

void DataPlane::handle_frame(const uint8_t* frame, size_t length, const FrameHeader& header, Micros now) {
  if (header.sender >= config_.members || header.sender == config_.my_rank || !peers_[header.sender].live ||
      (header.destination != kAllRanks && header.destination != config_.my_rank)) {
    return stats_.reject(Reject::kRank);
  }
  if (config_.checked && (header.flags & kFlagChecked) == 0) return stats_.reject(Reject::kChecksum);
  note_heard(header.sender, now);
  // Nearly every frame has one part: it is read once. Of several, all are checked before the first is acted on.
  const uint32_t only_end = parts_end(length, header);
  Part part;
  if (read_part(frame, kHeaderBytes, only_end, config_.members, part) == only_end)
    return handle_part(part, header, now);
  uint32_t end = 0;
  const Reject reject = validate_parts(frame, length, header, config_.members, end);
  if (reject != Reject::kNone) return stats_.reject(reject);
  for (uint32_t offset = kHeaderBytes; offset < end;) {
    offset = read_part(frame, offset, end, config_.members, part);
    handle_part(part, header, now);
  }
}

// Whatever the frame holds: its sender lives.
void DataPlane::note_heard(Rank sender, Micros now) {
  Peer& peer = peers_[sender];
  peer.heard++;
  peer.heard_at = now;
  if (const Inbound* in = inbound(StreamKind::kCast, sender); in != nullptr) in->stream.note_heard(peer.heard);
}

void DataPlane::handle_part(const Part& part, const FrameHeader& header, Micros now) {
  const Rank sender = header.sender;
  switch (part.type) {
    case PartType::kData:
      return handle_data(part, sender, now);
    case PartType::kNak:
      return handle_nak(part, sender);
    case PartType::kStatus:
      return handle_status(part, sender, now);
    case PartType::kHeartbeat:
      return handle_heartbeat(part, sender, now);
    case PartType::kProbe:
      peers_[sender].probed = true;
      peers_[sender].probe_time = part.position;
      return;
    case PartType::kProbeReply:
      return handle_probe_reply(part, sender, now);
    case PartType::kNakDone:
      return handle_nak_done(part, sender);
  }
}

// Only the origin speaks for its stream, or the holder that stands in for it.
bool DataPlane::may_speak_for(Rank sender, const Part& part) const {
  return part.origin == sender || (peers_[part.origin].holder == sender && part.stream == StreamKind::kCast);
}

void DataPlane::handle_nak_done(const Part& part, Rank sender) {
  if (!may_speak_for(sender, part)) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, part.origin);
  if (in == nullptr) return stats_.reject(Reject::kStream);
  in->stream.handle_nak_done(part.serial);
}

void DataPlane::handle_data(const Part& part, Rank sender, Micros now) {
  if (!may_speak_for(sender, part)) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, part.origin);
  if (in == nullptr) return want(part.stream, part.origin);
  ReceiveStream& stream = in->stream;
  const Position received = stream.received();
  switch (stream.handle_data(part.position, part.payload, part.length, now, random_)) {
    case ReceiveStream::Placed::kOverrun:
      return stats_.reject(Reject::kOverrun);
    case ReceiveStream::Placed::kDuplicate:
      stats_.add(Stat::kDuplicateBytes, part.length);
      break;
    case ReceiveStream::Placed::kNew:
      news_ = true;
      break;
  }
  if (is_prompt(part.stream) && stream.received() > received) {
    in->status_at = std::min(in->status_at, now);
  } else if (in->status_at == kNever) {
    in->status_at = now + kStatusDelayUs;
  }
}

void DataPlane::handle_nak(const Part& part, Rank sender) {
  stats_.add(Stat::kNaksReceived);
  Resend resend{part.stream, part.origin, sender, false, part.serial, 0, 0};
  Held held;
  if (!find_held(resend, held)) return stats_.reject(Reject::kStream);
  uint32_t& asked = asked_by(sender, part.stream, part.origin);
  if (asked - part.serial < kNakRepeatSerials) {
    // A repeat of what was taken in: the answer is on its way, or was lost. Saying NAK_DONE again tells which; sending
    // the bytes again would not.
    resend.done = true;
    resend.serial = asked;
    resends_.push(resend);
    return;
  }
  bool any = false;
  for (uint32_t i = 0; i < part.length; i++) {
    const Range range = read_range(part, i);
    resend.from = std::max(range.position, held.from);
    resend.end = std::min(range.position + range.length, held.end);
    if (resend.from >= resend.end) continue;
    any = resends_.push(resend) || any;
    if (part.origin == config_.my_rank) mine(part.stream, sender)->stream.handle_lost(sender, resend.end - resend.from);
  }
  // Without anything to send again there is no answer: one would only be asked again at once.
  if (!any) return stats_.reject(Reject::kOverrun);
  asked = part.serial;
  resend.done = true;
  resends_.push(resend);
}

// The last NAK that was taken in from a peer about a stream.
uint32_t& DataPlane::asked_by(Rank peer, StreamKind kind, Rank origin) {
  std::vector<uint32_t>& asked = peers_[peer].asked;
  if (asked.empty()) asked.resize(config_.members + kStreamKinds);
  // Of pt2pt streams only my own can be asked for.
  return asked[kind == StreamKind::kCast ? origin : config_.members + static_cast<uint32_t>(kind)];
}

// What of a stream can be sent again from here to the one who asks.
bool DataPlane::find_held(const Resend& resend, Held& held) const {
  if (resend.origin == config_.my_rank) {
    const Outbound* out = mine(resend.kind, resend.to);
    if (out == nullptr) return false;
    held = {out->stream.ring(), out->stream.floor(), out->stream.sent()};
    return true;
  }
  // Members stand in for each other with casts only.
  const Inbound* in = resend.kind == StreamKind::kCast ? inbound(resend.kind, resend.origin) : nullptr;
  if (in == nullptr) return false;
  held = {in->stream.ring(), in->stream.retained(), in->stream.received()};
  return true;
}

void DataPlane::handle_status(const Part& part, Rank sender, Micros) {
  stats_.add(Stat::kStatusReceived);
  if (part.origin != config_.my_rank) return stats_.reject(Reject::kOrigin);
  Outbound* out = mine(part.stream, sender);
  if (out == nullptr) return stats_.reject(Reject::kStream);
  if (!out->stream.handle_status(sender, {part.position, part.consumed, part.seen, part.serial})) {
    return stats_.reject(Reject::kOverrun);
  }
  news_ = true;
}

void DataPlane::handle_heartbeat(const Part& part, Rank sender, Micros now) {
  stats_.add(Stat::kHeartbeatsReceived);
  if (part.origin != sender) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, sender);
  if (in == nullptr) return want(part.stream, sender);
  const Position stable = in->stream.stable();
  if (!in->stream.handle_announced(part.position, part.consumed, now, random_)) return stats_.reject(Reject::kOverrun);
  if ((part.serial & 1) != 0) in->answer_now = true;
  if (!is_prompt(part.stream) || in->stream.stable() == stable) return;
  news_ = true;
  // It is confirmed without being asked for, together with what will have been consumed by then.
  if (in->status_at == kNever) in->status_at = now + kStatusDelayUs;
}

void DataPlane::handle_probe_reply(const Part& part, Rank sender, Micros now) {
  if (part.position > now) return stats_.reject(Reject::kOverrun);
  const Micros sample = std::min<Micros>(now - part.position, kNakRetryMaxUs);
  Micros& smooth = peers_[sender].round_trip_us;
  smooth = smooth == 0 ? sample : (smooth * 3 + sample) / 4;
}

// ---- frames out ----

Micros DataPlane::poll(Micros now, Sink& sink) {
  blocked_ = false;
  refresh(now);
  for (Rank rank = 0; rank < config_.members; rank++) {
    if (rank == config_.my_rank) continue;
    if (peers_[rank].live) {
      poll_peer(rank, now, sink);
    } else if (Inbound* in = inbound(StreamKind::kCast, rank); in != nullptr) {
      poll_naks(*in, rank, now, sink);
    }
  }
  for (const auto& out : outbound_) {
    if (!out->heartbeat) continue;
    out->heartbeat = false;
    if (out->tells && !out->answer) {
      out->stream.stable_was_told();
    } else {
      out->stream.heartbeat_sent(now);
    }
  }
  bool more = poll_resends(sink);
  for (const auto& out : outbound_) more = poll_data(*out, now, sink) || more;
  return more && !blocked_ ? now : next_deadline();
}

void DataPlane::refresh(Micros now) {
  for (const auto& in : inbound_) {
    in->stream.refresh();
    if (!peers_[in->stream.origin()].live) {
      in->answer_now = false;
      in->status_at = kNever;
    } else if (in->status_at == kNever && in->has_news()) {
      in->status_at = now + kStatusDelayUs;
    }
  }
  heartbeats_ = false;
  for (const auto& out : outbound_) {
    SendStream& stream = out->stream;
    if (stream.refresh()) news_ = true;
    stream.note_stable(now);
    out->answer = now >= stream.heartbeat_deadline() || stream.must_ask();
    out->tells = is_prompt(stream.kind()) && stream.stable_grew();
    out->heartbeat = out->answer || out->tells || stream.much_is_stable();
    if (out->heartbeat) heartbeats_ = true;
  }
}

void DataPlane::poll_peer(Rank rank, Micros now, Sink& sink) {
  control_to_ = rank;
  Peer& peer = peers_[rank];
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) {
    Inbound* in = inbound(static_cast<StreamKind>(kind), rank);
    if (in != nullptr) poll_inbound(*in, rank, now, sink);
  }
  if (heartbeats_) poll_heartbeats(rank, sink);
  if (peer.probed) {
    peer.probed = false;
    wrote(write_probe(room_for(kProbeBytes, sink), PartType::kProbeReply, peer.probe_time));
  }
  poll_probes(peer, now, sink);
  flush_control(sink);
}

// One PROBE serves both: it asks for the round trip, and for a sign of life.
void DataPlane::poll_probes(Peer& peer, Micros now, Sink& sink) {
  // A round trip is worth knowing only while there is traffic.
  const bool measures = control_bytes_ > 0 && now >= peer.next_probe_at;
  if (!measures && now < watch_deadline(peer)) return;
  peer.next_probe_at = now + kProbeIntervalUs;
  peer.probe_sent_at = now;
  peer.probe_now = false;
  wrote(write_probe(room_for(kProbeBytes, sink), PartType::kProbe, now));
}

Micros DataPlane::watch_deadline(const Peer& peer) const {
  if (peer.watch_us == 0 || !peer.live) return kNever;
  return peer.probe_now ? 0 : std::max(peer.heard_at, peer.probe_sent_at) + peer.watch_us;
}

void DataPlane::poll_inbound(Inbound& in, Rank rank, Micros now, Sink& sink) {
  const ReceiveStream& stream = in.stream;
  const uint32_t much = stream.ring().bytes() / 8 * kStatusEighths;
  const bool due = in.answer_now || now >= in.status_at || stream.received() - in.told_received >= much ||
                   stream.consumed() - in.told_consumed >= much || stream.seen() >= in.told_seen + much;
  if (due) {
    in.answer_now = false;
    in.status_at = kNever;
    in.told_received = stream.received();
    in.told_consumed = stream.consumed();
    in.told_seen = stream.seen();
    stats_.add(Stat::kStatusSent);
    uint8_t* at = room_for(kStatusBytes, sink);
    const Progress progress{in.told_received, in.told_consumed, in.told_seen, static_cast<uint32_t>(stream.stable())};
    wrote(write_status(at, stream.kind(), stream.origin(), progress));
  }
  poll_naks(in, rank, now, sink);
}

void DataPlane::poll_naks(Inbound& in, Rank origin, Micros now, Sink& sink) {
  if (now < in.stream.nak_deadline() || !can_ask(in.stream)) return;
  const Rank asked = asked_for(in.stream);
  // The holder may be another than the member whose frame is being filled.
  if (asked != control_to_) flush_control(sink);
  control_to_ = asked;
  ReceiveStream::Nak nak;
  while (in.stream.poll_nak(now, retry_us(asked), nak)) {
    stats_.add(Stat::kNaksSent);
    uint8_t* at = room_for(kNakHeadBytes + kRangeBytes * nak.count, sink);
    wrote(write_nak(at, in.stream.kind(), origin, nak.serial, nak.ranges, nak.count));
  }
  if (asked != origin) flush_control(sink);
  control_to_ = origin;
}

void DataPlane::poll_heartbeats(Rank rank, Sink& sink) {
  for (const auto& out : outbound_) {
    if (!out->heartbeat) continue;
    const Stability::Row* row = out->stream.stability().find(rank);
    if (row == nullptr) continue;
    if (!out->stream.lags(*row)) continue;
    stats_.add(Stat::kHeartbeatsSent);
    uint8_t* at = room_for(kHeartbeatBytes, sink);
    const Position safe = out->stream.safe();
    // One that only tells what is stable announces no more than that: as often as it is sent, it may overtake casts
    // that come another way (the group's socket), and they shall not be asked for.
    const Position sent = out->tells && !out->answer ? safe : out->stream.sent();
    wrote(write_heartbeat(at, out->stream.kind(), config_.my_rank, out->answer, sent, safe));
  }
}

// Returns whether there is more to send at once.
bool DataPlane::poll_resends(Sink& sink) {
  Position sent = 0;
  while (resends_.size() > 0 && !blocked_) {
    if (sent >= kMaxPollBytes) return true;
    if (resends_.at(0).done) {
      answer_nak(resends_.at(0), sink);
      resends_.drop(1);
      sent += kControlFrameBytes;
      continue;
    }
    const Rank to = resends_.at(0).to;
    burst_.begin(&to, 1, false);
    uint32_t whole = 0;  // entries that are wholly in the burst
    Position rest = 0;   // where to go on in the next one
    Position bytes = 0;
    while (whole < resends_.size() && !resends_.at(whole).done && resends_.at(whole).to == to) {
      const Resend& entry = resends_.at(whole);
      rest = fill_resend(entry, bytes);
      if (rest < entry.end) break;
      whole++;
    }
    if (!burst_.empty() && !send(sink, burst_)) return true;
    stats_.add(Stat::kResentBytes, bytes);
    // A small burst costs a system call, too.
    sent += std::max(burst_.bytes(), kControlFrameBytes);
    const bool partly = whole < resends_.size() && !resends_.at(whole).done && resends_.at(whole).to == to;
    resends_.drop(whole);
    if (partly) resends_.at(0).from = rest;
  }
  return resends_.size() > 0;
}

// Adds frames of one entry to the burst, as many as fit; returns where it stopped, and adds to `bytes` what it took.
Position DataPlane::fill_resend(const Resend& entry, Position& bytes) {
  Held held;
  if (!peers_[entry.to].live || !find_held(entry, held)) return entry.end;
  // What is no longer held was consumed by all since it was asked for.
  Position at = std::max(entry.from, held.from);
  const Position end = std::min(entry.end, held.end);
  while (at < end) {
    const uint32_t length = static_cast<uint32_t>(std::min<Position>(end - at, max_frame_data_));
    if (!burst_.fits(burst_.data_frame_bytes(length))) return at;
    burst_.add_data(header_to(entry.to), entry.kind, entry.origin, held.ring, at, length);
    at += length;
    bytes += length;
  }
  return entry.end;
}

void DataPlane::answer_nak(const Resend& done, Sink& sink) {
  if (!peers_[done.to].live) return;
  control_to_ = done.to;
  wrote(write_nak_done(room_for(kNakDoneBytes, sink), done.kind, done.origin, done.serial));
  flush_control(sink);
}

// Returns whether there is more to send at once.
bool DataPlane::poll_data(Outbound& out, Micros now, Sink& sink) {
  SendStream& stream = out.stream;
  Position sent = 0;
  while (!blocked_ && stream.has_data_to_send()) {
    if (sent >= kMaxPollBytes) return true;
    const std::vector<Rank>& to = stream.stability().live();
    burst_.begin(to.data(), static_cast<uint32_t>(to.size()), out.to == kAllRanks);
    stream.fill(burst_, header_to(out.to), config_.my_rank);
    if (!send(sink, burst_)) return true;
    const Position before = stream.sent();
    stream.commit(now);
    sent += stream.sent() - before;
    stats_.add(Stat::kDataBytesSent, stream.sent() - before);
  }
  return false;
}

Micros DataPlane::next_deadline() const {
  Micros deadline = kNever;
  for (const auto& in : inbound_) {
    deadline = std::min(deadline, in->answer_now ? 0 : in->status_at);
    const Micros nak_at = in->stream.nak_deadline();
    if (nak_at < deadline && can_ask(in->stream)) deadline = nak_at;
  }
  for (const auto& out : outbound_) {
    deadline = std::min(deadline, out->stream.must_ask() ? 0 : out->stream.heartbeat_deadline());
  }
  for (const Peer& peer : peers_) deadline = std::min(deadline, watch_deadline(peer));
  return deadline;
}

Rank DataPlane::asked_for(const ReceiveStream& stream) const {
  return stream.kind() == StreamKind::kCast ? peers_[stream.origin()].holder : stream.origin();
}

bool DataPlane::can_ask(const ReceiveStream& stream) const {
  const Rank asked = asked_for(stream);
  return asked != config_.my_rank && peers_[asked].live;
}

Micros DataPlane::retry_us(Rank rank) const {
  return std::clamp<Micros>(peers_[rank].round_trip_us * 4, kNakRetryMinUs, kNakRetryMaxUs);
}

uint8_t* DataPlane::room_for(uint32_t bytes, Sink& sink) {
  const uint32_t limit = std::min(kControlFrameBytes, config_.frame_bytes) - (config_.checked ? kTrailerBytes : 0);
  if (control_bytes_ > 0 && control_bytes_ + bytes > limit) flush_control(sink);
  if (control_bytes_ == 0) control_bytes_ = write_header(control_.data(), header_to(control_to_));
  return control_.data() + control_bytes_;
}

void DataPlane::flush_control(Sink& sink) {
  if (control_bytes_ == 0) return;
  burst_.begin(&control_to_, 1, false);
  burst_.add_frame(control_.data(), control_bytes_);
  control_bytes_ = 0;
  // What the sink refuses is as good as lost: each of these parts is repeated by a timer.
  send(sink, burst_);
}

bool DataPlane::send(Sink& sink, const Burst& burst) {
  if (!sink.send(burst)) {
    blocked_ = true;
    stats_.add(Stat::kRefusedBySocket);
    return false;
  }
  return true;
}

void DataPlane::answer_all() {
  for (const auto& in : inbound_) {
    if (in->stream.received() > 0) in->answer_now = true;
  }
}

Position DataPlane::unsent_bytes() {
  Position sum = 0;
  for (const auto& out : outbound_) {
    if (out->stream.refresh()) news_ = true;
    sum += out->stream.unsent();
  }
  return sum;
}

void DataPlane::watch(Rank rank, Micros interval_us) {
  if (rank >= config_.members || rank == config_.my_rank) return;
  peers_[rank].watch_us = interval_us == 0 ? 0 : std::clamp(interval_us, kMinWatchUs, kMaxWatchUs);
  peers_[rank].probe_now = interval_us != 0;
}

// ---- view changes ----

void DataPlane::exclude(Rank rank) {
  if (rank >= config_.members || rank == config_.my_rank) return;
  peers_[rank].live = false;
  for (const auto& out : outbound_) out->stream.exclude(rank);
  news_ = true;
}

void DataPlane::set_holder(Rank origin, Rank holder, Position up_to) {
  if (origin >= config_.members || holder >= config_.members || origin == config_.my_rank) return;
  peers_[origin].holder = holder;
  Inbound* in = inbound(StreamKind::kCast, origin);
  if (in == nullptr) return;
  in->stream.expect(up_to);
  in->stream.ask_again();
}

void DataPlane::stop_at(Rank origin, Position cut) {
  if (origin >= config_.members) return;
  if (origin == config_.my_rank) {
    if (Outbound* out = mine(StreamKind::kCast, kAllRanks); out != nullptr) out->stream.stop_at(cut);
    return;
  }
  if (Inbound* in = inbound(StreamKind::kCast, origin); in != nullptr) in->stream.stop_at(cut);
}

Position DataPlane::received(Rank origin) const {
  if (origin >= config_.members) return 0;
  if (origin == config_.my_rank) {
    const Outbound* out = mine(StreamKind::kCast, kAllRanks);
    return out == nullptr ? 0 : out->stream.published();
  }
  const Inbound* in = inbound(StreamKind::kCast, origin);
  return in == nullptr ? 0 : in->stream.received();
}

}  // namespace consort

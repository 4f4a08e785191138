#include "core/receiver.h"

#include <algorithm>

namespace consort {

Receiver::Receiver(const ViewConfig& config, const std::vector<Peer>& peers, FrameWriter& writer, Stats& stats)
    : config_(config), peers_(peers), writer_(writer), stats_(stats), random_(config.seed) {
  by_.resize(static_cast<size_t>(config.members) * kStreamKinds);
}

bool Receiver::Inbound::status_is_due(Micros now) const {
  const uint32_t much = stream.ring().bytes() / 8 * kStatusEighths;
  return answer_now || now >= status_at || stream.received() - told_received >= much ||
         stream.consumed() - told_consumed >= much || stream.seen() >= told_seen + much;
}

void Receiver::Inbound::status_is_told() {
  answer_now = false;
  status_at = kNever;
  told_received = stream.received();
  told_consumed = stream.consumed();
  told_seen = stream.seen();
}

// ---- streams ----

bool Receiver::open(StreamKind kind, Rank origin, Ring ring, Slot slot) {
  if (origin >= config_.members || origin == config_.my_rank || inbound(kind, origin) != nullptr) return false;
  inbound_.push_back(std::make_unique<Inbound>(kind, origin, ring, slot));
  by_[index_of(kind, origin)] = inbound_.back().get();
  return true;
}

bool Receiver::take_wanted(Wanted& wanted) {
  if (wanted_.empty()) return false;
  wanted = wanted_.back();
  wanted_.pop_back();
  return true;
}

void Receiver::want(StreamKind kind, Rank origin) {
  stats_.reject(Reject::kStream);
  if (!is_pt2pt(kind)) return;
  for (const Wanted& wanted : wanted_) {
    if (wanted.origin == origin && wanted.kind == kind) return;
  }
  wanted_.push_back({origin, kind});
}

// ---- parts in ----

// Only the origin speaks for its stream, or the holder that stands in for it.
bool Receiver::may_speak_for(Rank sender, const Part& part) const {
  return part.origin == sender || (peers_[part.origin].holder == sender && part.stream == StreamKind::kCast);
}

void Receiver::handle_data(const Part& part, Rank sender, Micros now) {
  if (!may_speak_for(sender, part)) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, part.origin);
  if (in == nullptr) return want(part.stream, part.origin);
  ReceiveStream& stream = in->stream;
  const Position received = stream.received();
  switch (stream.handle_data(part.position, part.payload, part.length, now, random_)) {
    case Placed::kOverrun:
      return stats_.reject(Reject::kOverrun);
    case Placed::kDuplicate:
      stats_.add(Stat::kDuplicateBytes, part.length);
      break;
    case Placed::kNew:
      news = true;
      break;
  }
  if (config_.is_prompt(part.stream) && stream.received() > received) {
    in->status_at = std::min(in->status_at, now);
  } else if (in->status_at == kNever) {
    in->status_at = now + kStatusDelayUs;
  }
}

void Receiver::handle_heartbeat(const Part& part, Rank sender, Micros now) {
  stats_.add(Stat::kHeartbeatsReceived);
  if (part.origin != sender) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, sender);
  if (in == nullptr) return want(part.stream, sender);
  const Position stable = in->stream.stable();
  if (!in->stream.handle_announced(part.position, part.consumed, now, random_)) return stats_.reject(Reject::kOverrun);
  if ((part.serial & 1) != 0) in->answer_now = true;
  if (!config_.is_prompt(part.stream) || in->stream.stable() == stable) return;
  news = true;
  // It is confirmed without being asked for, together with what will have been consumed by then.
  if (in->status_at == kNever) in->status_at = now + kStatusDelayUs;
}

void Receiver::handle_nak_done(const Part& part, Rank sender) {
  if (!may_speak_for(sender, part)) return stats_.reject(Reject::kOrigin);
  Inbound* in = inbound(part.stream, part.origin);
  if (in == nullptr) return stats_.reject(Reject::kStream);
  in->stream.handle_nak_done(part.serial);
}

// ---- parts out ----

void Receiver::refresh(Micros now) {
  for (const auto& in : inbound_) {
    in->stream.refresh();
    if (!peers_[in->stream.origin()].live) {
      in->answer_now = false;
      in->status_at = kNever;
    } else if (in->status_at == kNever && in->has_news()) {
      in->status_at = now + kStatusDelayUs;
    }
  }
}

void Receiver::poll(Rank origin, Micros now) {
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) {
    Inbound* in = inbound(static_cast<StreamKind>(kind), origin);
    if (in == nullptr) continue;
    if (in->status_is_due(now)) tell_status(*in);
    poll_naks(*in, now);
  }
}

void Receiver::poll_held(Rank origin, Micros now) {
  Inbound* in = inbound(StreamKind::kCast, origin);
  if (in != nullptr) poll_naks(*in, now);
}

void Receiver::tell_status(Inbound& in) {
  in.status_is_told();
  stats_.add(Stat::kStatusSent);
  const ReceiveStream& stream = in.stream;
  const Progress progress{in.told_received, in.told_consumed, in.told_seen, static_cast<uint32_t>(stream.stable())};
  uint8_t* at = writer_.room_for(kStatusBytes);
  writer_.wrote(write_status(at, stream.kind(), stream.origin(), progress));
}

void Receiver::poll_naks(Inbound& in, Micros now) {
  ReceiveStream& stream = in.stream;
  if (now < stream.nak_deadline() || !can_ask(stream)) return;
  const Rank asked = asked_for(stream);
  const Micros retry_us = peers_[asked].retry_us();
  // The holder may be another than the member whose frame is being filled.
  writer_.to(asked);
  Nak nak;
  while (stream.poll_nak(now, retry_us, nak)) {
    stats_.add(Stat::kNaksSent);
    uint8_t* at = writer_.room_for(kNakHeadBytes + kRangeBytes * nak.count);
    writer_.wrote(write_nak(at, stream.kind(), stream.origin(), nak.serial, nak.ranges, nak.count));
  }
  writer_.to(stream.origin());
}

Micros Receiver::deadline() const {
  Micros deadline = kNever;
  for (const auto& in : inbound_) {
    deadline = std::min(deadline, in->answer_now ? 0 : in->status_at);
    const Micros nak_at = in->stream.nak_deadline();
    if (nak_at < deadline && can_ask(in->stream)) deadline = nak_at;
  }
  return deadline;
}

Rank Receiver::asked_for(const ReceiveStream& stream) const {
  return stream.kind() == StreamKind::kCast ? peers_[stream.origin()].holder : stream.origin();
}

bool Receiver::can_ask(const ReceiveStream& stream) const {
  const Rank asked = asked_for(stream);
  return asked != config_.my_rank && peers_[asked].live;
}

// ---- view changes ----

void Receiver::answer_all() {
  for (const auto& in : inbound_) {
    if (in->stream.received() > 0) in->answer_now = true;
  }
}

void Receiver::holder_changed(Rank origin, Position up_to) {
  ReceiveStream* stream = casts(origin);
  if (stream == nullptr) return;
  stream->expect(up_to);
  stream->ask_again();
}

}  // namespace consort

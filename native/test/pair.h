// N planes over a simulated network, in virtual time. One seed decides everything; what fails prints it.
//
//   write() adds to what a member's script wants to send  ->  its ring  ->  plane  ->  network  ->  plane  ->  ring  ->
//   Reader checks every word
//
// Each frame may be lost, duplicated, damaged or overtaken; a sink may refuse; a consumer may be paused or read in
// bits. After every step: nobody has published more than a ring beyond anybody's consumption. A run that does not end
// is a failure, too.
#pragma once
#include <map>
#include <memory>
#include <random>

#include "test/frames.h"
#include "test/pair_options.h"
#include "test/script_side.h"

namespace consort::test {

class Pair {
 public:
  explicit Pair(const PairOptions& options) : options_(options), random_(options.seed), members_(options.members) {
    context() = options.show();
    for (Rank rank = 0; rank < options.members; rank++) {
      members_[rank].plane = std::make_unique<DataPlane>(
          ViewConfig{0xC0FFEE, rank, options.members, options.frame_bytes, options.max_window, options.checked,
                     options.seed + rank, options.prompt});
    }
  }

  Micros now = 1'000'000;
  Position lost_bytes = 0;  // stream bytes of DATA that the network lost or damaged, for each destination
  uint64_t frames_carried = 0;
  Faults& faults() { return options_.faults; }
  DataPlane& plane(Rank rank) { return *members_[rank].plane; }

  // Opens everybody's casts at everybody.
  void open_casts(StreamKind kind = StreamKind::kCast) {
    for (Rank rank = 0; rank < options_.members; rank++) {
      open_send(rank, kind, kAllRanks);
      for (Rank origin = 0; origin < options_.members; origin++) {
        if (origin != rank) open_receive(rank, kind, origin);
      }
    }
  }
  void open_send(Rank from, StreamKind kind, Rank to) {
    auto& out = members_[from].out[{kind, to}];
    out.writer = std::make_unique<Writer>(stream_key(from, kind, to), options_.ring_bytes);
    CHECK(plane(from).open_send(kind, to, out.writer->memory.ring(), out.writer->memory.slot()));
  }
  void open_receive(Rank at, StreamKind kind, Rank origin) {
    auto& reader = members_[at].in[{kind, origin}];
    reader = std::make_unique<Reader>(stream_key(origin, kind, at), options_.ring_bytes);
    CHECK(plane(at).open_receive(kind, origin, reader->memory.ring(), reader->memory.slot()));
  }
  Writer& writer(Rank from, StreamKind kind = StreamKind::kCast, Rank to = kAllRanks) {
    return *members_[from].out.at({kind, to}).writer;
  }
  // Null while the stream is not open there.
  Reader* reader(Rank at, StreamKind kind, Rank origin) {
    const auto found = members_[at].in.find({kind, origin});
    return found == members_[at].in.end() ? nullptr : found->second.get();
  }

  void write(Rank from, Position bytes, StreamKind kind = StreamKind::kCast, Rank to = kAllRanks) {
    members_[from].out.at({kind, to}).target += bytes;
    members_[from].wake_at = now;
  }
  void pause(Rank rank, bool paused) {
    members_[rank].paused = paused;
    members_[rank].wake_at = now;
  }
  // A crash: it sends, receives and handles nothing any more. What it sent is still on its way.
  void kill(Rank rank) { members_[rank].alive = false; }
  bool alive(Rank rank) const { return members_[rank].alive; }
  // The survivors learn that `rank` failed.
  void exclude(Rank rank) {
    for (Rank other = 0; other < options_.members; other++) {
      if (other == rank || !members_[other].alive) continue;
      plane(other).exclude(rank);
      members_[other].wake_at = now;
    }
    excluded_.push_back(rank);
  }
  void wake(Rank rank) { members_[rank].wake_at = now; }

  // Everything written has been consumed, by all who live.
  bool settled() {
    for (Rank from = 0; from < options_.members; from++) {
      if (!members_[from].alive) continue;
      for (auto& [name, out] : members_[from].out) {
        if (out.writer->written() != out.target || slowest(from, name.first, name.second, out.target) != out.target)
          return false;
      }
    }
    return true;
  }
  void settle(Micros within = 60'000'000) {
    if (!run_until([&] { return settled(); }, within)) stuck("not settled in time");
  }
  void run_for(Micros time) {
    const Micros end = now + time;
    run_until([&] { return false; }, time);
    now = end;
  }
  // Runs until done() or for `within`; returns done().
  template <typename Done>
  bool run_until(Done done, Micros within) {
    const Micros end = now + within;
    while (!done()) {
      const Micros next = next_event();
      if (next == kNever || next > end) return false;
      step(next);
    }
    return true;
  }
  // When something happens next, if nothing comes from outside.
  Micros next_event() {
    Micros next = wire_.empty() ? kNever : wire_.begin()->first.first;
    for (const Member& member : members_) {
      if (member.alive) next = std::min(next, member.wake_at);
    }
    return next == kNever ? kNever : std::max(next, now);
  }

  // Takes `from`'s casts to `position` in a world without faults or time, whatever the bytes. Everybody's casts are
  // open, and settled.
  void fast_forward(Rank from, Position position);

  [[noreturn]] void stuck(const std::string& what) { fail(__FILE__, __LINE__, what + "\n" + state()); }

 private:
  using Name = std::pair<StreamKind, Rank>;  // the rank: the other end
  struct Outbound {
    std::unique_ptr<Writer> writer;
    Position target = 0;
  };
  struct Member {
    std::unique_ptr<DataPlane> plane;
    std::map<Name, Outbound> out;
    std::map<Name, std::unique_ptr<Reader>> in;
    Micros wake_at = 0;
    bool alive = true;
    bool paused = false;
  };
  struct Datagram {
    Rank to;
    std::shared_ptr<const std::vector<uint8_t>> bytes;
  };
  class Port : public Sink {
   public:
    Port(Pair& pair, Rank from) : pair_(pair), from_(from) {}
    bool send(const Burst& burst) override { return pair_.transmit(from_, burst); }

   private:
    Pair& pair_;
    Rank from_;
  };

  bool chance(uint32_t in_1000) { return in_1000 > 0 && random_() % 1000 < in_1000; }
  bool transmit(Rank from, const Burst& burst);
  void put_on_wire(Rank to, const std::shared_ptr<const std::vector<uint8_t>>& bytes);
  void step(Micros at);
  void deliver(const Datagram& datagram);
  void service(Rank rank);
  Position slowest(Rank from, StreamKind kind, Rank to, Position none);
  std::string state();

  PairOptions options_;
  std::mt19937 random_;
  std::vector<Member> members_;
  std::vector<Rank> excluded_;
  std::map<std::pair<Micros, uint64_t>, Datagram> wire_;
  uint64_t order_ = 0;
  uint64_t steps_at_once_ = 0;
};

inline bool Pair::transmit(Rank from, const Burst& burst) {
  if (chance(options_.faults.refuse)) return false;
  for (const auto& frame : cut(burst)) {
    CHECK(frame.size() <= options_.frame_bytes);
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(frame);
    frames_carried++;
    for (uint32_t i = 0; i < burst.destination_count(); i++) {
      const Rank to = burst.destinations()[i];
      CHECK(to < options_.members && to != from);
      const bool lost = chance(options_.faults.loss);
      const bool damaged = !lost && chance(options_.faults.corrupt);
      if (lost || damaged) {
        for (const Part& part : parse(frame, options_.members).parts) {
          if (part.type == PartType::kData) lost_bytes += part.length;
        }
      }
      if (lost) continue;
      if (damaged) {
        CHECK(options_.checked);
        std::vector<uint8_t> copy = frame;
        for (uint32_t n = 1 + random_() % 3; n > 0; n--)
          copy[random_() % copy.size()] ^= static_cast<uint8_t>(1 + random_() % 255);
        if (random_() % 4 == 0) copy.resize(random_() % copy.size());
        put_on_wire(to, std::make_shared<const std::vector<uint8_t>>(std::move(copy)));
        continue;
      }
      put_on_wire(to, bytes);
      if (chance(options_.faults.duplicate)) put_on_wire(to, bytes);
    }
  }
  return true;
}

inline void Pair::put_on_wire(Rank to, const std::shared_ptr<const std::vector<uint8_t>>& bytes) {
  const Micros jitter = options_.faults.jitter_us;
  const Micros at = now + options_.faults.delay_us + (jitter > 0 ? random_() % jitter : 0);
  wire_.emplace(std::pair(at, order_++), Datagram{to, bytes});
}

inline void Pair::step(Micros at) {
  steps_at_once_ = at == now ? steps_at_once_ + 1 : 0;
  if (steps_at_once_ > 20'000) stuck("time stands still: some plane wants to be polled again and again");
  now = at;
  while (!wire_.empty() && wire_.begin()->first.first <= now) {
    const Datagram datagram = std::move(wire_.begin()->second);
    wire_.erase(wire_.begin());
    deliver(datagram);
  }
  for (Rank rank = 0; rank < options_.members; rank++) {
    if (members_[rank].alive && members_[rank].wake_at <= now) service(rank);
  }
}

inline void Pair::deliver(const Datagram& datagram) {
  Member& member = members_[datagram.to];
  if (!member.alive) return;
  receive(*member.plane, *datagram.bytes, now);
  Wanted wanted{};
  while (member.plane->take_wanted(wanted)) open_receive(datagram.to, wanted.kind, wanted.origin);
  member.wake_at = now;
}

inline void Pair::service(Rank rank) {
  Member& member = members_[rank];
  bool more = false;
  for (auto& [name, reader] : member.in) {
    if (member.paused) break;
    reader->read(options_.reads_in_bits ? random_() % 1024 * 8 : UINT64_MAX);
    more = more || reader->consumed() != reader->received();
  }
  for (auto& [name, out] : member.out) {
    const Position length = std::min(out.writer->room(), out.target - out.writer->written());
    if (length > 0) out.writer->write(length);
    if (out.writer->limit() > slowest(rank, name.first, name.second, out.writer->written()) + options_.ring_bytes) {
      stuck("member " + std::to_string(rank) + " may write more than a ring beyond a consumer");
    }
  }
  Port port(*this, rank);
  member.wake_at = member.plane->poll(now, port);
  // A socket that was full is writable again a little later; so is a reader with the rest.
  if (member.plane->blocked() || more) member.wake_at = std::min(member.wake_at, now + 20);
  for (auto& [name, out] : member.out) {
    if (out.writer->room() > 0 && out.writer->written() < out.target) member.wake_at = now;
  }
}

// What the slowest live receiver of a stream has consumed; `none` if it has none.
inline Position Pair::slowest(Rank from, StreamKind kind, Rank to, Position none) {
  Position least = kNever;
  for (Rank rank = 0; rank < options_.members; rank++) {
    if (rank == from || (to != kAllRanks && rank != to)) continue;
    if (std::find(excluded_.begin(), excluded_.end(), rank) != excluded_.end()) continue;
    const Reader* at = reader(rank, kind, from);
    least = std::min(least, at == nullptr ? 0 : at->consumed());
  }
  return least == kNever ? none : least;
}

inline std::string Pair::state() {
  std::ostringstream out;
  out << "at " << now << " us, " << wire_.size() << " datagrams on their way\n";
  for (Rank rank = 0; rank < options_.members; rank++) {
    Member& member = members_[rank];
    out << "  member " << rank << (member.alive ? "" : " dead") << (member.paused ? " paused" : "") << ", wakes at "
        << member.wake_at << (member.plane->blocked() ? ", blocked" : "") << "\n";
    for (auto& [name, sent] : member.out) {
      out << "    out " << static_cast<int>(name.first) << " to " << name.second << ": written "
          << sent.writer->written() << " of " << sent.target << ", limit " << sent.writer->limit() << ", stable "
          << sent.writer->stable() << "\n";
    }
    for (auto& [name, read] : member.in) {
      out << "    in " << static_cast<int>(name.first) << " from " << name.second << ": received " << read->received()
          << ", consumed " << read->consumed() << "\n";
    }
  }
  return out.str();
}

inline void Pair::fast_forward(Rank from, Position position) {
  class Discard : public Sink {
   public:
    bool send(const Burst&) override { return true; }
  } discard;
  Outbound& out = members_[from].out.at({StreamKind::kCast, kAllRanks});
  const std::vector<uint8_t> payload(
      std::min(options_.ring_bytes / 2, kMaxFrameBytes - kDataOverheadBytes - kTrailerBytes) / 8 * 8);
  const uint8_t flags = options_.checked ? kFlagChecked : 0;
  while (out.target < position) {
    const Position length = std::min<Position>(payload.size(), position - out.target);
    out.writer->skip(length);
    out.target += length;
    plane(from).poll(now, discard);
    for (Rank rank = 0; rank < options_.members; rank++) {
      if (rank == from) continue;
      FrameBuilder data({flags, from, kAllRanks, 0xC0FFEE});
      data.data(StreamKind::kCast, from, out.target - length,
                {payload.begin(), payload.begin() + static_cast<ptrdiff_t>(length)});
      receive(plane(rank), data.bytes(), now);
      reader(rank, StreamKind::kCast, from)->skip();
      plane(rank).poll(now, discard);
      FrameBuilder status({flags, rank, from, 0xC0FFEE});
      receive(plane(from),
              status
                  .status(StreamKind::kCast, from, out.target, out.target, out.target,
                          reader(rank, StreamKind::kCast, from)->stable())
                  .bytes(),
              now);
    }
    CHECK_EQ(out.writer->stable(), out.target);
  }
}

}  // namespace consort::test

// Fuzz target: a live plane, rank 0 of 3, with small rings, among members that send anything, a script that does as it
// likes within its rights, and a control plane that excludes, cuts and names holders. Whatever happens, the invariants
// below hold.
//
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I native native/core/*.cc
//   native/test/fuzz_data_plane.cc -o fuzz_data_plane
//   ./fuzz_data_plane -max_len=4096 -max_total_time=60
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "core/data_plane.h"
#include "test/frames.h"
#include "test/script_side.h"

namespace {

using namespace consort;
using test::FrameBuilder;

constexpr uint32_t kMembers = 3;
constexpr uint32_t kRing = kMinRingBytes;
constexpr uint64_t kConnection = 0x1234;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  uint8_t byte() { return left_ == 0 ? 0 : (left_--, *at_++); }
  uint32_t word() { return byte() | byte() << 8; }
  // Mostly small, at times anything.
  Position position() {
    const uint32_t w = word();
    return w == 0xFFFF   ? kMaxPosition / 8 * 8 - 8 * byte()
           : w == 0xFFFE ? (uint64_t{1} << 32) + 8 * byte()
                         : (w % 4096) * 8;
  }
  std::vector<uint8_t> bytes(size_t length) {
    length = std::min(length, left_);
    std::vector<uint8_t> out(at_, at_ + length);
    at_ += length;
    left_ -= length;
    return out;
  }

 private:
  const uint8_t* at_;
  size_t left_;
};

class World : public Sink {
 public:
  World(bool checked, bool prompt)
      : checked_(checked), plane_({kConnection, 0, kMembers, kMinFrameBytes, kRing, checked, 3, prompt}) {
    for (const StreamKind kind : {StreamKind::kCast, StreamKind::kControlCast}) {
      open_send(kind, kAllRanks);
      for (const Rank rank : {1, 2}) open_receive(kind, rank);
    }
    open_send(StreamKind::kPt2pt, 1);
  }

  void run(Input input) {
    while (!input.empty()) {
      act(input);
      check();
    }
    now_ += 1'000'000;
    poll();
    check();
  }

  bool send(const Burst& burst) override {
    demand(burst.frames() >= 1 && burst.frames() <= kMaxBurstFrames, "frames of a burst");
    demand(burst.bytes() <= kMaxBurstBytes, "bytes of a burst");
    demand(burst.segment() <= kMinFrameBytes, "frames fit the path");
    demand(burst.bytes() > (burst.frames() - 1) * burst.segment() && burst.bytes() <= burst.frames() * burst.segment(),
           "UDP_SEGMENT");
    demand(burst.destination_count() >= 1, "it goes to somebody");
    uint32_t bytes = 0;
    for (const Piece& piece : burst.pieces()) {
      // Both ends are read: the address sanitizer looks on.
      touched_ = static_cast<uint8_t>(touched_ + piece.data[0] + piece.data[piece.bytes - 1]);
      bytes += piece.bytes;
    }
    demand(bytes == burst.bytes(), "pieces add up");
    for (uint32_t i = 0; i < burst.destination_count(); i++) {
      const Rank to = burst.destinations()[i];
      demand(to == 1 || to == 2, "it goes to another member");
      demand(!excluded_[to], "nothing goes to a failed member");
    }
    return !refuse_;
  }

 private:
  struct In {
    StreamKind kind;
    Rank origin;
    std::unique_ptr<test::Reader> reader;
    Position before = 0;
    Position bound = kMaxPosition;  // the cut, or what was received when it was set
  };

  void open_send(StreamKind kind, Rank to) {
    writers_.push_back(std::make_unique<test::Writer>(1, kRing));
    plane_.open_send(kind, to, writers_.back()->memory.ring(), writers_.back()->memory.slot());
  }
  void open_receive(StreamKind kind, Rank origin) {
    auto reader = std::make_unique<test::Reader>(2, kRing);
    demand(plane_.open_receive(kind, origin, reader->memory.ring(), reader->memory.slot()),
           "what is wanted can be opened");
    readers_.push_back({kind, origin, std::move(reader)});
  }

  void poll() {
    // A plane that asks to be polled at once, again and again, without anything from outside, would spin.
    for (int i = 0; i < 300; i++) {
      if (plane_.poll(now_, *this) > now_ || plane_.blocked()) return;
    }
    demand(false, "poll comes to an end");
  }

  void act(Input& input) {
    const uint8_t what = input.byte();
    switch (what % 16) {
      case 0:
        now_ += input.byte();
        return poll();
      case 1:
        now_ += input.word() * 16;
        return poll();
      case 2: {
        In& in = readers_[input.byte() % readers_.size()];
        return in.reader->skip();
      }
      case 3: {
        test::Writer& writer = *writers_[input.byte() % writers_.size()];
        return writer.skip(std::min<Position>(writer.room(), input.byte() * 64));
      }
      case 4:
        refuse_ = !refuse_;
        return;
      case 5:
        return control(input);
      case 6:
        return raw_frame(input);
      default:
        return frame(input);
    }
  }

  // View changes: rare, and within what the control plane may do.
  void control(Input& input) {
    const Rank rank = input.byte() % 4;
    const uint8_t what = input.byte();
    switch (what % 4) {
      case 0:
        if (what >= 64) return;
        plane_.exclude(rank);
        if (rank == 1 || rank == 2) excluded_[rank] = true;
        return;
      case 1:
        return plane_.set_holder(rank, input.byte() % 4, input.position());
      case 2: {
        const Position cut = what < 64 ? input.position() : plane_.received(rank) + input.byte() * 32;
        if (rank == 0 && cut < writers_[0]->written()) return;
        plane_.stop_at(rank, cut);
        for (In& in : readers_) {
          if (in.kind == StreamKind::kCast && in.origin == rank) in.bound = std::max(in.reader->received(), cut);
        }
        return;
      }
      default:
        return plane_.watch(rank, input.position());
    }
  }

  FrameHeader header(Input& input) {
    const uint8_t byte = input.byte();
    const Rank to = (byte & 0x30) == 0 ? byte >> 6 : (byte & 0x10) != 0 ? Rank{0} : kAllRanks;
    return {checked_ ? kFlagChecked : uint8_t{0}, static_cast<Rank>((byte & 0xF) == 0 ? byte >> 6 : 1 + byte % 2), to,
            kConnection};
  }
  Position near(StreamKind kind, Rank origin, uint8_t byte) const {
    Position at = origin == 0 ? writers_[0]->written() : 0;
    for (const In& in : readers_) {
      if (in.kind == kind && in.origin == origin) at = in.before;
    }
    // Often just what comes next, so that gaps close.
    return origin == 0 ? at - std::min<Position>(at, byte * 32) : at + (byte < 96 ? 0 : (byte - 96) * 32);
  }
  // The parts as the input has them.
  void raw_frame(Input& input) {
    FrameBuilder frame(header(input));
    feed(frame.raw(input.bytes(input.byte() % 16 * 8)));
  }
  // Well-formed parts.
  void frame(Input& input) {
    FrameBuilder frame(header(input));
    for (uint32_t count = 1 + input.byte() % 3; count > 0; count--) {
      const uint8_t what = input.byte();
      const StreamKind kind = static_cast<StreamKind>(what >> 6);
      const Rank origin = (what >> 4 & 3) % kMembers;
      // Near to where the stream is, or anywhere.
      const Position a = (what & 8) != 0 ? input.position() : near(kind, origin, input.byte());
      switch (what % 8) {
        case 0:
        case 1:
        case 2:
          frame.data(kind, origin, a, std::vector<uint8_t>((1 + input.byte()) * 8, what));
          break;
        case 3:
          frame.nak(kind, origin, what, ranges(a, input));
          break;
        case 4:
          frame.status(kind, origin, a, a - input.position() % (a + 8), a + input.position(), input.byte() * 8);
          break;
        case 5:
          frame.heartbeat(kind, origin, input.byte() % 2 != 0, a, a - input.position() % (a + 8));
          break;
        case 6:
          frame.nak_done(kind, origin, input.byte());
          break;
        case 7:
          frame.probe(input.byte() % 2 != 0 ? PartType::kProbe : PartType::kProbeReply, a);
          break;
      }
    }
    feed(frame);
  }
  static std::vector<Range> ranges(Position at, Input& input) {
    std::vector<Range> out;
    for (uint32_t count = 1 + input.byte() % kMaxNakRanges; out.size() < count;) {
      out.push_back({at, Position{8} + (input.empty() ? 0u : input.byte() * 8u)});
      at += out.back().length + out.size() % 3 * 8;
    }
    return out;
  }
  void feed(const FrameBuilder& frame) {
    test::receive(plane_, frame.bytes(), now_);
    Wanted wanted{};
    for (int i = 0; plane_.take_wanted(wanted); i++) {
      demand(i < 4, "wanted streams are few");
      demand(is_pt2pt(wanted.kind) && (wanted.origin == 1 || wanted.origin == 2),
             "only others' pt2pt streams are wanted");
      open_receive(wanted.kind, wanted.origin);
    }
  }

  void check() {
    for (In& in : readers_) {
      const Position received = in.reader->received();
      demand(received >= in.before, "received only grows");
      demand(received <= in.reader->consumed() + kRing, "received is within a ring of consumed");
      demand(received <= in.bound, "nothing gets beyond the cut");
      demand(in.reader->stable() <= received, "stable is received");
      in.before = received;
      demand(in.kind != StreamKind::kCast || plane_.received(in.origin) == received,
             "JavaScript sees what is received");
    }
    for (const auto& writer : writers_) {
      demand(writer->limit() >= writer->written() && writer->room() <= kRing,
             "the limit is within a ring of published");
      demand(writer->stable() <= writer->written(), "stable is published");
    }
  }

  bool checked_;
  bool refuse_ = false;
  bool excluded_[kMembers] = {};
  uint8_t touched_ = 0;
  Micros now_ = 1'000'000;
  std::vector<std::unique_ptr<test::Writer>> writers_;
  std::vector<In> readers_;
  DataPlane plane_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  World world(data[0] % 8 == 0, data[0] % 16 >= 8);
  world.run(Input(data + 1, size - 1));
  return 0;
}

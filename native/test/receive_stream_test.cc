// What arrives is placed, overlapping or not; what is missing is known exactly. NAKs in time:
// nak_schedule_test.cc.
#include "core/receive_stream.h"

#include <random>

#include "test/check.h"
#include "test/script_side.h"

namespace consort {
namespace {

constexpr uint64_t kKey = 5;

struct Gap {
  Position start;
  Position end;
};

struct Fixture {
  explicit Fixture(uint32_t ring_bytes = kMinRingBytes)
      : reader(kKey, ring_bytes), stream(StreamKind::kCast, 0, reader.memory.ring(), reader.memory.slot()) {}

  Placed data(Position from, Position to) {
    const std::vector<uint8_t> bytes = test::bytes_at(kKey, from, to - from);
    return stream.handle_data(from, bytes.data(), static_cast<uint32_t>(to - from), 0, random);
  }
  bool announce(Position sent) { return stream.handle_announced(sent, 0, 0, random); }
  // All that is missing below the edge, however many NAKs it takes.
  std::vector<Gap> missing() {
    std::vector<Gap> found;
    stream.ask_again();
    Nak nak;
    while (stream.poll_nak(0, kNakRetryMinUs, nak)) {
      for (uint32_t i = 0; i < nak.count; i++) {
        found.push_back({nak.ranges[i].position, nak.ranges[i].position + nak.ranges[i].length});
      }
    }
    return found;
  }
  // The origin tells that everybody has what I have.
  void stable() { CHECK(stream.handle_announced(stream.received(), stream.received(), 0, random)); }
  void consume() {
    reader.read();
    stream.refresh();
  }

  test::Reader reader;
  ReceiveStream stream;
  Random random{1};
};

void check_missing(Fixture& f, const std::vector<Gap>& wanted) {
  const auto found = f.missing();
  CHECK_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); i++) {
    CHECK_EQ(found[i].start, wanted[i].start);
    CHECK_EQ(found[i].end, wanted[i].end);
  }
}

TEST("bytes in order are received at once and shown to JavaScript") {
  Fixture f;
  CHECK_EQ(f.data(0, 64), Placed::kNew);
  CHECK_EQ(f.data(64, 80), Placed::kNew);
  CHECK_EQ(f.reader.received(), 80u);
  CHECK_EQ(f.reader.read(), 80u);
  check_missing(f, {});
}

TEST("what comes again is a duplicate and changes nothing") {
  Fixture f;
  f.data(0, 64);
  CHECK_EQ(f.data(0, 64), Placed::kDuplicate);
  CHECK_EQ(f.data(8, 16), Placed::kDuplicate);
  f.data(128, 192);
  CHECK_EQ(f.data(128, 192), Placed::kDuplicate);
  CHECK_EQ(f.data(136, 144), Placed::kDuplicate);
  CHECK_EQ(f.stream.received(), 64u);
  CHECK_EQ(f.stream.seen(), 192u);
}

TEST("DATA that begins before what is received is trimmed") {
  Fixture f;
  f.data(0, 64);
  CHECK_EQ(f.data(32, 96), Placed::kNew);
  CHECK_EQ(f.stream.received(), 96u);
  CHECK_EQ(f.reader.read(), 96u);
}

TEST("trimming keeps consumed memory of the next lap as it is") {
  Fixture f;
  f.data(0, kMinRingBytes);
  f.consume();
  // Position kMinRingBytes lies where 0 lay: an overlap must not write back what is old there.
  f.data(kMinRingBytes, kMinRingBytes + 64);
  CHECK_EQ(f.data(0, 64), Placed::kDuplicate);
  CHECK_EQ(f.data(kMinRingBytes - 64, kMinRingBytes + 128), Placed::kNew);
  CHECK_EQ(f.reader.read(), 128u);
}

TEST("a gap that closes lets everything behind it through") {
  Fixture f;
  f.data(64, 128);
  f.data(192, 256);
  CHECK_EQ(f.stream.received(), 0u);
  check_missing(f, {{0, 64}, {128, 192}});
  f.data(0, 64);
  CHECK_EQ(f.reader.received(), 128u);
  check_missing(f, {{128, 192}});
  f.data(120, 200);
  CHECK_EQ(f.reader.read(), 256u);
}

TEST("intervals merge in every form of overlap") {
  // Two intervals, [80, 96) and [112, 128); a third comes.
  struct Form {
    Position from, to;
    std::vector<Gap> missing;
  };
  const Form forms[] = {
      {16, 24, {{0, 16}, {24, 80}, {96, 112}}},      // before both
      {64, 80, {{0, 64}, {96, 112}}},                // touches the first from the left
      {72, 88, {{0, 72}, {96, 112}}},                // overlaps it from the left
      {80, 88, {{0, 80}, {96, 112}}},                // inside, from its start
      {88, 96, {{0, 80}, {96, 112}}},                // inside, up to its end
      {72, 104, {{0, 72}, {104, 112}}},              // around it
      {88, 104, {{0, 80}, {104, 112}}},              // overlaps it from the right
      {96, 104, {{0, 80}, {104, 112}}},              // touches it from the right
      {104, 112, {{0, 80}, {96, 104}}},              // touches the second from the left
      {96, 112, {{0, 80}}},                          // just between
      {88, 120, {{0, 80}}},                          // overlaps both
      {72, 136, {{0, 72}}},                          // around both
      {128, 136, {{0, 80}, {96, 112}}},              // touches the last from the right
      {120, 136, {{0, 80}, {96, 112}}},              // overlaps it from the right
      {144, 152, {{0, 80}, {96, 112}, {128, 144}}},  // after both
      {0, 200, {}},                                  // everything
  };
  for (const Form& form : forms) {
    Fixture f;
    f.data(80, 96);
    f.data(112, 128);
    f.data(form.from, form.to);
    check_missing(f, form.missing);
    f.data(0, 256);
    CHECK_EQ(f.reader.read(), 256u);
  }
}

TEST("random pieces in random order agree with a bitmap") {
  std::mt19937 random(2);
  for (int round = 0; round < 300; round++) {
    test::context() = "round " + std::to_string(round);
    Fixture f(16 * 1024);
    constexpr size_t kWords = 1024;  // half the ring
    std::vector<bool> have(kWords, false);
    const uint32_t longest = 1u << random() % 8;
    size_t furthest = 0;
    for (int step = 0; step < 200; step++) {
      const size_t from = random() % kWords;
      const size_t to = std::min<size_t>(kWords, from + 1 + random() % longest);
      bool fresh = false;
      for (size_t i = from; i < to; i++) {
        fresh = fresh || !have[i];
        have[i] = true;
      }
      furthest = std::max(furthest, to);
      CHECK_EQ(f.data(from * 8, to * 8), fresh ? Placed::kNew : Placed::kDuplicate);
    }
    std::vector<Gap> wanted;
    size_t received = 0;
    while (received < kWords && have[received]) received++;
    for (size_t i = received; i < furthest; i++) {
      if (have[i]) continue;
      if (!wanted.empty() && wanted.back().end == i * 8) {
        wanted.back().end += 8;
      } else {
        wanted.push_back({i * 8, i * 8 + 8});
      }
    }
    CHECK_EQ(f.stream.received(), received * 8);
    CHECK_EQ(f.stream.seen(), furthest * 8);
    check_missing(f, wanted);
    f.reader.read();
  }
}

TEST("beyond its bound of intervals what would need one more is as if it was lost, and comes through later") {
  Fixture f(64 * 1024);
  for (uint32_t i = 0; i < kMaxIntervals; i++) CHECK_EQ(f.data(8 + 16 * i, 16 + 16 * i), Placed::kNew);
  const Position beyond = 8 + 16 * kMaxIntervals;
  CHECK_EQ(f.data(beyond, beyond + 8), Placed::kOverrun);
  CHECK_EQ(f.stream.seen(), beyond - 8);
  // What needs no interval more is still taken.
  CHECK_EQ(f.data(16, 24), Placed::kNew);
  CHECK_EQ(f.data(beyond, beyond + 8), Placed::kNew);
  CHECK_EQ(f.missing().size(), kMaxIntervals);
  f.data(0, beyond + 8);
  CHECK_EQ(f.reader.read(), beyond + 8);
}

TEST("what is beyond flow control is refused and changes nothing") {
  Fixture f;
  CHECK_EQ(f.data(kMinRingBytes - 8, kMinRingBytes + 8), Placed::kOverrun);
  CHECK_EQ(f.data(kMaxPosition - 15, kMaxPosition - 7), Placed::kOverrun);
  CHECK(!f.announce(kMinRingBytes + 8));
  CHECK(!f.announce(kMaxPosition - 7));
  CHECK_EQ(f.stream.seen(), 0u);
  check_missing(f, {});
  CHECK_EQ(f.data(kMinRingBytes - 8, kMinRingBytes), Placed::kNew);
  f.data(0, 64);
  CHECK_EQ(f.data(kMinRingBytes, kMinRingBytes + 8), Placed::kOverrun);  // received is not enough
  f.consume();
  CHECK_EQ(f.data(kMinRingBytes, kMinRingBytes + 8), Placed::kNew);
}

TEST("nothing beyond the cut is taken in") {
  Fixture f;
  f.data(0, 64);
  f.stream.stop_at(96);
  CHECK_EQ(f.data(64, 128), Placed::kNew);
  CHECK_EQ(f.stream.received(), 96u);
  CHECK_EQ(f.data(96, 128), Placed::kDuplicate);
  CHECK_EQ(f.data(200, 208), Placed::kDuplicate);
  CHECK(f.announce(128));
  check_missing(f, {});
  CHECK_EQ(f.reader.read(), 96u);
}

// 1. [128, 192) arrives, [64, 128) is lost, the origin fails; 2. the others have no more than [0, 128): the cut is 128;
// 3. the holder sends [64, 128) again. The member must not go on to 192: the others never will.
TEST("what had arrived beyond the cut when it was set does not get through when the gap before it closes") {
  Fixture f;
  f.data(0, 64);
  f.data(128, 192);
  f.stream.stop_at(128);
  f.data(64, 128);
  CHECK_EQ(f.stream.received(), 128u);
}

TEST("nothing beyond the cut is asked for, though something beyond it had arrived") {
  Fixture f;
  f.data(0, 64);
  f.data(128, 192);
  f.stream.stop_at(96);
  check_missing(f, {{64, 96}});
}

TEST("positions go on beyond 2^32 and 2^33") {
  Fixture f(kMaxRingBytes);
  constexpr Position kFar = (uint64_t{1} << 33) - 64;
  // From where they belong, so that nothing is copied.
  while (f.stream.received() < kFar) {
    const uint32_t step = static_cast<uint32_t>(std::min<Position>(kMaxRingBytes / 2, kFar - f.stream.received()));
    const uint32_t length = std::min(step, f.reader.memory.ring().contiguous(f.stream.received()));
    const uint8_t* place = f.reader.memory.ring().at(f.stream.received());
    CHECK_EQ(f.stream.handle_data(f.stream.received(), place, length, 0, f.random), Placed::kNew);
    f.reader.skip();
    f.stream.refresh();
    f.stable();
  }
  CHECK_EQ(f.reader.received(), kFar);
  f.data(kFar + 96, kFar + 128);
  check_missing(f, {{kFar, kFar + 96}});
  f.data(kFar, kFar + 96);
  CHECK_EQ(f.reader.read(), 128u);
  f.stream.refresh();
  CHECK_EQ(f.stream.consumed(), kFar + 128);
}

TEST("what the ring still holds ends a ring before the furthest byte that ever lay in it") {
  Fixture f;
  f.data(0, kMinRingBytes);
  CHECK_EQ(f.stream.retained(), 0u);
  f.consume();
  f.data(kMinRingBytes + 512, kMinRingBytes + 1024);
  CHECK_EQ(f.stream.retained(), 1024u);
  // The cut forgets those bytes, but what they overwrote is gone.
  f.stream.stop_at(kMinRingBytes);
  CHECK_EQ(f.stream.retained(), 1024u);
  CHECK_EQ(f.stream.seen(), kMinRingBytes);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// Well-formed frames that lie: each is counted under its reason and changes nothing. Malformed ones: frame_test.cc,
// fuzz_frame.cc.
#include <random>

#include "core/data_plane.h"
#include "test/check.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::FrameBuilder;
using test::LonePlane;
constexpr StreamKind kCast = StreamKind::kCast;
constexpr StreamKind kPt2pt = StreamKind::kPt2pt;
constexpr Position kLast = kMaxPosition / 8 * 8;
const std::vector<uint8_t> kEight(8, 0x66);

// Rank 0 of 3 with casts open both ways: it has sent 64 bytes, and has 64 of member 1.
struct Fixture : LonePlane {
  explicit Fixture(bool checked = false)
      : LonePlane(3, kMinRingBytes, checked), writer(open_send()), reader(open_receive(1)) {
    writer.write(64);
    give_data(1, 1, 0, 64);
    now += kStatusDelayUs;
    poll();
    settle_probes();
  }
  std::vector<Position> state() {
    return {plane.received(0), plane.received(1), plane.received(2), writer.limit(),
            writer.stable(),   reader.received(), reader.stable()};
  }
  // The frame is counted under `reason`, once, and nothing else comes of it.
  void expect(Reject reason, const FrameBuilder& frame) {
    const std::vector<Position> before = state();
    const uint64_t count = rejected(reason);
    const uint64_t sum = rejected();
    const Micros deadline = poll();
    give(frame);
    CHECK_EQ(rejected(reason), count + 1);
    CHECK_EQ(rejected(), sum + 1);
    CHECK_EQ(poll(), deadline);
    CHECK(sink.parts(PartType::kData).empty());
    CHECK(sink.parts(PartType::kNak).empty());
    CHECK(sink.parts(PartType::kStatus).empty());
    CHECK(state() == before);
  }
  test::Writer& writer;
  test::Reader& reader;
};

TEST("frames from nobody, from myself, from a failed member, or for another are of the wrong rank") {
  Fixture f;
  f.expect(Reject::kRank, f.from(3).probe(PartType::kProbe, 1));
  f.expect(Reject::kRank, f.from(0xFFFF).probe(PartType::kProbe, 1));
  f.expect(Reject::kRank, f.from(0).probe(PartType::kProbe, 1));
  f.expect(Reject::kRank, f.from(1, 2).data(kCast, 1, 64, kEight));
  f.plane.exclude(2);
  f.expect(Reject::kRank, f.from(2).probe(PartType::kProbe, 1));
}

TEST("where frames must be checked one that is not is refused") {
  Fixture f(true);
  f.expect(Reject::kChecksum, FrameBuilder({0, 1, kAllRanks, LonePlane::kConnection}).data(kCast, 1, 64, kEight));
}

TEST("one malformed part spoils the whole frame, also the good parts before it") {
  Fixture f;
  f.expect(Reject::kPart, f.from(1).data(kCast, 1, 64, kEight).raw({99, 0, 0, 0, 0, 0, 0, 0}));
  f.expect(Reject::kPart, f.from(1).data(kCast, 1, 64, kEight).data(kCast, 1, kLast, kEight));
}

TEST("a part that makes no sense is skipped alone") {
  Fixture f;
  f.give(f.from(1).status(kCast, 0, 128, 128, 128).data(kCast, 1, 64, kEight));
  CHECK_EQ(f.rejected(Reject::kOverrun), 1u);
  CHECK_EQ(f.reader.received(), 72u);
}

TEST("STATUS beyond what was sent is an overrun, however far") {
  Fixture f;
  for (const Position p : {Position{72}, Position{1} << 32, kLast}) {
    f.expect(Reject::kOverrun, f.from(1, 0).status(kCast, 0, p, p, p));
    f.expect(Reject::kOverrun, f.from(1, 0).status(kCast, 0, 0, 0, p));
  }
}

TEST("STATUS of another's stream is of the wrong origin, of a stream that is not open of the wrong stream") {
  Fixture f;
  f.expect(Reject::kOrigin, f.from(1, 0).status(kCast, 1, 0, 0, 0));
  f.expect(Reject::kOrigin, f.from(1, 0).status(kCast, 2, 0, 0, 0));
  f.expect(Reject::kStream, f.from(1, 0).status(StreamKind::kControlCast, 0, 0, 0, 0));
  f.expect(Reject::kStream, f.from(1, 0).status(kPt2pt, 0, 0, 0, 0));
}

TEST("a NAK outside of what is held is an overrun, and no bytes go out for it") {
  Fixture f;
  for (const Range range : {Range{64, 8}, Range{64, kLast - 64}, Range{uint64_t{1} << 32, 8}, Range{kLast - 8, 8}}) {
    f.expect(Reject::kOverrun, f.from(1, 0).nak(kCast, 0, 1, {range}));
  }
  // Another's casts, beyond what came here.
  f.expect(Reject::kOverrun, f.from(2, 0).nak(kCast, 1, 1, {{64, 8}}));
}

TEST("of a NAK that reaches beyond what is held, what is held is sent") {
  Fixture f;
  f.give(f.from(1, 0).nak(kCast, 0, 9, {{48, kLast - 48}}));
  f.poll();
  const std::vector<Part> data = f.sink.parts(PartType::kData);
  CHECK_EQ(data.size(), 1u);
  CHECK_EQ(data[0].position, 48u);
  CHECK_EQ(data[0].length, 16u);
  CHECK_EQ(f.sink.parts(PartType::kNakDone)[0].serial, 9u);
}

TEST("a NAK for what everybody has consumed is an overrun") {
  LonePlane lone;
  test::Writer& writer = lone.open_send();
  writer.write(kMinRingBytes);
  lone.poll();
  for (const Rank rank : {1, 2}) lone.give(lone.from(rank, 0).status(kCast, 0, 4096, 4096, 8192));
  writer.write(writer.room());
  lone.poll();
  lone.give(lone.from(1, 0).nak(kCast, 0, 1, {{4088, 8}}));
  CHECK_EQ(lone.rejected(Reject::kOverrun), 1u);
  lone.give(lone.from(1, 0).nak(kCast, 0, 1, {{4096, 8}}));
  CHECK_EQ(lone.rejected(Reject::kOverrun), 1u);
  lone.poll();
  CHECK_EQ(lone.sink.parts(PartType::kData).size(), 1u);
}

TEST("a NAK for a stream that is not open is counted as such") {
  Fixture f;
  f.expect(Reject::kStream, f.from(1, 0).nak(StreamKind::kControlCast, 0, 1, {{0, 8}}));
  f.expect(Reject::kStream, f.from(1, 0).nak(kPt2pt, 0, 1, {{0, 8}}));
  f.expect(Reject::kStream, f.from(1, 0).nak(kCast, 2, 1, {{0, 8}}));
}

TEST("nobody asks me for another's pt2pt stream") {
  Fixture f;
  f.open_receive(1, kPt2pt);
  f.give_data(1, 1, 0, 64, kPt2pt);
  f.now += kStatusDelayUs;
  f.poll();
  const uint64_t before = f.rejected();
  f.give(f.from(2, 0).nak(kPt2pt, 1, 1, {{0, 8}}));
  CHECK_EQ(f.rejected(), before + 1);
  f.poll();
  CHECK(f.sink.parts(PartType::kData).empty());
}

TEST("DATA and HEARTBEAT of a stream that the sender may not speak for are of the wrong origin") {
  Fixture f;
  f.open_receive(2);
  f.expect(Reject::kOrigin, f.from(2).data(kCast, 1, 64, kEight));
  f.expect(Reject::kOrigin, f.from(2).data(kPt2pt, 1, 64, kEight));
  f.expect(Reject::kOrigin, f.from(2).data(kCast, 0, 64, kEight));
  f.expect(Reject::kOrigin, f.from(2).heartbeat(kCast, 1, true, 64, 0));
  f.expect(Reject::kOrigin, f.from(2).heartbeat(kCast, 0, true, 64, 0));
}

TEST("NAK_DONE from one whom I did not ask is of the wrong origin, and has nothing asked for again") {
  Fixture f;
  f.give_data(1, 1, 128, 136);
  f.now += kNakDelayUs;
  f.poll();
  const uint32_t serial = f.sink.parts(PartType::kNak)[0].serial;
  f.expect(Reject::kOrigin, f.from(2, 0).nak_done(kCast, 1, serial));
}

TEST("NAK_DONE for a stream that is not open is counted as such") {
  Fixture f;
  f.expect(Reject::kStream, f.from(1, 0).nak_done(StreamKind::kControlCast, 1, 1));
}

TEST("DATA and HEARTBEAT beyond flow control are overruns, up to the last position there is") {
  Fixture f;
  for (const Position p : {Position{kMinRingBytes}, Position{1} << 32, kLast - 8}) {
    f.expect(Reject::kOverrun, f.from(1).data(kCast, 1, p, kEight));
    f.expect(Reject::kOverrun, f.from(1).heartbeat(kCast, 1, true, p + 8, 0));
  }
  f.expect(Reject::kOverrun, f.from(1).data(kCast, 1, kMinRingBytes - 8, std::vector<uint8_t>(16, 1)));
}

TEST("what comes for casts that are not open is counted, and opens nothing") {
  Fixture f;
  f.expect(Reject::kStream, f.from(2).data(kCast, 2, 0, kEight));
  f.expect(Reject::kStream, f.from(2).heartbeat(StreamKind::kControlCast, 2, true, 8, 0));
  CHECK(!f.plane.has_wanted());
}

TEST("a pt2pt stream that is not open is wanted once, however often it calls") {
  Fixture f;
  for (int i = 0; i < 1000; i++) {
    for (const Rank rank : {1, 2}) {
      f.give(f.from(rank, 0).data(kPt2pt, rank, 0, kEight));
      f.give(f.from(rank, 0).heartbeat(StreamKind::kControlPt2pt, rank, false, 8, 0));
    }
  }
  Wanted wanted{};
  int count = 0;
  while (f.plane.take_wanted(wanted)) count++;
  CHECK_EQ(count, 4);
}

TEST("a PROBE_REPLY from the future is an overrun") {
  Fixture f;
  f.expect(Reject::kOverrun, f.from(1, 0).probe(PartType::kProbeReply, f.now + 1));
  f.expect(Reject::kOverrun, f.from(1, 0).probe(PartType::kProbeReply, UINT64_MAX));
}

// NAKs that name all that is held, over and over.
TEST("one poll sends a bounded amount of resends, whatever NAKs ask for") {
  LonePlane lone(2, 1024 * 1024);
  lone.open_send().write(1024 * 1024);
  lone.poll();
  for (int i = 0; i < 100; i++) lone.give(lone.from(1, 0).nak(kCast, 0, 1, {{0, 1024 * 1024}}));
  lone.sink.frames.clear();
  lone.plane.poll(lone.now, lone.sink);
  CHECK(lone.plane.stats().get(Stat::kResentBytes) <= 8u * 1024 * 1024);
}

TEST("a flood of NAKs fills the queue and no more, and the plane goes on") {
  Fixture f;
  for (uint32_t i = 0; i < 2 * kMaxResends; i++) f.give(f.from(1, 0).nak(kCast, 0, i, {{0, 8}}));
  f.poll();
  CHECK(f.plane.stats().get(Stat::kResentBytes) <= 8 * kMaxResends);
  f.writer.write(64);
  f.poll();
  CHECK_EQ(f.sink.parts(PartType::kData).size(), 1u);
}

TEST("random lies never break what is true (300 seeds)") {
  for (uint32_t seed = 1; seed <= 300; seed++) {
    test::context() = "seed " + std::to_string(seed);
    std::mt19937 random(seed);
    Fixture f;
    const auto rank = [&] { return static_cast<Rank>(random() % 3); };
    const auto kind = [&] { return static_cast<StreamKind>(random() % 4); };
    const auto position = [&] { return random() % 20 == 0 ? random() * Position{8} : random() % 4096 * 8; };
    for (int step = 0; step < 100; step++) {
      const Position a = position(), b = a + position(), c = b + position();
      FrameBuilder frame = f.from(rank(), random() % 4 == 0 ? rank() : kAllRanks);
      frame.status(kind(), rank(), b, a, c)
          .heartbeat(kind(), rank(), random() % 2 == 0, b, a)
          .nak_done(kind(), rank(), random() % 9);
      frame.nak(kind(), rank(), random() % 9, {{a, 8}, {a + 8, b + 8}}).probe(PartType::kProbeReply, position());
      if (random() % 2 == 0) f.plane.exclude(static_cast<Rank>(random() % 100));
      f.give(frame);
      f.now += random() % 3000;
      CHECK(f.poll() > f.now);
      CHECK_EQ(f.reader.received(), 64u);
    }
    CHECK_EQ(f.reader.read(), 64u);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

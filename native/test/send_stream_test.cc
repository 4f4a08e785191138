#include "core/send_stream.h"

#include <random>

#include "test/check.h"
#include "test/frames.h"
#include "test/script_side.h"

namespace consort {
namespace {

constexpr FrameHeader kHeader{0, 0, kAllRanks, 42};
constexpr uint32_t kFrameData = 1000;
const Rank kTo[] = {1, 2};

struct Fixture {
  explicit Fixture(std::vector<Rank> to, uint32_t ring_bytes = kMinRingBytes, uint32_t window = kMaxRingBytes,
                   uint32_t frame_data = kFrameData)
      : writer(9, ring_bytes),
        stream(StreamKind::kCast, std::move(to), writer.memory.ring(), writer.memory.slot(), frame_data, window) {}

  void write(Position length) {
    CHECK(length <= writer.room());
    writer.write(length);
    stream.refresh();
  }
  // Sends all that may go out now; returns the lengths of the DATA.
  std::vector<uint32_t> send(Micros now = 0) {
    std::vector<uint32_t> lengths;
    Position at = stream.sent();
    while (stream.has_data_to_send()) {
      Burst burst(false);
      burst.begin(kTo, 2, true);
      stream.fill(burst, kHeader, 0);
      for (auto& bytes : test::cut(burst)) {
        const test::SentFrame frame = test::parse(std::move(bytes), 4);
        CHECK_EQ(frame.parts[0].position, at);
        at += frame.parts[0].length;
        lengths.push_back(frame.parts[0].length);
      }
      stream.commit(now);
      CHECK_EQ(stream.sent(), at);
    }
    return lengths;
  }
  bool status(Rank from, Position received, Position consumed, Position told_stable = 0) {
    return stream.handle_status(from, {received, consumed, received, static_cast<uint32_t>(told_stable)});
  }

  test::Writer writer;
  SendStream stream;
};

TEST("the first limit is one ring, before anybody has said anything") {
  Fixture f({1, 2});
  CHECK_EQ(f.writer.room(), kMinRingBytes);
  CHECK_EQ(f.stream.floor(), 0u);
  CHECK(!f.stream.has_data_to_send());
}

TEST("what is published goes out in full frames but the last") {
  Fixture f({1, 2});
  f.write(2504);
  CHECK(f.stream.has_data_to_send());
  const std::vector<uint32_t> lengths = f.send();
  CHECK_EQ(lengths.size(), 3u);
  CHECK_EQ(lengths[0], kFrameData);
  CHECK_EQ(lengths[2], 504u);
  CHECK(!f.stream.has_data_to_send());
}

TEST("what was filled and not committed is filled again") {
  Fixture f({1});
  f.write(64);
  Burst burst(false);
  burst.begin(kTo, 1, true);
  f.stream.fill(burst, kHeader, 0);
  CHECK_EQ(f.stream.sent(), 0u);
  CHECK(f.stream.has_data_to_send());
  CHECK_EQ(f.send().size(), 1u);
  CHECK_EQ(f.stream.sent(), 64u);
}

TEST("the limit follows the slowest consumer, not what was received") {
  Fixture f({1, 2});
  f.write(kMinRingBytes);
  f.send();
  CHECK_EQ(f.writer.room(), 0u);
  CHECK(f.status(1, 4096, 4096));
  CHECK(f.status(2, 8192, 0));
  CHECK_EQ(f.writer.room(), 0u);
  CHECK_EQ(f.writer.stable(), 4096u);
  CHECK(f.status(2, 8192, 1024));
  CHECK_EQ(f.writer.room(), 1024u);
  CHECK_EQ(f.stream.floor(), 1024u);
}

TEST("a script that publishes beyond its limit is not followed") {
  Fixture f({1});
  f.writer.skip(kMinRingBytes + 8);
  f.stream.refresh();
  CHECK_EQ(f.stream.published(), 0u);
}

TEST("a STATUS beyond what was sent is refused, one of a stranger changes nothing") {
  Fixture f({1});
  f.write(64);
  CHECK(!f.status(1, 64, 0));
  f.send();
  CHECK(!f.status(1, 72, 0));
  CHECK_EQ(f.stream.stable(), 0u);
  CHECK(f.status(7, 64, 64));
  CHECK_EQ(f.stream.stable(), 0u);
  CHECK_EQ(f.writer.limit(), kMinRingBytes);
  CHECK(f.status(1, 64, 0));
  CHECK_EQ(f.stream.stable(), 64u);
}

TEST("with zero receivers what is published is at once everywhere") {
  Fixture f({});
  for (int i = 0; i < 10; i++) {
    f.write(kMinRingBytes);
    CHECK(!f.stream.has_data_to_send());
    CHECK(!f.stream.somebody_lags());
    CHECK_EQ(f.writer.room(), kMinRingBytes);
    CHECK_EQ(f.writer.stable(), f.writer.written());
  }
}

TEST("excluding who lags frees the sender; excluding the last leaves it alone") {
  Fixture f({1, 2});
  f.write(kMinRingBytes);
  f.send();
  f.status(1, 8192, 8192);
  CHECK_EQ(f.writer.room(), 0u);
  f.stream.exclude(2);
  CHECK_EQ(f.writer.room(), kMinRingBytes);
  CHECK_EQ(f.writer.stable(), 8192u);
  f.write(512);
  f.stream.exclude(1);
  f.stream.refresh();
  CHECK_EQ(f.writer.stable(), 8192u + 512);
  CHECK_EQ(f.writer.room(), kMinRingBytes);
}

TEST("no more than a window is on its way") {
  constexpr uint32_t kRing = 1024 * 1024;
  Fixture f({1}, kRing, kMinWindowBytes);
  f.write(kRing);
  f.send();
  CHECK(f.stream.sent() >= kMinWindowBytes);
  CHECK(f.stream.sent() < kMinWindowBytes + kFrameData);
  f.status(1, 8000, 0);
  f.send();
  CHECK(f.stream.sent() >= kMinWindowBytes + 8000);
  CHECK(f.stream.sent() < kMinWindowBytes + 8000 + kFrameData);
}

TEST("nothing goes out beyond the cut") {
  Fixture f({1});
  f.write(2504);
  f.stream.stop_at(1200);
  const std::vector<uint32_t> lengths = f.send();
  CHECK_EQ(lengths.size(), 2u);
  CHECK_EQ(f.stream.sent(), 1200u);
  CHECK(!f.stream.has_data_to_send());
}

TEST("heartbeats are due while somebody lags, and back off until there is news or new data") {
  Fixture f({1});
  CHECK_EQ(f.stream.heartbeat_deadline(), kNever);
  f.write(64);
  f.send(1000);
  CHECK_EQ(f.stream.heartbeat_deadline(), 1000 + kHeartbeatMinUs);
  Micros every = kHeartbeatMinUs;
  Micros now = 1000;
  for (int i = 0; i < 10; i++) {
    now = f.stream.heartbeat_deadline();
    f.stream.heartbeat_sent(now);
    every = std::min(every * 2, kHeartbeatMaxUs);
    CHECK_EQ(f.stream.heartbeat_deadline(), now + every);
  }
  f.status(1, 64, 0);
  f.stream.heartbeat_sent(now);
  CHECK_EQ(f.stream.heartbeat_deadline(), now + 2 * kHeartbeatMinUs);
  // It has everything, and has not been told that everything is stable.
  f.status(1, 64, 64);
  CHECK(f.stream.heartbeat_deadline() != kNever);
  f.status(1, 64, 64, 64);
  CHECK_EQ(f.stream.heartbeat_deadline(), kNever);
}

TEST("much that became stable is worth a HEARTBEAT at once, told once") {
  Fixture f({1, 2});
  f.write(kMinRingBytes);
  f.send();
  f.status(1, kMinRingBytes, 0);
  CHECK(!f.stream.much_is_stable());
  f.status(2, kMinRingBytes / 4 - 8, 0);
  CHECK(!f.stream.much_is_stable());
  f.status(2, kMinRingBytes / 4, 0);
  CHECK(f.stream.much_is_stable());
  f.stream.heartbeat_sent(0);
  CHECK(!f.stream.much_is_stable());
}

TEST("positions go on beyond 2^32, with bursts that obey the rules all the way") {
  Fixture f({1}, kMaxRingBytes, kMaxRingBytes, kMaxFrameBytes - kDataOverheadBytes);
  constexpr Position kFar = (uint64_t{1} << 32) + 4096;
  while (f.writer.written() < kFar) {
    f.writer.skip(std::min(f.writer.room(), kFar - f.writer.written()));
    f.stream.refresh();
    CHECK_EQ(f.stream.published(), f.writer.written());
    Burst burst(false);
    while (f.stream.has_data_to_send()) {
      burst.begin(kTo, 1, true);
      f.stream.fill(burst, kHeader, 0);
      f.stream.commit(0);
    }
    CHECK_EQ(f.stream.sent(), f.writer.written());
    CHECK(f.status(1, f.stream.sent(), f.stream.sent(), f.stream.stable()));
    CHECK_EQ(f.writer.stable(), f.writer.written());
  }
  CHECK_EQ(f.writer.room(), kMaxRingBytes);
  CHECK(f.stream.somebody_lags());
  CHECK(f.status(1, kFar, kFar, kFar));
  CHECK(!f.stream.somebody_lags());
}

TEST("random frame sizes: every fill makes progress and loses nothing") {
  std::mt19937 random(4);
  for (int round = 0; round < 200; round++) {
    const uint32_t frame_data = (1 + random() % 8000) * 8;
    Fixture f({1, 2}, 64 * 1024, kMaxRingBytes, frame_data);
    for (int step = 0; step < 20; step++) {
      f.write(std::min<Position>(f.writer.room(), random() % 8000 * 8));
      const std::vector<uint32_t> lengths = f.send();
      for (const uint32_t length : lengths) CHECK(length <= frame_data);
      CHECK_EQ(f.stream.sent(), f.writer.written());
      const Position consumed = f.stream.sent() / 16 * 8;
      f.status(1, f.stream.sent(), consumed);
      f.status(2, f.stream.sent(), f.stream.sent());
      CHECK(f.writer.limit() <= consumed + 64 * 1024);
    }
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// What is missing is asked for: when, how often, by whom prompted.
#include "core/nak_schedule.h"

#include "core/receive_stream.h"
#include "test/check.h"
#include "test/script_side.h"

namespace consort {
namespace {

constexpr uint64_t kKey = 5;
constexpr Micros kRetry = kNakRetryMinUs;

struct Fixture {
  explicit Fixture(uint32_t ring_bytes = kMinRingBytes, uint32_t seed = 1)
      : random(seed),
        reader(kKey, ring_bytes),
        stream(StreamKind::kCast, 0, reader.memory.ring(), reader.memory.slot()) {}

  void data(Position from, Position to) {
    const std::vector<uint8_t> bytes = test::bytes_at(kKey, from, to - from);
    stream.handle_data(from, bytes.data(), static_cast<uint32_t>(to - from), now, random);
  }
  bool poll(Micros retry = kRetry) { return stream.poll_nak(now, retry, nak); }
  // Lets time pass to the deadline and takes the NAK that is due.
  void expect_nak(Position from, Position to) {
    CHECK(stream.nak_deadline() != kNever);
    now = std::max(now, stream.nak_deadline());
    CHECK(poll());
    CHECK_EQ(nak.count, 1u);
    CHECK_EQ(nak.ranges[0].position, from);
    CHECK_EQ(nak.ranges[0].position + nak.ranges[0].length, to);
  }

  Random random;
  test::Reader reader;
  ReceiveStream stream;
  Nak nak{};
  Micros now = 1000;
};

TEST("a stream without gaps asks for nothing, ever") {
  Fixture f;
  f.data(0, 64);
  f.stream.handle_announced(64, 0, f.now, f.random);
  CHECK_EQ(f.stream.nak_deadline(), kNever);
  CHECK(!f.poll());
}

TEST("a gap is asked for after a short random delay, once") {
  Micros least = kNever;
  Micros most = 0;
  for (uint32_t seed = 1; seed < 200; seed++) {
    Fixture f(kMinRingBytes, seed * 7919);
    const Micros start = f.now;
    f.data(64, 128);
    const Micros due = f.stream.nak_deadline();
    CHECK(due >= start && due <= start + kNakDelayUs);
    least = std::min(least, due - start);
    most = std::max(most, due - start);
    if (due > start) {
      f.now = due - 1;
      CHECK(!f.poll());
    }
    f.expect_nak(0, 64);
    CHECK(!f.poll());
  }
  CHECK(least < kNakDelayUs / 4);
  CHECK(most > kNakDelayUs / 4 * 3);
}

TEST("a gap that closes before its delay is over is not asked for") {
  Fixture f;
  f.data(64, 128);
  f.data(0, 64);
  f.now += kNakDelayUs;
  CHECK(!f.poll());
  CHECK_EQ(f.stream.nak_deadline(), kNever);
}

TEST("a HEARTBEAT reveals the loss of the last frame, and of the only one") {
  Fixture f;
  CHECK(f.stream.handle_announced(64, 0, f.now, f.random));
  f.expect_nak(0, 64);
  f.data(0, 64);
  CHECK(f.stream.handle_announced(128, 0, f.now, f.random));
  f.expect_nak(64, 128);
  // The same HEARTBEAT again asks for nothing more.
  CHECK(f.stream.handle_announced(128, 0, f.now, f.random));
  CHECK(!f.poll());
}

TEST("a HEARTBEAT that was overtaken takes nothing back") {
  Fixture f;
  f.stream.handle_announced(128, 0, f.now, f.random);
  f.stream.handle_announced(64, 0, f.now, f.random);
  f.expect_nak(0, 128);
}

TEST("stability is taken from the origin as far as it can be true, and never goes back") {
  Fixture f;
  f.data(0, 64);
  f.stream.handle_announced(64, 32, f.now, f.random);
  CHECK_EQ(f.reader.stable(), 32u);
  f.stream.handle_announced(64, 16, f.now, f.random);
  CHECK_EQ(f.reader.stable(), 32u);
  f.stream.handle_announced(128, 128, f.now, f.random);
  CHECK_EQ(f.reader.stable(), 32u);
}

TEST("a NAK without answer is repeated with back-off up to the largest interval") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  Micros wait = kRetry;
  for (int i = 0; i < 12; i++) {
    CHECK_EQ(f.stream.nak_deadline(), f.now + wait);
    const uint32_t before = f.nak.serial;
    f.expect_nak(0, 64);
    CHECK_EQ(f.nak.serial, before);
    wait = std::min(wait * 2, kNakRetryMaxUs);
  }
  CHECK_EQ(wait, kNakRetryMaxUs);
}

TEST("NAK_DONE has what is still missing asked for at once, and ends the back-off") {
  Fixture f;
  f.data(192, 256);
  f.expect_nak(0, 192);
  for (int i = 0; i < 5; i++) f.expect_nak(0, 192);
  f.data(64, 128);
  f.stream.handle_nak_done(f.nak.serial);
  CHECK(f.stream.nak_deadline() <= f.now);
  CHECK(f.poll());
  CHECK_EQ(f.nak.count, 2u);
  CHECK_EQ(f.nak.ranges[0].length, 64u);
  CHECK_EQ(f.nak.ranges[1].position, 128u);
  CHECK_EQ(f.stream.nak_deadline(), f.now + kRetry);
  CHECK(!f.poll());
}

TEST("a late NAK_DONE answers the repeat as well; what is asked next is a new question, and its repeats are") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  const uint32_t first = f.nak.serial;
  f.expect_nak(0, 64);
  f.stream.handle_nak_done(first);
  CHECK(f.poll());
  const uint32_t second = f.nak.serial;
  CHECK_EQ(second, first + 1);
  f.stream.handle_nak_done(first);
  CHECK(!f.poll());
  f.expect_nak(0, 64);
  CHECK_EQ(f.nak.serial, second);
}

TEST("NAK_DONE of a NAK that was never made changes nothing") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  const Micros deadline = f.stream.nak_deadline();
  f.stream.handle_nak_done(f.nak.serial + 1);
  f.stream.handle_nak_done(f.nak.serial + 0x7FFFFFFF);
  CHECK_EQ(f.stream.nak_deadline(), deadline);
}

// Resends go out in the order of the NAKs, so NAK_DONE of one speaks for those before it, whose own may have been lost.
TEST("NAK_DONE has what older NAKs asked for asked for again, too, but not what younger ones did") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  f.data(192, 256);
  f.expect_nak(128, 192);
  const uint32_t second = f.nak.serial;
  f.data(320, 384);
  f.expect_nak(256, 320);
  f.stream.handle_nak_done(second);
  CHECK(f.poll());
  CHECK_EQ(f.nak.ranges[0].position, 0u);
  CHECK(f.poll());
  CHECK_EQ(f.nak.ranges[0].position, 128u);
  CHECK(!f.poll());
}

TEST("NAK_DONE after everything has come ends the asking") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  f.data(0, 64);
  f.stream.handle_nak_done(f.nak.serial);
  CHECK(!f.poll());
  CHECK_EQ(f.stream.nak_deadline(), kNever);
}

TEST("a new gap is asked for while an old one is outstanding, and the old one is not asked for again with it") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  f.data(192, 256);
  f.expect_nak(128, 192);
  CHECK(!f.poll());
}

TEST("more gaps than one NAK holds are asked for with several, all at once") {
  Fixture f(16 * 1024);
  constexpr uint32_t kGaps = 5 * kMaxNakRanges / 2;
  for (uint32_t i = 0; i < kGaps; i++) f.data(8 + 16 * i, 16 + 16 * i);
  f.now += kNakDelayUs;
  const uint32_t counts[] = {kMaxNakRanges, kMaxNakRanges, kMaxNakRanges / 2};
  uint32_t gap = 0;
  for (const uint32_t count : counts) {
    CHECK(f.poll());
    CHECK_EQ(f.nak.count, count);
    for (uint32_t i = 0; i < count; i++, gap++) CHECK_EQ(f.nak.ranges[i].position, gap * 16);
  }
  CHECK(!f.poll());
}

TEST("a region whose gaps fell apart into more than a NAK holds is still asked for whole, in turns") {
  Fixture f(16 * 1024);
  // 64 gaps of 24 bytes; then the middle of each arrives: 128 gaps.
  for (uint32_t i = 0; i < kMaxNakRanges; i++) f.data(24 + 32 * i, 32 + 32 * i);
  f.now += kNakDelayUs;
  CHECK(f.poll());
  CHECK_EQ(f.nak.count, kMaxNakRanges);
  for (uint32_t i = 0; i < kMaxNakRanges; i++) f.data(8 + 32 * i, 16 + 32 * i);
  for (int turn = 0; turn < 10 && f.stream.received() < 32 * kMaxNakRanges; turn++) {
    f.stream.handle_nak_done(f.nak.serial);
    CHECK(f.poll());
    for (uint32_t i = 0; i < f.nak.count; i++) {
      f.data(f.nak.ranges[i].position, f.nak.ranges[i].position + f.nak.ranges[i].length);
    }
  }
  CHECK_EQ(f.stream.received(), 32 * kMaxNakRanges);
}

TEST("no more than 64 NAKs are outstanding; when one region is whole the next is asked for") {
  Fixture f(64 * 1024);
  uint32_t asked = 0;
  for (uint32_t i = 0; i < 100; i++) {
    f.data(64 + 128 * i, 128 + 128 * i);
    f.now += kNakDelayUs;
    // Each poll finds one new region; no repeat is due meanwhile.
    while (f.poll(kNakRetryMaxUs)) asked++;
  }
  CHECK_EQ(asked, kMaxOutstandingNaks);
  const Micros deadline = f.stream.nak_deadline();
  CHECK(deadline > f.now);
  f.data(0, 64);
  f.now = deadline;
  CHECK(f.poll());
  // All of it arrives in the end, in whatever regions.
  for (int turn = 0; turn < 1000 && f.stream.received() < 128 * 100; turn++) {
    f.now = std::max(f.now, f.stream.nak_deadline());
    while (f.poll()) {
      for (uint32_t i = 0; i < f.nak.count; i++) {
        f.data(f.nak.ranges[i].position, f.nak.ranges[i].position + f.nak.ranges[i].length);
      }
    }
  }
  CHECK_EQ(f.stream.received(), 128u * 100);
}

TEST("ask_again asks for everything at once, and only once") {
  Fixture f;
  f.data(64, 128);
  f.expect_nak(0, 64);
  f.data(192, 256);
  f.stream.ask_again();
  CHECK(f.poll());
  CHECK_EQ(f.nak.count, 2u);
  CHECK(!f.poll());
}

TEST("ask_again with nothing missing asks for nothing") {
  Fixture f;
  f.data(0, 64);
  f.stream.ask_again();
  CHECK(!f.poll());
  CHECK_EQ(f.stream.nak_deadline(), kNever);
}

TEST("a NAK outstanding beyond a cut that comes later is not repeated for what lies beyond it") {
  Fixture f;
  f.data(0, 64);
  f.stream.handle_announced(256, 0, f.now, f.random);
  f.expect_nak(64, 256);
  f.stream.stop_at(128);
  f.expect_nak(64, 128);
  f.data(64, 128);
  f.now += kNakRetryMaxUs;
  CHECK(!f.poll());
  CHECK_EQ(f.stream.nak_deadline(), kNever);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

#include "core/peer.h"

#include "test/check.h"

namespace consort {
namespace {

TEST("who is not watched is probed for the round trip only: while there is traffic, now and then") {
  Peer peer(3);
  CHECK_EQ(peer.holder, 3);
  CHECK_EQ(peer.watch_deadline(), kNever);
  CHECK(!peer.must_probe(1'000, false));
  CHECK(peer.must_probe(1'000, true));
  peer.probe_sent(1'000);
  CHECK(!peer.must_probe(1'000 + kProbeIntervalUs - 1, true));
  CHECK(peer.must_probe(1'000 + kProbeIntervalUs, true));
}

TEST("who is watched is probed at once, then after each interval in which it was silent, until it has failed") {
  Peer peer(3);
  peer.watch(50'000);
  CHECK_EQ(peer.watch_deadline(), 0u);
  CHECK(peer.must_probe(1'000, false));
  peer.probe_sent(1'000);
  CHECK_EQ(peer.watch_deadline(), 51'000u);
  peer.note_heard(30'000);
  CHECK_EQ(peer.heard, 1u);
  CHECK_EQ(peer.watch_deadline(), 80'000u);
  CHECK(!peer.must_probe(79'999, false));
  CHECK(peer.must_probe(80'000, false));
  peer.live = false;
  CHECK_EQ(peer.watch_deadline(), kNever);
}

TEST("an interval out of bounds is drawn to them, and 0 ends the watch") {
  Peer peer(3);
  peer.watch(1);
  peer.probe_sent(0);
  CHECK_EQ(peer.watch_deadline(), kMinWatchUs);
  peer.watch(kMaxWatchUs + 1);
  peer.probe_sent(0);
  CHECK_EQ(peer.watch_deadline(), kMaxWatchUs);
  peer.watch(0);
  CHECK_EQ(peer.watch_deadline(), kNever);
}

TEST("round trips are smoothed, and a NAK waits four of them, within bounds") {
  Peer peer(3);
  CHECK_EQ(peer.retry_us(), kNakRetryMinUs);
  peer.note_round_trip(1'000);
  CHECK_EQ(peer.retry_us(), 4'000u);
  peer.note_round_trip(2'001);
  CHECK_EQ(peer.retry_us(), 4u * 1'250);
  peer.note_round_trip(UINT64_MAX);
  CHECK_EQ(peer.retry_us(), kNakRetryMaxUs);
  for (int i = 0; i < 100; i++) peer.note_round_trip(1);
  CHECK_EQ(peer.retry_us(), kNakRetryMinUs);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// Real sockets on loopback: refused datagrams are told, and cost nobody else anything.
#include "io/udp_socket.h"

#include <poll.h>

#include "test/check.h"

namespace consort {
namespace {

#if defined(__linux__) && !defined(CONSORT_PORTABLE)
constexpr bool kTells = true;
#else
constexpr bool kTells = false;
#endif
constexpr int kLongMs = 10'000;
const std::vector<uint8_t> kBytes(64, 0x5A);

struct Bound {
  explicit Bound(bool tell_refusals = false, const char* host = "127.0.0.1") {
    CHECK(parse_address(host, 0, address));
    usable = socket.open(address, {512 * 1024, true, false, tell_refusals}) == 0;
  }
  // Receives `count` datagrams, or as many as come.
  uint32_t take(uint32_t count) {
    Received batch[UdpSocket::kBatch];
    uint32_t got = 0;
    for (pollfd watched{socket.fd(), POLLIN, 0}; got < count && poll(&watched, 1, kLongMs) > 0;)
      got += socket.receive(batch);
    return got;
  }
  bool ready(short events) {
    pollfd watched{socket.fd(), events, 0};
    return poll(&watched, 1, 0) > 0;
  }

  Address address;
  UdpSocket socket;
  bool usable = false;
};

// An address that was somebody's.
Address closed_address(const char* host = "127.0.0.1") {
  Bound bound(false, host);
  bound.socket.close();
  return bound.address;
}

void wait_for_error(Bound& bound) {
  pollfd watched{bound.socket.fd(), 0, 0};
  CHECK_EQ(poll(&watched, 1, kLongMs), 1);
  CHECK((watched.revents & POLLERR) != 0);
  bound.socket.note_error();
}

// Takes all errors; each must be about `address`.
uint32_t take_refused(UdpSocket& socket, const Address& address) {
  Address refused[UdpSocket::kBatch];
  uint32_t sum = 0;
  while (socket.errors_wait()) {
    const uint32_t count = socket.take_refused(refused);
    for (uint32_t i = 0; i < count; i++) CHECK(same_address(refused[i], address));
    sum += count;
  }
  return sum;
}

TEST("a datagram to an address where nothing is bound is told, with that address") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Bound sender(true, host);
    if (!kTells || !sender.usable) continue;
    const Address nobody = closed_address(host);
    CHECK(sender.socket.send_one(kBytes.data(), 64, nobody));
    wait_for_error(sender);
    CHECK_EQ(take_refused(sender.socket, nobody), 1u);
    CHECK(!sender.ready(POLLERR));
  }
}

TEST("one at a time, all arrive at one member while those to another are refused") {
  Bound sender(true);
  Bound receiver;
  const Address nobody = closed_address();
  for (int i = 0; i < 100; i++) {
    CHECK(sender.socket.send_one(kBytes.data(), 64, nobody));
    CHECK(sender.socket.send_one(kBytes.data(), 64, receiver.address));
  }
  CHECK_EQ(receiver.take(100), 100u);
  if (!kTells) return;
  wait_for_error(sender);
  CHECK(take_refused(sender.socket, nobody) > 0);
  CHECK(!sender.ready(POLLERR));
}

TEST("in one call to many, all arrive at those who are there") {
  Bound sender(true);
  Bound first;
  Bound last;
  const Address nobody = closed_address();
  const Address* to[] = {&nobody, &first.address, &nobody, &last.address};
  const Rank ranks[] = {0, 1, 2, 3};
  Burst burst(false);
  for (int i = 0; i < 50; i++) {
    burst.begin(ranks, 4, true);
    burst.add_frame(kBytes.data(), 64);
    CHECK(sender.socket.send(burst, to, 4));
  }
  CHECK_EQ(first.take(50), 50u);
  CHECK_EQ(last.take(50), 50u);
}

TEST("what has come is received at once though an error waits") {
  Bound one(true);
  Bound other;
  const Address nobody = closed_address();
  CHECK(other.socket.send_one(kBytes.data(), 64, one.address));
  pollfd watched{one.socket.fd(), POLLIN, 0};
  CHECK_EQ(poll(&watched, 1, kLongMs), 1);
  CHECK(one.socket.send_one(kBytes.data(), 64, nobody));
  if (kTells) wait_for_error(one);
  Received batch[UdpSocket::kBatch];
  CHECK_EQ(one.socket.receive(batch), 1u);
  CHECK_EQ(take_refused(one.socket, nobody), kTells ? 1u : 0u);
}

TEST("a datagram that can't be sent at all is lost, and those after it are not") {
  Bound sender(true);
  Bound receiver;
  Address elsewhere;
  CHECK(parse_address("127.0.0.1", 0, elsewhere));  // port 0: nobody can send there
  CHECK(sender.socket.send_one(kBytes.data(), 64, elsewhere));
  CHECK(sender.socket.send_one(kBytes.data(), 64, receiver.address));
  CHECK_EQ(receiver.take(1), 1u);
  CHECK_EQ(take_refused(sender.socket, elsewhere), 0u);
}

TEST("who did not ask for refusals has none, and is not kept awake by them") {
  Bound sender;
  const Address nobody = closed_address();
  for (int i = 0; i < 10; i++) CHECK(sender.socket.send_one(kBytes.data(), 64, nobody));
  CHECK(!sender.ready(POLLIN));
  sender.socket.note_error();
  CHECK(!sender.socket.errors_wait());
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

// An endpoint on a loopback socket, without thread or event loop: what it keeps for JavaScript of what comes from
// outside.
#include "io/endpoint.h"

#include <poll.h>

#include <set>

#include "core/crc32c.h"
#include "test/check.h"

namespace consort {
namespace {

constexpr int kLongMs = 10'000;
constexpr size_t kMostRefused = 64;

EndpointOptions on_loopback() {
  EndpointOptions options;
  CHECK(parse_address("127.0.0.1", 0, options.local));
  options.buffer_bytes = 512 * 1024;
  return options;
}

struct Open {
  explicit Open(const EndpointOptions& options = on_loopback()) : endpoint(options, Slot(words)) {
    std::string failed;
    CHECK_EQ(endpoint.open(failed), 0);
  }
  // Steps when the socket has something; false if nothing came.
  bool wait() {
    pollfd watched{endpoint.fd(), POLLIN, 0};
    if (poll(&watched, 1, kLongMs) <= 0) return false;
    if ((watched.revents & POLLERR) != 0) endpoint.note_error();
    endpoint.step(true);
    return true;
  }

  alignas(128) uint32_t words[kSlotWords] = {};
  Endpoint endpoint;
};

TEST("a frame of no view without a body is dropped without a word; one with a body is kept") {
  Open open;
  UdpSocket other;
  Address address;
  CHECK(parse_address("127.0.0.1", 0, address));
  CHECK_EQ(other.open(address, {65536, false, false, false}), 0);
  uint8_t knock[kHeaderBytes + kTrailerBytes];
  write_header(knock, {kFlagUnattached | kFlagChecked, 0, 0, 0});
  write_trailer(knock + kHeaderBytes, crc32c(knock, kHeaderBytes));
  CHECK(other.send_one(knock, sizeof knock, open.endpoint.local()));
  CHECK(open.wait());
  const Stats stats = open.endpoint.stats();
  CHECK_EQ(stats.get(Stat::kDatagramsReceived), 1u);
  for (const uint64_t count : stats.rejected) CHECK_EQ(count, 0u);
  CHECK(!open.endpoint.has_news_for_script());
  Endpoint::Unattached datagram;
  CHECK(!open.endpoint.take_unattached(datagram));
  uint8_t body[kHeaderBytes + 8] = {};
  write_header(body, {kFlagUnattached, 0, 0, 0});
  CHECK(other.send_one(body, sizeof body, open.endpoint.local()));
  CHECK(open.wait());
  CHECK(open.endpoint.has_news_for_script());
  CHECK(open.endpoint.take_unattached(datagram));
  CHECK_EQ(datagram.bytes.size(), 8u);
}

TEST("what comes from a port that is cut off is lost, until it is not") {
  uint32_t words[kPortSetWords] = {};
  EndpointOptions options = on_loopback();
  options.drop_ports = PortSet(words);
  Open open(options);
  Open other;
  const uint16_t port = other.endpoint.local().port();
  const uint8_t body[8] = {};
  Endpoint::Unattached datagram;
  words[port / 32] = 1u << port % 32;
  CHECK(other.endpoint.send_unattached(open.endpoint.local(), body, sizeof body));
  CHECK(open.wait());
  CHECK(!open.endpoint.take_unattached(datagram));
  CHECK_EQ(open.endpoint.stats().get(Stat::kDroppedOnPurpose), 1u);
  // That of another port is in the same word.
  words[port / 32] = 1u << (port % 32 ^ 1);
  CHECK(other.endpoint.send_unattached(open.endpoint.local(), body, sizeof body));
  CHECK(open.wait());
  CHECK(open.endpoint.take_unattached(datagram));
  CHECK_EQ(open.endpoint.stats().get(Stat::kDroppedOnPurpose), 1u);
}

#if defined(__linux__) && !defined(CONSORT_PORTABLE)

TEST("addresses that refuse are kept once each, and no more than so many") {
  Open open;
  const uint8_t body[8] = {};
  std::vector<Address> closed(80);
  for (Address& address : closed) {
    UdpSocket socket;
    CHECK(parse_address("127.0.0.1", 0, address));
    CHECK_EQ(socket.open(address, {65536, false, false, false}), 0);
  }
  for (int round = 0; round < 3; round++) {
    for (const Address& address : closed) CHECK(open.endpoint.send_unattached(address, body, sizeof body));
  }
  std::set<uint16_t> ports;
  Address refused;
  CHECK(open.wait());
  CHECK(open.endpoint.has_news_for_script());
  size_t count = 0;
  for (; open.endpoint.take_refused(refused); count++) ports.insert(refused.port());
  CHECK_EQ(count, kMostRefused);
  CHECK_EQ(ports.size(), kMostRefused);
  // All were taken from the kernel: the socket is quiet.
  pollfd watched{open.endpoint.fd(), POLLIN, 0};
  CHECK_EQ(poll(&watched, 1, 0), 0);
  // An address is told again when it refuses again.
  CHECK(open.endpoint.send_unattached(closed[0], body, sizeof body));
  CHECK(open.wait());
  CHECK(open.endpoint.take_refused(refused));
  CHECK(same_address(refused, closed[0]));
  CHECK(!open.endpoint.take_refused(refused));
}

#endif

}  // namespace
}  // namespace consort

CHECK_MAIN()

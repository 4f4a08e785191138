// UDP addresses in numbers, IPv4 and IPv6.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace consort {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  uint16_t port() const;
  std::string host() const;
  bool is_any() const;
};

// Whether two addresses name the same host and port.
bool same_address(const Address& a, const Address& b);

// False if `host` is not an address in numbers.
bool parse_address(const std::string& host, uint16_t port, Address& address);

// The largest UDP payload that the interface which owns this address takes in one packet; for the unspecified address
// the smallest over the interfaces that are up. Falls back to 1,472 - 20.
uint32_t path_frame_bytes(const Address& local);

}  // namespace consort

#include "io/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/limits.h"

namespace consort {
namespace {

constexpr uint32_t kUdpHeaderBytes = 8;
constexpr uint32_t kFallbackMtu = 1500;

uint32_t ip_header_bytes(int family) { return family == AF_INET6 ? 40 : 20; }

bool same_host(const sockaddr* a, const Address& b) {
  if (a == nullptr || a->sa_family != b.family()) return false;
  if (b.family() == AF_INET) {
    return std::memcmp(&reinterpret_cast<const sockaddr_in*>(a)->sin_addr,
                       &reinterpret_cast<const sockaddr_in*>(b.get())->sin_addr, sizeof(in_addr)) == 0;
  }
  return std::memcmp(&reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr,
                     &reinterpret_cast<const sockaddr_in6*>(b.get())->sin6_addr, sizeof(in6_addr)) == 0;
}

uint32_t interface_mtu(int socket, const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return ioctl(socket, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0 ? static_cast<uint32_t>(request.ifr_mtu)
                                                                         : kFallbackMtu;
}

// 127.0.0.2 and the like belong to the loopback interface without being listed.
bool is_loopback(const Address& address) {
  return address.family() == AF_INET &&
         (ntohl(reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr.s_addr) >> 24) == 127;
}

uint32_t mtu_of(const Address& local) {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return kFallbackMtu;
  const int probe = socket(local.family(), SOCK_DGRAM, 0);
  uint32_t mtu = 0;
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    if ((each->ifa_flags & IFF_UP) == 0) continue;
    const bool mine = local.is_any() || same_host(each->ifa_addr, local) ||
                      (is_loopback(local) && (each->ifa_flags & IFF_LOOPBACK) != 0);
    if (!mine) continue;
    const uint32_t found = interface_mtu(probe, each->ifa_name);
    mtu = mtu == 0 ? found : std::min(mtu, found);
  }
  if (probe >= 0) close(probe);
  freeifaddrs(interfaces);
  return mtu == 0 ? kFallbackMtu : mtu;
}

}  // namespace

uint16_t Address::port() const {
  return ntohs(family() == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                                    : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, text, sizeof text);
  } else {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, text, sizeof text);
  }
  return text;
}

bool same_address(const Address& a, const Address& b) { return a.port() == b.port() && same_host(a.get(), b); }

bool Address::is_any() const {
  if (family() == AF_INET) return reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr.s_addr == htonl(INADDR_ANY);
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr);
}

bool parse_address(const std::string& host, uint16_t port, Address& address) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    return true;
  }
  address.storage = {};
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
    return true;
  }
  return false;
}

uint32_t path_frame_bytes(const Address& local) {
  const uint32_t payload = mtu_of(local) - ip_header_bytes(local.family()) - kUdpHeaderBytes;
  return std::clamp(payload / 8 * 8, kMinFrameBytes, kMaxFrameBytes);
}

}  // namespace consort

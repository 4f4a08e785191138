#include "io/udp_socket.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#if defined(__linux__) && !defined(CONSORT_PORTABLE)
#include <linux/errqueue.h>
#define CONSORT_LINUX_BATCHES 1
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#endif

namespace consort {
namespace {

constexpr uint32_t kDatagramBytes = 65536;
constexpr uint32_t kMaxPieces = kMaxBurstFrames * 4;
// Messages that are handed to the kernel together.
constexpr uint32_t kMaxMessages = 64;

#ifdef CONSORT_LINUX_BATCHES

// The kernel adds the address of the router or host that sent the ICMP message.
constexpr size_t kErrorControlBytes = CMSG_SPACE(sizeof(sock_extended_err) + sizeof(sockaddr_in6));

// Whether a message of the error queue says that a port is closed.
bool is_refusal(msghdr& header) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    const bool tells = (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR) ||
                       (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR);
    sock_extended_err error;
    if (!tells || each->cmsg_len < CMSG_LEN(sizeof error)) continue;
    std::memcpy(&error, CMSG_DATA(each), sizeof error);
    if (error.ee_errno == ECONNREFUSED) return true;
  }
  return false;
}

#endif

}  // namespace

UdpSocket::UdpSocket() : out_pieces_(kMaxPieces), in_bytes_(kBatch * kDatagramBytes), in_from_(kBatch) {}

UdpSocket::~UdpSocket() { close(); }

void UdpSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void UdpSocket::set_option(int level, int name, int value) const { setsockopt(fd_, level, name, &value, sizeof value); }

int UdpSocket::open(Address& local, const SocketOptions& options) {
  fd_ = socket(local.family(), SOCK_DGRAM, 0);
  if (fd_ < 0) return errno;
  fcntl(fd_, F_SETFD, FD_CLOEXEC);
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  if (options.reuse) set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(SOL_SOCKET, SO_RCVBUF, static_cast<int>(options.buffer_bytes));
  set_option(SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.buffer_bytes));
  if (bind(fd_, local.get(), local.length) != 0) {
    const int error = errno;
    close();
    return error;
  }
  local.length = sizeof local.storage;
  getsockname(fd_, local.get(), &local.length);
#ifdef CONSORT_LINUX_BATCHES
  if (options.offload) {
    // Asking for a segment size of 0 changes nothing and tells whether the kernel knows the option.
    const int none = 0;
    const int yes = 1;
    segments_ = setsockopt(fd_, SOL_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
    coalesces_ = setsockopt(fd_, SOL_UDP, UDP_GRO, &yes, sizeof yes) == 0;
  }
  if (options.tell_refusals) {
    const int yes = 1;
    tells_refusals_ = local.family() == AF_INET6 ? setsockopt(fd_, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes) == 0
                                                 : setsockopt(fd_, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes) == 0;
  }
#endif
  return 0;
}

int UdpSocket::join_group(const Address& group, const Address& interface) {
  if (group.family() == AF_INET) {
    ip_mreq request{};
    request.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(group.get())->sin_addr;
    request.imr_interface = reinterpret_cast<const sockaddr_in*>(interface.get())->sin_addr;
    return setsockopt(fd_, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0 ? 0 : errno;
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(group.get())->sin6_addr;
  return setsockopt(fd_, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request) == 0 ? 0 : errno;
}

int UdpSocket::send_groups_through(const Address& interface) {
  if (interface.family() == AF_INET) {
    const in_addr address = reinterpret_cast<const sockaddr_in*>(interface.get())->sin_addr;
    const unsigned char yes = 1;
    if (setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address) != 0) return errno;
    return setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_LOOP, &yes, sizeof yes) == 0 ? 0 : errno;
  }
  const unsigned yes = 1;
  return setsockopt(fd_, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &yes, sizeof yes) == 0 ? 0 : errno;
}

// ---- out ----

bool UdpSocket::send(const Burst& burst, const Address* const* to, uint32_t count) {
  return burst.frames() == 1 || segments_ ? send_segmented(burst, to, count) : send_frame_by_frame(burst, to, count);
}

bool UdpSocket::send_segmented(const Burst& burst, const Address* const* to, uint32_t count) {
  uint32_t pieces = 0;
  for (const Piece& piece : burst.pieces()) out_pieces_[pieces++] = {const_cast<uint8_t*>(piece.data), piece.bytes};
  msghdr messages[kMaxMessages];
#ifdef CONSORT_LINUX_BATCHES
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))] = {};
  if (burst.frames() > 1) {
    auto* header = reinterpret_cast<cmsghdr*>(control);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const uint16_t segment = static_cast<uint16_t>(burst.segment());
    std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
  }
#endif
  for (uint32_t first = 0; first < count; first += kMaxMessages) {
    const uint32_t batch = std::min(count - first, kMaxMessages);
    for (uint32_t i = 0; i < batch; i++) {
      const Address& address = *to[first + i];
      messages[i] = {};
      messages[i].msg_name = const_cast<sockaddr*>(address.get());
      messages[i].msg_namelen = address.length;
      messages[i].msg_iov = out_pieces_.data();
      messages[i].msg_iovlen = pieces;
#ifdef CONSORT_LINUX_BATCHES
      if (burst.frames() > 1) {
        messages[i].msg_control = control;
        messages[i].msg_controllen = sizeof control;
      }
#endif
    }
    // Once some members have it the others count as having lost it: they will ask.
    if (!transmit(messages, batch) && first == 0) return false;
  }
  return true;
}

// Without UDP_SEGMENT each frame is a message of its own. A piece never spans frames.
bool UdpSocket::send_frame_by_frame(const Burst& burst, const Address* const* to, uint32_t count) {
  msghdr messages[kMaxMessages];
  uint32_t frames = 0;
  size_t piece = 0;
  uint32_t used = 0;
  bool any = false;
  for (uint32_t frame = 0; frame < burst.frames(); frame++) {
    const uint32_t length = std::min(burst.segment(), burst.bytes() - frame * burst.segment());
    const uint32_t first = used;
    for (uint32_t got = 0; got < length; piece++) {
      const Piece& each = burst.pieces()[piece];
      out_pieces_[used++] = {const_cast<uint8_t*>(each.data), each.bytes};
      got += each.bytes;
    }
    for (uint32_t i = 0; i < count; i++) {
      if (frames == kMaxMessages) {
        if (!transmit(messages, frames) && !any) return false;
        any = true;
        frames = 0;
      }
      msghdr& message = messages[frames++];
      message = {};
      message.msg_name = const_cast<sockaddr*>(to[i]->get());
      message.msg_namelen = to[i]->length;
      message.msg_iov = out_pieces_.data() + first;
      message.msg_iovlen = used - first;
    }
  }
  return frames == 0 || transmit(messages, frames) || any;
}

bool UdpSocket::is_full(int error) const {
  // A socket that tells errors says ENOBUFS for what a full queue of the interface dropped; others keep silent about
  // it, and it is lost as on the way.
  return error == EAGAIN || error == EWOULDBLOCK || (error == ENOBUFS && !tells_refusals_);
}

// Whether a call may have failed for what became of an earlier datagram. Such an error is handed out once: the same
// call made again does its work. It waits to be taken until then.
bool UdpSocket::may_be_old(int error) {
  if (!tells_refusals_ || is_full(error) || error == ENOBUFS) return false;
  errors_wait_ = true;
  return true;
}

// False if the socket was full before the first message. A message that fails for another reason (an unreachable peer)
// is as good as lost on the way.
bool UdpSocket::transmit(msghdr* messages, uint32_t count) {
#ifdef CONSORT_LINUX_BATCHES
  if (count > 1) {
    mmsghdr batch[kMaxMessages];
    for (uint32_t i = 0; i < count; i++) batch[i] = {messages[i], 0};
    uint32_t done = 0;
    bool again = false;
    while (done < count) {
      system_calls_++;
      const int sent = sendmmsg(fd_, batch + done, count - done, 0);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && is_full(errno)) return done > 0;
      again = sent < 0 && !again && may_be_old(errno);
      if (again) continue;
      done += sent > 0 ? static_cast<uint32_t>(sent) : 1;
      // It stopped at an error that it keeps to itself.
      if (done < count) note_error();
    }
    return true;
  }
#endif
  for (uint32_t i = 0; i < count; i++) {
    system_calls_++;
    ssize_t sent = sendmsg(fd_, &messages[i], 0);
    while (sent < 0 && errno == EINTR) sent = sendmsg(fd_, &messages[i], 0);
    if (sent < 0 && may_be_old(errno)) sent = sendmsg(fd_, &messages[i], 0);
    if (sent < 0 && is_full(errno)) return i > 0;
  }
  return true;
}

bool UdpSocket::send_one(const uint8_t* bytes, uint32_t length, const Address& to) {
  system_calls_++;
  if (sendto(fd_, bytes, length, 0, to.get(), to.length) >= 0) return true;
  return may_be_old(errno) ? sendto(fd_, bytes, length, 0, to.get(), to.length) >= 0 || !is_full(errno)
                           : !is_full(errno);
}

// ---- in ----

#ifdef CONSORT_LINUX_BATCHES

uint32_t UdpSocket::receive(Received out[kBatch]) {
  mmsghdr batch[kBatch];
  iovec space[kBatch];
  alignas(cmsghdr) char control[kBatch][CMSG_SPACE(sizeof(int))];
  for (uint32_t i = 0; i < kBatch; i++) {
    space[i] = {in_bytes_.data() + static_cast<size_t>(i) * kDatagramBytes, kDatagramBytes};
    msghdr& header = batch[i].msg_hdr;
    header = {};
    header.msg_name = &in_from_[i].storage;
    header.msg_namelen = sizeof in_from_[i].storage;
    header.msg_iov = &space[i];
    header.msg_iovlen = 1;
    header.msg_control = control[i];
    header.msg_controllen = sizeof control[i];
  }
  system_calls_++;
  int count = recvmmsg(fd_, batch, kBatch, 0, nullptr);
  if (count < 0 && errno != EINTR && may_be_old(errno)) count = recvmmsg(fd_, batch, kBatch, 0, nullptr);
  if (count <= 0) return 0;
  for (int i = 0; i < count; i++) {
    msghdr& header = batch[i].msg_hdr;
    int segment = 0;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
      if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO)
        std::memcpy(&segment, CMSG_DATA(each), sizeof segment);
    }
    in_from_[i].length = header.msg_namelen;
    out[i] = {static_cast<const uint8_t*>(space[i].iov_base), batch[i].msg_len, static_cast<uint32_t>(segment),
              &in_from_[i]};
  }
  return static_cast<uint32_t>(count);
}

// Each error comes with the address that its datagram went to.
uint32_t UdpSocket::take_refused(Address out[kBatch]) {
  mmsghdr batch[kBatch];
  alignas(cmsghdr) char control[kBatch][kErrorControlBytes];
  Address to[kBatch];
  for (uint32_t i = 0; i < kBatch; i++) {
    msghdr& header = batch[i].msg_hdr;
    header = {};
    header.msg_name = &to[i].storage;
    header.msg_namelen = sizeof to[i].storage;
    header.msg_control = control[i];
    header.msg_controllen = sizeof control[i];
  }
  system_calls_++;
  const int count = recvmmsg(fd_, batch, kBatch, MSG_ERRQUEUE, nullptr);
  errors_wait_ = count == static_cast<int>(kBatch);
  uint32_t refused = 0;
  for (int i = 0; i < count; i++) {
    to[i].length = batch[i].msg_hdr.msg_namelen;
    if (is_refusal(batch[i].msg_hdr)) out[refused++] = to[i];
  }
  return refused;
}

#else

uint32_t UdpSocket::take_refused(Address[kBatch]) {
  errors_wait_ = false;
  return 0;
}

uint32_t UdpSocket::receive(Received out[kBatch]) {
  uint32_t count = 0;
  while (count < kBatch) {
    uint8_t* space = in_bytes_.data() + static_cast<size_t>(count) * kDatagramBytes;
    Address& from = in_from_[count];
    from.length = sizeof from.storage;
    system_calls_++;
    const ssize_t length = recvfrom(fd_, space, kDatagramBytes, 0, from.get(), &from.length);
    if (length < 0) break;
    out[count++] = {space, static_cast<uint32_t>(length), 0, &from};
  }
  return count;
}

#endif

}  // namespace consort

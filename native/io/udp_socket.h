// A UDP socket that moves bursts of frames with as few system calls as the kernel allows.
//
//   out  one sendmsg (UDP_SEGMENT) for a burst to one member, one sendmmsg for a burst to several; header and ring
//   pieces go by scatter/gather in   one recvmmsg for up to kBatch datagrams, each of them up to 64 KiB of frames that
//   the kernel joined again (UDP_GRO)
//
// With `tell_refusals` the kernel (Linux only) keeps what ICMP says about datagrams that went out: that nothing is
// bound to an address any more. It hands the error to the next call besides, whomever that sends to; trying again
// sends.
//
// Whether the kernel can do the two is tried at run time. Elsewhere, or built with CONSORT_PORTABLE, plain sendmsg and
// recvmsg do the same.
#pragma once
#include <sys/uio.h>

#include <string>
#include <vector>

#include "core/burst.h"
#include "io/address.h"

namespace consort {

struct SocketOptions {
  uint32_t buffer_bytes;  // asked of the kernel for each direction
  bool offload;           // whether UDP_SEGMENT and UDP_GRO may be used
  bool reuse;             // several sockets may be bound to this address (multicast)
  bool tell_refusals;     // whether take_refused() has something to say
};

// Datagrams that came in one go. `frame_bytes`: what UDP_GRO joined is cut every so many bytes; 0: one datagram.
struct Received {
  const uint8_t* bytes;
  uint32_t length;
  uint32_t frame_bytes;
  const Address* from;
};

class UdpSocket {
 public:
  static constexpr uint32_t kBatch = 8;

  UdpSocket();
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Returns 0 or an errno; on failure nothing stays open. `local` is completed with the port that the system chose.
  int open(Address& local, const SocketOptions& options);
  // Receives what is sent to `group`, on the interface that owns `interface`.
  int join_group(const Address& group, const Address& interface);
  // What is sent to groups leaves by the interface that owns `interface`, and reaches members on this machine too.
  int send_groups_through(const Address& interface);
  void close();

  int fd() const { return fd_; }
  bool segments() const { return segments_; }
  bool coalesces() const { return coalesces_; }

  // False if the socket has no room now: then nothing went out to the first address.
  bool send(const Burst& burst, const Address* const* to, uint32_t count);
  bool send_one(const uint8_t* bytes, uint32_t length, const Address& to);

  // Up to kBatch entries, valid until the next call; 0 if there is nothing.
  uint32_t receive(Received out[kBatch]);

  // The system says that there is an error to be had.
  void note_error() { errors_wait_ = tells_refusals_; }
  // Whether take_refused() may have something.
  bool errors_wait() const { return errors_wait_; }
  // To whom datagrams were refused, since nothing is bound there: up to kBatch addresses, valid until the next call.
  // errors_wait() tells whether there may be more.
  uint32_t take_refused(Address out[kBatch]);

  uint64_t system_calls() const { return system_calls_; }

 private:
  void set_option(int level, int name, int value) const;
  bool send_segmented(const Burst& burst, const Address* const* to, uint32_t count);
  bool send_frame_by_frame(const Burst& burst, const Address* const* to, uint32_t count);
  bool transmit(struct msghdr* messages, uint32_t count);
  bool is_full(int error) const;
  bool may_be_old(int error);

  int fd_ = -1;
  bool segments_ = false;
  bool coalesces_ = false;
  bool tells_refusals_ = false;
  bool errors_wait_ = false;
  uint64_t system_calls_ = 0;
  std::vector<iovec> out_pieces_;
  std::vector<uint8_t> in_bytes_;
  std::vector<Address> in_from_;
};

}  // namespace consort

// The bench's limit row: messages written into frames, frames through the same system calls, messages read at the other
// end. No protocol, no resending, no JavaScript: nothing that moves these bytes between two processes in this way can
// be faster.
//
// The only feedback is a count of bytes from the receiver, because a sender that outruns its receiver measures how fast
// the kernel drops.
#pragma once
#include <string>

#include "io/udp_socket.h"

namespace consort {

struct LimitOptions {
  Address peer;          // the receiver, for send()
  uint32_t frame_bytes;  // of each datagram, with room for a header of the same size as ours
  uint32_t message_bytes;
  double seconds;  // how long to send; for receive(): how long to wait for the first byte
};

struct LimitResult {
  uint64_t bytes;  // of records: messages with a header of 8 bytes, filled to 8
  uint64_t messages;
  double seconds;
  uint64_t checksum;  // of the first and last byte of each message
};

class LimitSocket {
 public:
  // Returns 0 or an errno.
  int open(Address& local, bool offload);
  // Blocks until the time is over and the receiver has answered, or has gone.
  LimitResult send(const LimitOptions& options);
  // Blocks until the sender has finished, or nothing came for the given time.
  LimitResult receive(const LimitOptions& options);
  bool segments() const { return socket_.segments(); }
  bool coalesces() const { return socket_.coalesces(); }

 private:
  bool wait(short events, int milliseconds) const;
  void acknowledge(uint64_t got, uint64_t& told, const Address& sender);
  uint64_t latest_acknowledgement(uint64_t known);

  UdpSocket socket_;
};

}  // namespace consort

#include "io/limit_loop.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "io/clock.h"

namespace consort {
namespace {

constexpr uint32_t kRingBytes = 4 * 1024 * 1024;
constexpr uint64_t kWindowBytes = 3 * 1024 * 1024;
constexpr uint64_t kAcknowledgeBytes = 256 * 1024;
constexpr uint32_t kBufferBytes = 4 * 1024 * 1024;
constexpr uint32_t kEndBytes = 1;  // a datagram of this size: no more will come
constexpr int kQuietMs = 300;      // silence after which the other side is taken to be gone

uint32_t record_bytes(uint32_t message_bytes) { return 8 + (message_bytes + 7) / 8 * 8; }

// Writes records one after the other into a ring, as the application does.
class Writer {
 public:
  Writer(uint32_t message_bytes)
      : ring_(kRingBytes + record_bytes(message_bytes)),
        message_(message_bytes),
        record_(record_bytes(message_bytes)) {}

  const Ring ring() { return Ring(ring_.data(), kRingBytes); }
  uint64_t written() const { return written_; }
  uint64_t messages() const { return messages_; }

  void fill_to(uint64_t end) {
    const uint32_t length = static_cast<uint32_t>(message_.size());
    while (written_ < end) {
      // A record may run over the ring's end here: what matters is how many bytes are written.
      uint8_t* at = ring_.data() + (written_ & (kRingBytes - 1));
      if (length > 0) message_[0] = message_[length - 1] = static_cast<uint8_t>(messages_);
      store32(at, length);
      store32(at + 4, 3);
      std::memcpy(at + 8, message_.data(), length);
      written_ += record_;
      messages_++;
    }
  }

 private:
  std::vector<uint8_t> ring_;
  std::vector<uint8_t> message_;
  uint32_t record_;
  uint64_t written_ = 0;
  uint64_t messages_ = 0;
};

// Reads the first and the last byte of each message of a stream that arrives frame by frame.
class Reader {
 public:
  explicit Reader(uint32_t message_bytes) : length_(message_bytes), record_(record_bytes(message_bytes)) {}

  void take(const uint8_t* bytes, uint32_t count) {
    const uint64_t end = position_ + count;
    const uint32_t last = length_ == 0 ? 0 : 8 + length_ - 1;
    while (next_ + 8 < end) {
      if (length_ > 0 && next_ + 8 >= position_) checksum += bytes[next_ + 8 - position_];
      if (next_ + last >= end) break;
      if (length_ > 0 && next_ + last >= position_) checksum += bytes[next_ + last - position_];
      if (next_ + record_ > end) break;
      next_ += record_;
      messages++;
    }
    position_ = end;
  }

  uint64_t checksum = 0;
  uint64_t messages = 0;

 private:
  uint32_t length_;
  uint32_t record_;
  uint64_t position_ = 0;  // of the frame
  uint64_t next_ = 0;      // of the next record to read
};

}  // namespace

int LimitSocket::open(Address& local, bool offload) {
  return socket_.open(local, {kBufferBytes, offload, false, false});
}

bool LimitSocket::wait(short events, int milliseconds) const {
  pollfd watched{socket_.fd(), events, 0};
  return ::poll(&watched, 1, milliseconds) > 0;
}

uint64_t LimitSocket::latest_acknowledgement(uint64_t known) {
  Received batch[UdpSocket::kBatch];
  const uint32_t count = socket_.receive(batch);
  for (uint32_t i = 0; i < count; i++) {
    if (batch[i].length == 8) known = std::max(known, load64(batch[i].bytes));
  }
  return known;
}

LimitResult LimitSocket::send(const LimitOptions& options) {
  Writer writer(options.message_bytes);
  Burst burst(false);
  const Address* to = &options.peer;
  const Rank rank = 0;
  const uint32_t data = (options.frame_bytes - kDataOverheadBytes) / 8 * 8;
  const Micros start = now_us();
  const Micros stop = start + static_cast<Micros>(options.seconds * 1e6);
  uint64_t sent = 0;
  uint64_t acknowledged = 0;
  while (now_us() < stop) {
    acknowledged = latest_acknowledgement(acknowledged);
    while (sent - acknowledged > kWindowBytes) {
      // Lost bytes are never acknowledged: after some silence they are written off.
      if (!wait(POLLIN, kQuietMs))
        sent = acknowledged;
      else
        acknowledged = latest_acknowledgement(acknowledged);
    }
    burst.begin(&rank, 1, false);
    uint64_t next = sent;
    while (burst.fits(kDataOverheadBytes + data)) {
      writer.fill_to(next + data);
      burst.add_data({0, 0, 0, 0}, StreamKind::kCast, 0, writer.ring(), next, data);
      next += data;
    }
    if (socket_.send(burst, &to, 1))
      sent = next;
    else
      wait(POLLOUT, kQuietMs);
  }
  while (acknowledged < sent && wait(POLLIN, kQuietMs)) acknowledged = latest_acknowledgement(acknowledged);
  const Micros end = now_us();
  const uint8_t nothing[kEndBytes] = {};
  for (int i = 0; i < 3; i++) socket_.send_one(nothing, kEndBytes, options.peer);
  return {acknowledged, acknowledged / record_bytes(options.message_bytes), static_cast<double>(end - start) / 1e6, 0};
}

void LimitSocket::acknowledge(uint64_t got, uint64_t& told, const Address& sender) {
  told = got;
  uint8_t body[8];
  store64(body, got);
  socket_.send_one(body, sizeof body, sender);
}

LimitResult LimitSocket::receive(const LimitOptions& options) {
  Reader reader(options.message_bytes);
  Received batch[UdpSocket::kBatch];
  uint64_t got = 0;
  uint64_t told = 0;
  Micros first = 0;
  Address sender;
  bool ended = false;
  while (!ended) {
    const uint32_t count = socket_.receive(batch);
    if (count == 0) {
      if (got > told) acknowledge(got, told, sender);
      if (!wait(POLLIN, got == 0 ? static_cast<int>(options.seconds * 1e3) : 2'000)) break;
      continue;
    }
    if (first == 0) first = now_us();
    for (uint32_t i = 0; i < count; i++) {
      if (batch[i].length == kEndBytes) ended = true;
      const uint32_t stride = batch[i].frame_bytes == 0 ? batch[i].length : batch[i].frame_bytes;
      for (uint32_t offset = 0; offset + kDataOverheadBytes < batch[i].length; offset += stride) {
        const uint32_t data = std::min(stride, batch[i].length - offset) - kDataOverheadBytes;
        reader.take(batch[i].bytes + offset + kDataOverheadBytes, data);
        got += data;
      }
    }
    sender = *batch[0].from;
    if (got - told >= kAcknowledgeBytes) acknowledge(got, told, sender);
  }
  return {got, reader.messages, static_cast<double>(now_us() - first) / 1e6, reader.checksum};
}

}  // namespace consort

// Frames that go out in one system call. Twin: ts/data-plane/typescript/burst.ts
//
//   burst = frame frame frame ...        all of `segment` bytes but the last, which may be shorter (what UDP_SEGMENT
//   demands) frame = header piece, then one or two pieces of a ring: the stream's bytes are never copied on their way
//   to the socket
//
// Allocates nothing after construction: watched by the bench's allocation profile (docs/performance.md).
#pragma once
#include <vector>

#include "core/frame.h"
#include "core/ring.h"

namespace consort {

// Where frames go. `send` returns false when it cannot take the burst now; nothing of it went out then, and the plane
// offers it again when polled next.
class Burst;
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool send(const Burst& burst) = 0;
};

class Burst {
 public:
  explicit Burst(bool checked) : checked_(checked), headers_(kMaxBurstFrames), trailers_(kMaxBurstFrames) {
    pieces_.reserve(kMaxBurstFrames * 4);
  }

  // Empties the burst and names the ranks that it goes to; they must outlive it. `all`: every live member of the view,
  // so one multicast will do.
  void begin(const Rank* destinations, uint32_t count, bool all) {
    destinations_ = destinations;
    destination_count_ = count;
    all_ = all;
    pieces_.clear();
    frames_ = segment_ = bytes_ = last_ = 0;
  }

  // Whether a frame of this many bytes may follow those that are in.
  bool fits(uint32_t frame_bytes) const {
    if (frames_ == 0) return true;
    return frames_ < kMaxBurstFrames && last_ == segment_ && frame_bytes <= segment_ &&
           bytes_ + frame_bytes <= kMaxBurstBytes;
  }

  // A DATA frame of `length` bytes of the ring at `position`. The caller has asked fits(data_frame_bytes(length)).
  void add_data(const FrameHeader& header, StreamKind stream, Rank origin, const Ring& ring, Position position,
                uint32_t length);

  // A frame that is written out already, header included, all but the trailer; its bytes must outlive the burst.
  void add_frame(const uint8_t* frame, uint32_t length);

  uint32_t data_frame_bytes(uint32_t length) const {
    return kDataOverheadBytes + length + (checked_ ? kTrailerBytes : 0);
  }

  bool empty() const { return frames_ == 0; }
  uint32_t frames() const { return frames_; }
  uint32_t segment() const { return segment_; }
  uint32_t bytes() const { return bytes_; }
  bool all() const { return all_; }
  const Rank* destinations() const { return destinations_; }
  uint32_t destination_count() const { return destination_count_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  struct HeaderSpace {
    uint8_t bytes[kDataOverheadBytes];
  };
  struct TrailerSpace {
    uint8_t bytes[kTrailerBytes];
  };

  void end_frame(size_t first_piece, uint32_t frame_bytes);

  bool checked_;
  bool all_ = false;
  const Rank* destinations_ = nullptr;
  uint32_t destination_count_ = 0;
  uint32_t frames_ = 0;
  uint32_t segment_ = 0;
  uint32_t last_ = 0;
  uint32_t bytes_ = 0;
  std::vector<HeaderSpace> headers_;
  std::vector<TrailerSpace> trailers_;
  std::vector<Piece> pieces_;
};

}  // namespace consort

// Frames by hand, and a sink that keeps what a plane sends.
#pragma once
#include <algorithm>
#include <vector>

#include "core/burst.h"
#include "core/crc32c.h"
#include "core/data_plane.h"
#include "test/check.h"

namespace consort::test {

class FrameBuilder {
 public:
  explicit FrameBuilder(const FrameHeader& header) : header_(header), bytes_(kHeaderBytes) {
    write_header(bytes_.data(), header);
  }

  FrameBuilder& data(StreamKind stream, Rank origin, Position position, const std::vector<uint8_t>& payload) {
    write_data(grow(kDataPartBytes), stream, origin, static_cast<uint32_t>(payload.size()), position);
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    return *this;
  }
  FrameBuilder& nak(StreamKind stream, Rank origin, uint32_t serial, const std::vector<Range>& ranges) {
    const uint32_t count = static_cast<uint32_t>(ranges.size());
    write_nak(grow(kNakHeadBytes + kRangeBytes * count), stream, origin, serial, ranges.data(), count);
    return *this;
  }
  // `stable`: what the receiver was told last to be stable.
  FrameBuilder& status(StreamKind stream, Rank origin, Position received, Position consumed, Position seen,
                       Position stable = 0) {
    write_status(grow(kStatusBytes), stream, origin, {received, consumed, seen, static_cast<uint32_t>(stable)});
    return *this;
  }
  FrameBuilder& heartbeat(StreamKind stream, Rank origin, bool answer, Position sent, Position stable) {
    write_heartbeat(grow(kHeartbeatBytes), stream, origin, answer, sent, stable);
    return *this;
  }
  FrameBuilder& probe(PartType type, Micros time) {
    write_probe(grow(kProbeBytes), type, time);
    return *this;
  }
  FrameBuilder& nak_done(StreamKind stream, Rank origin, uint32_t serial) {
    write_nak_done(grow(kNakDoneBytes), stream, origin, serial);
    return *this;
  }
  FrameBuilder& raw(const std::vector<uint8_t>& part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    return *this;
  }
  // The frame, with its trailer if its flags promise one.
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> out = bytes_;
    if ((header_.flags & kFlagChecked) != 0) {
      out.resize(out.size() + kTrailerBytes);
      write_trailer(out.data() + bytes_.size(), crc32c(bytes_.data(), bytes_.size()));
    }
    return out;
  }

 private:
  // Not inlined: GCC 12 at -O2 sees an overflow in resize() that is none.
  [[gnu::noinline]] uint8_t* grow(uint32_t more) {
    bytes_.resize(bytes_.size() + more);
    return bytes_.data() + bytes_.size() - more;
  }
  FrameHeader header_;
  std::vector<uint8_t> bytes_;
};

// What the socket would do first: the header, then the plane that the connection names.
inline Reject receive(DataPlane& plane, const std::vector<uint8_t>& frame, Micros now) {
  FrameHeader header{};
  Reject reject = validate_header(frame.data(), frame.size(), header);
  if (reject == Reject::kNone && header.connection != plane.config().connection) reject = Reject::kConnection;
  if (reject != Reject::kNone) {
    plane.stats().reject(reject);
    return reject;
  }
  plane.handle_frame(frame.data(), frame.size(), header, now);
  return Reject::kNone;
}

// Cuts a burst as UDP_SEGMENT does, having checked the rules that the kernel has for it.
inline std::vector<std::vector<uint8_t>> cut(const Burst& burst) {
  CHECK(!burst.empty());
  CHECK(burst.frames() <= kMaxBurstFrames);
  CHECK(burst.bytes() <= kMaxBurstBytes);
  CHECK(burst.destination_count() > 0);
  std::vector<uint8_t> all;
  for (const Piece& piece : burst.pieces()) all.insert(all.end(), piece.data, piece.data + piece.bytes);
  CHECK_EQ(all.size(), burst.bytes());
  std::vector<std::vector<uint8_t>> frames;
  for (size_t at = 0; at < all.size(); at += burst.segment()) {
    const size_t end = std::min<size_t>(all.size(), at + burst.segment());
    frames.emplace_back(all.begin() + static_cast<ptrdiff_t>(at), all.begin() + static_cast<ptrdiff_t>(end));
  }
  CHECK_EQ(frames.size(), burst.frames());
  return frames;
}

struct SentFrame {
  std::vector<Rank> to;
  bool all;
  FrameHeader header;
  std::vector<Part> parts;  // their payloads point into bytes
  std::vector<uint8_t> bytes;
};

inline SentFrame parse(std::vector<uint8_t> bytes, uint32_t members) {
  SentFrame frame{{}, false, {}, {}, std::move(bytes)};
  CHECK_EQ(validate_header(frame.bytes.data(), frame.bytes.size(), frame.header), Reject::kNone);
  uint32_t end = 0;
  CHECK_EQ(validate_parts(frame.bytes.data(), frame.bytes.size(), frame.header, members, end), Reject::kNone);
  for (uint32_t offset = kHeaderBytes; offset < end;) {
    Part part{};
    offset = read_part(frame.bytes.data(), offset, end, members, part);
    CHECK(offset != 0);
    frame.parts.push_back(part);
  }
  return frame;
}

class CapturingSink : public Sink {
 public:
  explicit CapturingSink(uint32_t members) : members_(members) {}

  bool send(const Burst& burst) override {
    offered++;
    if (refuse || (accept_only != 0 && frames.size() >= accept_only)) return false;
    for (auto& bytes : cut(burst)) {
      frames.push_back(parse(std::move(bytes), members_));
      frames.back().to.assign(burst.destinations(), burst.destinations() + burst.destination_count());
      frames.back().all = burst.all();
    }
    return true;
  }
  // All parts of this type that were sent.
  std::vector<Part> parts(PartType type) const {
    std::vector<Part> found;
    for (const SentFrame& frame : frames) {
      for (const Part& part : frame.parts) {
        if (part.type == type) found.push_back(part);
      }
    }
    return found;
  }

  bool refuse = false;
  size_t accept_only = 0;  // frames, then it refuses; 0: no bound
  size_t offered = 0;      // bursts
  std::vector<SentFrame> frames;

 private:
  uint32_t members_;
};

}  // namespace consort::test

// One plane, rank 0 of a view, whose peers are played by hand: frames in by builder, frames out into a sink.
#pragma once
#include <map>
#include <memory>

#include "test/frames.h"
#include "test/script_side.h"

namespace consort::test {

class LonePlane {
 public:
  static constexpr uint64_t kConnection = 0xABCDEF;

  explicit LonePlane(uint32_t members = 3, uint32_t ring_bytes = kMinRingBytes, bool checked = false,
                     bool prompt = false)
      : plane({kConnection, 0, members, kMinFrameBytes, kMaxRingBytes, checked, 7, prompt}),
        sink(members),
        checked_(checked),
        ring_bytes_(ring_bytes),
        members_(members) {}

  Writer& open_send(StreamKind kind = StreamKind::kCast, Rank to = kAllRanks) {
    auto& writer = writers_[{kind, to}];
    writer = std::make_unique<Writer>(stream_key(0, kind, to), ring_bytes_);
    CHECK(plane.open_send(kind, to, writer->memory.ring(), writer->memory.slot()));
    return *writer;
  }
  Reader& open_receive(Rank origin, StreamKind kind = StreamKind::kCast) {
    auto& reader = readers_[{kind, origin}];
    reader = std::make_unique<Reader>(stream_key(origin, kind, 0), ring_bytes_);
    CHECK(plane.open_receive(kind, origin, reader->memory.ring(), reader->memory.slot()));
    return *reader;
  }

  FrameBuilder from(Rank sender, Rank destination = kAllRanks) const {
    return FrameBuilder({checked_ ? kFlagChecked : uint8_t{0}, sender, destination, kConnection});
  }
  void give(const FrameBuilder& frame) { receive(plane, frame.bytes(), now); }
  // The right bytes of `origin`'s stream, sent by `sender`.
  void give_data(Rank sender, Rank origin, Position begin, Position end, StreamKind kind = StreamKind::kCast) {
    give(from(sender, is_pt2pt(kind) ? Rank{0} : kAllRanks)
             .data(kind, origin, begin, bytes_at(stream_key(origin, kind, 0), begin, end - begin)));
  }
  // Polls until the plane has nothing more to do now; what it sent is in sink.frames, of this call only.
  Micros poll() {
    sink.frames.clear();
    Micros deadline = plane.poll(now, sink);
    for (int i = 0; i < 1000 && deadline <= now; i++) deadline = plane.poll(now, sink);
    return deadline;
  }
  // Lets a round-trip probe, which rides on the first traffic to each peer, go by.
  void settle_probes() {
    for (Rank rank = 1; rank < members_; rank++) give(from(rank).probe(PartType::kProbe, 0));
    poll();
  }
  uint64_t rejected(Reject reason) { return plane.stats().get(reason); }
  uint64_t rejected() {
    uint64_t sum = 0;
    for (const uint64_t count : plane.stats().rejected) sum += count;
    return sum;
  }

  DataPlane plane;
  CapturingSink sink;
  Micros now = 1'000'000;

 private:
  bool checked_;
  uint32_t ring_bytes_;
  uint32_t members_;
  std::map<std::pair<StreamKind, Rank>, std::unique_ptr<Writer>> writers_;
  std::map<std::pair<StreamKind, Rank>, std::unique_ptr<Reader>> readers_;
};

}  // namespace consort::test

// Control frames and bursts of one view, and the sink that takes them or does not.
#include "core/frame_writer.h"

#include "core/data_plane.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/lone_plane.h"

namespace consort {
namespace {

using test::CapturingSink;
using test::LonePlane;

// Rank 1 of four.
struct Desk {
  explicit Desk(bool checked = false, uint32_t frame_bytes = kMinFrameBytes)
      : config{42, 1, 4, frame_bytes, kMaxRingBytes, checked, 7, false}, writer(config, stats), sink(4) {
    writer.begin(sink);
  }
  void probe(Micros time) { writer.wrote(write_probe(writer.room_for(kProbeBytes), PartType::kProbe, time)); }

  ViewConfig config;
  Stats stats;
  FrameWriter writer;
  CapturingSink sink;
};

TEST("parts for one member go out in one frame, for another in the next, and nothing where nothing is to be said") {
  Desk desk;
  desk.writer.flush();
  desk.writer.to(3);
  CHECK(!desk.writer.has_control());
  desk.probe(1);
  CHECK(desk.writer.has_control());
  desk.writer.to(3);
  desk.probe(2);
  CHECK(desk.sink.frames.empty());
  desk.writer.to(2);
  desk.probe(3);
  desk.writer.flush();
  CHECK(!desk.writer.has_control());
  desk.writer.to(0);
  desk.writer.flush();
  CHECK_EQ(desk.sink.frames.size(), 2u);
  CHECK_EQ(desk.sink.frames[0].parts.size(), 2u);
  CHECK_EQ(desk.sink.frames[0].header.sender, 1);
  CHECK_EQ(desk.sink.frames[0].header.destination, 3);
  CHECK_EQ(desk.sink.frames[0].header.connection, 42u);
  CHECK_EQ(desk.sink.frames[0].to[0], 3);
  CHECK_EQ(desk.sink.frames[1].to[0], 2);
  CHECK_EQ(desk.sink.frames[1].parts[0].position, 3u);
}

TEST("a control frame that is full goes out, and the next part begins another") {
  for (const bool checked : {false, true}) {
    Desk desk(checked);
    const uint32_t fit = (kControlFrameBytes - kHeaderBytes - (checked ? kTrailerBytes : 0)) / kProbeBytes;
    desk.writer.to(2);
    for (uint32_t i = 0; i < fit; i++) desk.probe(i);
    CHECK(desk.sink.frames.empty());
    desk.probe(fit);
    CHECK_EQ(desk.sink.frames.size(), 1u);
    CHECK_EQ(desk.sink.frames[0].parts.size(), fit);
    desk.writer.flush();
    CHECK_EQ(desk.sink.frames[1].parts.size(), 1u);
    CHECK_EQ(desk.sink.frames[1].header.destination, 2);
  }
}

TEST("what the sink refuses is counted, and the writer is blocked until it begins again") {
  Desk desk;
  desk.sink.refuse = true;
  desk.writer.to(2);
  desk.probe(1);
  desk.writer.flush();
  CHECK(desk.writer.blocked());
  CHECK(!desk.writer.has_control());
  CHECK_EQ(desk.stats.get(Stat::kRefusedBySocket), 1u);
  desk.sink.refuse = false;
  desk.writer.begin(desk.sink);
  CHECK(!desk.writer.blocked());
  desk.writer.flush();
  CHECK(desk.sink.frames.empty());
}

TEST("stream bytes in a full frame leave room for what is around them, in whole words") {
  for (const uint32_t frame_bytes : {kMinFrameBytes, 1472u, kMaxFrameBytes}) {
    for (const bool checked : {false, true}) {
      Desk desk(checked, frame_bytes);
      const uint32_t data = desk.writer.max_frame_data();
      CHECK_EQ(data % 8, 0u);
      CHECK(desk.writer.burst().data_frame_bytes(data) <= frame_bytes);
      CHECK(desk.writer.burst().data_frame_bytes(data + 8) > frame_bytes);
    }
  }
}

TEST("control parts never fill a frame beyond the smallest MTU, however many there are") {
  LonePlane lone(2, 64 * 1024, true);
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) lone.open_receive(1, static_cast<StreamKind>(kind));
  for (uint32_t kind = 0; kind < kStreamKinds; kind++) {
    for (Position p = 8; p < 60'000; p += 200) lone.give_data(1, 1, p, p + 8, static_cast<StreamKind>(kind));
  }
  lone.now += kNakDelayUs;
  lone.poll();
  CHECK(lone.sink.parts(PartType::kNak).size() >= 4 * 4);
  for (const test::SentFrame& frame : lone.sink.frames) CHECK(frame.bytes.size() <= kControlFrameBytes);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

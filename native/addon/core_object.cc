#include "addon/core_object.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "addon/values.h"
#include "core/data_plane.h"

namespace consort {
namespace {

// Frames as JavaScript gets them, one after the other in one array (ts/data-plane/packed-frames.ts reads them):
//
//   ranks 2 | length 2 | rank 2, as many as there are | the frame's bytes
constexpr size_t kWordBytes = 2;

uint32_t load_word(const uint8_t* at) { return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8; }

// Hands the bytes of a burst in that form to `put`, piece by piece.
template <typename Put>
void pack(const Burst& burst, Put put) {
  const auto put_word = [&put](uint32_t value) {
    const uint8_t word[kWordBytes] = {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8)};
    put(word, kWordBytes);
  };
  size_t piece = 0;
  for (uint32_t offset = 0; offset < burst.bytes(); offset += burst.segment()) {
    const uint32_t length = std::min(burst.segment(), burst.bytes() - offset);
    put_word(burst.destination_count());
    put_word(length);
    for (uint32_t i = 0; i < burst.destination_count(); i++) put_word(burst.destinations()[i]);
    for (uint32_t filled = 0; filled < length; piece++) {
      const Piece& each = burst.pieces()[piece];
      put(each.data, each.bytes);
      filled += each.bytes;
    }
  }
}

class CollectingSink : public Sink {
 public:
  explicit CollectingSink(uint32_t capacity) : left_(capacity) {}

  bool send(const Burst& burst) override {
    if (left_ < burst.frames()) return false;
    left_ -= burst.frames();
    pack(burst, [this](const uint8_t* data, size_t bytes) { out_.insert(out_.end(), data, data + bytes); });
    return true;
  }

  bool empty() const { return out_.empty(); }

  Napi::Value take(Napi::Env env) const {
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, out_.size());
    std::copy(out_.begin(), out_.end(), bytes.Data());
    return bytes;
  }

 private:
  std::vector<uint8_t> out_;
  uint32_t left_;
};

// The same into memory of JavaScript's; takes no burst that it has no room for.
class MemorySink : public Sink {
 public:
  MemorySink(uint8_t* out, size_t room) : out_(out), room_(room) {}

  bool send(const Burst& burst) override {
    const size_t heads = burst.frames() * kWordBytes * (2 + burst.destination_count());
    if (room_ - used_ < burst.bytes() + heads) return false;
    pack(burst, [this](const uint8_t* data, size_t bytes) {
      std::copy(data, data + bytes, out_ + used_);
      used_ += bytes;
    });
    return true;
  }

  size_t used() const { return used_; }

 private:
  uint8_t* out_;
  size_t room_;
  size_t used_ = 0;
};

class CoreObject : public Napi::ObjectWrap<CoreObject> {
 public:
  // new Core({ connectionLow, connectionHigh, myRank, members, frameBytes, maxWindow, checked, seed, prompt },
  // counters)
  explicit CoreObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CoreObject>(info) {
    const Napi::Object given = info[0].As<Napi::Object>();
    ViewConfig config{};
    config.connection = number(given, "connectionLow") | static_cast<uint64_t>(number(given, "connectionHigh")) << 32;
    config.my_rank = static_cast<Rank>(number(given, "myRank"));
    config.members = number(given, "members");
    config.frame_bytes = number(given, "frameBytes");
    config.max_window = number(given, "maxWindow");
    config.checked = boolean(given, "checked");
    config.seed = number(given, "seed");
    config.prompt = boolean(given, "prompt");
    const bool sound = config.members >= 1 && config.members <= kMaxMembers && config.my_rank < config.members &&
                       config.frame_bytes >= kMinFrameBytes && config.frame_bytes <= kMaxFrameBytes &&
                       config.frame_bytes % 8 == 0;
    if (!sound) {
      fail(info.Env(), "view out of range");
      return;
    }
    keep(info[1]);
    Napi::Int32Array counters = info[1].As<Napi::Int32Array>();
    words_ = reinterpret_cast<uint32_t*>(counters.Data());
    slots_ = counters.ElementLength() / kSlotWords;
    plane_ = std::make_unique<DataPlane>(config);
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Core",
                       {
                           InstanceMethod<&CoreObject::open_stream>("openStream"),
                           InstanceMethod<&CoreObject::receive>("receive"),
                           InstanceMethod<&CoreObject::poll>("poll"),
                           InstanceMethod<&CoreObject::poll_into>("pollInto"),
                           InstanceMethod<&CoreObject::receive_packed>("receivePacked"),
                           InstanceMethod<&CoreObject::change>("change"),
                           InstanceMethod<&CoreObject::take_wanted>("takeWanted"),
                           InstanceMethod<&CoreObject::received>("received"),
                           InstanceMethod<&CoreObject::stats>("stats"),
                       });
  }

 private:
  // openStream(kind, rank, outgoing, ring, slot) -> whether it was opened
  Napi::Value open_stream(const Napi::CallbackInfo& info) {
    const uint32_t kind_number = info[0].As<Napi::Number>();
    const auto rank = static_cast<Rank>(info[1].As<Napi::Number>().Uint32Value());
    const bool outgoing = info[2].As<Napi::Boolean>();
    Napi::Uint8Array ring = info[3].As<Napi::Uint8Array>();
    const uint32_t slot_number = info[4].As<Napi::Number>();
    bool opened = false;
    if (kind_number < kStreamKinds && slot_number < slots_ && Ring::valid_size(ring.ByteLength())) {
      const auto kind = static_cast<StreamKind>(kind_number);
      const Ring memory(ring.Data(), static_cast<uint32_t>(ring.ByteLength()));
      const Slot slot(words_ + slot_number * kSlotWords);
      opened = outgoing ? plane_->open_send(kind, rank, memory, slot) : plane_->open_receive(kind, rank, memory, slot);
      if (opened) keep(ring);
    }
    return Napi::Boolean::New(info.Env(), opened);
  }

  // receive(frame, nowMicros) -> whether streams wait to be opened (takeWanted); as the endpoint does it with a frame
  // from the socket
  Napi::Value receive(const Napi::CallbackInfo& info) {
    take_in(info);
    return Napi::Boolean::New(info.Env(), plane_->has_wanted());
  }

  void take_in(const Napi::CallbackInfo& info) {
    const Napi::Uint8Array frame = info[0].As<Napi::Uint8Array>();
    take_frame(frame.Data(), frame.ByteLength(), static_cast<Micros>(info[1].As<Napi::Number>().Int64Value()));
  }

  void take_frame(const uint8_t* frame, size_t bytes, Micros now) {
    FrameHeader header;
    const Reject reject = validate_header(frame, bytes, header);
    if (reject != Reject::kNone) return plane_->stats().reject(reject);
    if ((header.flags & kFlagUnattached) != 0 || header.connection != plane_->config().connection) {
      return plane_->stats().reject(Reject::kConnection);
    }
    plane_->handle_frame(frame, bytes, header, now);
  }

  // receivePacked(packed, bytes, nowMicros): those of the packed frames that go to this member
  void receive_packed(const Napi::CallbackInfo& info) {
    const Napi::Uint8Array packed = info[0].As<Napi::Uint8Array>();
    const size_t end = std::min<size_t>(info[1].As<Napi::Number>().Uint32Value(), packed.ByteLength());
    const auto now = static_cast<Micros>(info[2].As<Napi::Number>().Int64Value());
    const uint8_t* data = packed.Data();
    for (size_t at = 0; at + 2 * kWordBytes <= end;) {
      const uint32_t ranks = load_word(data + at);
      const uint32_t length = load_word(data + at + kWordBytes);
      const size_t first = at + 2 * kWordBytes;
      const size_t frame = first + ranks * kWordBytes;
      if (frame + length > end) return;
      bool mine = false;
      for (size_t i = first; i < frame; i += kWordBytes) mine |= load_word(data + i) == plane_->config().my_rank;
      if (mine) take_frame(data + frame, length, now);
      at = frame + length;
    }
  }

  // pollInto(nowMicros, memory) -> bytes of packed frames that were written there
  Napi::Value poll_into(const Napi::CallbackInfo& info) {
    const auto now = static_cast<Micros>(info[0].As<Napi::Number>().Int64Value());
    Napi::Uint8Array memory = info[1].As<Napi::Uint8Array>();
    MemorySink sink(memory.Data(), memory.ByteLength());
    plane_->poll(now, sink);
    return Napi::Number::New(info.Env(), static_cast<double>(sink.used()));
  }

  // poll(nowMicros, mostFrames) -> deadline or -1 for never; where there were frames: [frames, that, blocked]
  Napi::Value poll(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto now = static_cast<Micros>(info[0].As<Napi::Number>().Int64Value());
    CollectingSink sink(info[1].As<Napi::Number>().Uint32Value());
    const Micros next = plane_->poll(now, sink);
    const Napi::Number deadline = Napi::Number::New(env, next == kNever ? -1 : static_cast<double>(next));
    if (sink.empty() && !plane_->blocked()) return deadline;
    const Napi::Array out = Napi::Array::New(env, 3);
    out.Set(0u, sink.take(env));
    out.Set(1u, deadline);
    out.Set(2u, Napi::Boolean::New(env, plane_->blocked()));
    return out;
  }

  // change(what, rank, rank, position): 'exclude', 'holder', 'stop', 'watch' (position: the interval in microseconds),
  // 'answer' (the view ends: the next poll says all that is to be said)
  void change(const Napi::CallbackInfo& info) {
    const std::string what = info[0].As<Napi::String>();
    const auto rank = static_cast<Rank>(info[1].As<Napi::Number>().Uint32Value());
    const auto other = static_cast<Rank>(info[2].As<Napi::Number>().Uint32Value());
    const auto position = static_cast<Position>(info[3].As<Napi::Number>().Int64Value());
    if (what == "exclude") plane_->exclude(rank);
    if (what == "holder") plane_->set_holder(rank, other, position);
    if (what == "stop") plane_->stop_at(rank, position);
    if (what == "watch") plane_->watch(rank, position);
    if (what == "answer") plane_->answer_all();
  }

  Napi::Value take_wanted(const Napi::CallbackInfo& info) {
    Wanted wanted{};
    if (!plane_->take_wanted(wanted)) return info.Env().Undefined();
    return numbers(info.Env(), {static_cast<double>(wanted.origin), static_cast<double>(wanted.kind)});
  }

  Napi::Value received(const Napi::CallbackInfo& info) {
    const auto rank = static_cast<Rank>(info[0].As<Napi::Number>().Uint32Value());
    return Napi::Number::New(info.Env(), static_cast<double>(plane_->received(rank)));
  }

  Napi::Value stats(const Napi::CallbackInfo& info) { return stats_array(info.Env(), plane_->stats()); }

  void keep(const Napi::Value& memory) { kept_.push_back(Napi::Reference<Napi::Value>::New(memory, 1)); }

  std::unique_ptr<DataPlane> plane_;
  uint32_t* words_ = nullptr;
  size_t slots_ = 0;
  std::vector<Napi::Reference<Napi::Value>> kept_;
};

}  // namespace

Napi::Function define_core(Napi::Env env) { return CoreObject::define(env); }

}  // namespace consort

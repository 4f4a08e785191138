#include "addon/plane_object.h"

#include <cstring>
#include <string>
#include <vector>

#include "addon/plane_host.h"
#include "addon/values.h"

namespace consort {
namespace {

// Memory that is kept as long as the plane is: views have other numbers.
constexpr uint32_t kOfNoView = UINT32_MAX;

class PlaneObject : public Napi::ObjectWrap<PlaneObject> {
 public:
  explicit PlaneObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlaneObject>(info) { open(info); }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Plane",
                       {
                           InstanceMethod<&PlaneObject::install>("install"),
                           InstanceMethod<&PlaneObject::open_stream>("openStream"),
                           InstanceMethod<&PlaneObject::watch>("watch"),
                           InstanceMethod<&PlaneObject::change>("change"),
                           InstanceMethod<&PlaneObject::flush>("flush"),
                           InstanceMethod<&PlaneObject::take_wanted>("takeWanted"),
                           InstanceMethod<&PlaneObject::take_unattached>("takeUnattached"),
                           InstanceMethod<&PlaneObject::take_refused>("takeRefused"),
                           InstanceMethod<&PlaneObject::send_unattached>("sendUnattached"),
                           InstanceMethod<&PlaneObject::stats>("stats"),
                           InstanceMethod<&PlaneObject::close>("close"),
                       });
  }

 private:
  // new Plane({ host, port, threaded, groupHost, groupPort, bufferBytes, frameBytes, offload, dropRate, dropSeed,
  // dropPorts }, awake, onReady)
  void open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Napi::Object given = info[0].As<Napi::Object>();
    PlaneHost::Options options{};
    options.threaded = boolean(given, "threaded");
    EndpointOptions& endpoint = options.endpoint;
    endpoint.buffer_bytes = number(given, "bufferBytes");
    endpoint.frame_bytes = number(given, "frameBytes");
    endpoint.offload = boolean(given, "offload");
    endpoint.drop_rate = real(given, "dropRate");
    endpoint.drop_seed = number(given, "dropSeed");
    const Napi::Value drop_ports = given.Get("dropPorts");
    if (!drop_ports.IsUndefined()) {
      Napi::Int32Array words = drop_ports.As<Napi::Int32Array>();
      if (words.ElementLength() != kPortSetWords) return fail(env, "not a set of ports");
      endpoint.drop_ports = PortSet(reinterpret_cast<uint32_t*>(words.Data()));
    }
    endpoint.multicast = !text(given, "groupHost").empty();
    bool parsed = parse_address(text(given, "host"), static_cast<uint16_t>(number(given, "port")), endpoint.local);
    if (endpoint.multicast) {
      parsed =
          parse_address(text(given, "groupHost"), static_cast<uint16_t>(number(given, "groupPort")), endpoint.group) &&
          parsed;
    }
    if (!parsed) return fail(env, "not an address in numbers");
    int error = 0;
    std::string failed_call;
    host_ =
        PlaneHost::open(env, options, info[1].As<Napi::Int32Array>(), info[2].As<Napi::Function>(), error, failed_call);
    if (host_ == nullptr) {
      Napi::Error failure = Napi::Error::New(env, failed_call + ": " + std::strerror(error));
      failure.Set("errno", Napi::Number::New(env, error));
      failure.Set("code", Napi::String::New(env, uv_err_name(-error)));
      failure.Set("syscall", Napi::String::New(env, failed_call));
      failure.ThrowAsJavaScriptException();
      return;
    }
    if (endpoint.drop_ports.exists()) host_->keep(kOfNoView, drop_ports);
    // Open planes stay: only close() lets go.
    Ref();
    const Napi::Object self = info.This().As<Napi::Object>();
    self.Set("host", Napi::String::New(env, host_->endpoint().local().host()));
    self.Set("port", Napi::Number::New(env, host_->endpoint().local().port()));
    self.Set("frameBytes", Napi::Number::New(env, host_->endpoint().frame_bytes()));
    self.Set("segments", Napi::Boolean::New(env, host_->endpoint().segments()));
  }

  // install(view, { connectionLow, connectionHigh, myRank, frameBytes, maxWindow, checked, seed, prompt }, hosts,
  // ports, counters)
  void install(const Napi::CallbackInfo& info) {
    if (!is_open(info.Env())) return;
    const uint32_t view = info[0].As<Napi::Number>();
    const Napi::Object given = info[1].As<Napi::Object>();
    const Napi::Array hosts = info[2].As<Napi::Array>();
    const Napi::Array ports = info[3].As<Napi::Array>();
    Napi::Int32Array counters = info[4].As<Napi::Int32Array>();
    ViewConfig config{};
    config.connection = number(given, "connectionLow") | static_cast<uint64_t>(number(given, "connectionHigh")) << 32;
    config.my_rank = static_cast<Rank>(number(given, "myRank"));
    config.members = hosts.Length();
    config.frame_bytes = number(given, "frameBytes");
    config.max_window = number(given, "maxWindow");
    config.checked = boolean(given, "checked");
    config.seed = number(given, "seed");
    config.prompt = boolean(given, "prompt");
    const bool sound = config.members >= 1 && config.members <= kMaxMembers && config.my_rank < config.members &&
                       config.frame_bytes >= kMinFrameBytes && config.frame_bytes <= kMaxFrameBytes &&
                       config.frame_bytes % 8 == 0;
    if (!sound) return fail(info.Env(), "view out of range");
    std::vector<Address> addresses(config.members);
    for (uint32_t i = 0; i < config.members; i++) {
      const std::string host = hosts.Get(i).As<Napi::String>();
      const uint32_t port = ports.Get(i).As<Napi::Number>();
      if (!parse_address(host, static_cast<uint16_t>(port), addresses[i]))
        return fail(info.Env(), "not an address in numbers");
    }
    if (!host_->endpoint().install(view, config, std::move(addresses)))
      return fail(info.Env(), "view can't be installed");
    host_->keep(view, counters);
    counters_.emplace_back(view,
                           std::make_pair(reinterpret_cast<uint32_t*>(counters.Data()), counters.ElementLength()));
  }

  // openStream(view, kind, rank, outgoing, ring, slot)
  void open_stream(const Napi::CallbackInfo& info) {
    if (!is_open(info.Env())) return;
    const uint32_t view = info[0].As<Napi::Number>();
    const uint32_t kind_number = info[1].As<Napi::Number>();
    const uint32_t rank = info[2].As<Napi::Number>();
    const bool outgoing = info[3].As<Napi::Boolean>();
    Napi::Uint8Array ring = info[4].As<Napi::Uint8Array>();
    const uint32_t slot = info[5].As<Napi::Number>();
    uint32_t* words = words_of(view, slot);
    if (words == nullptr || kind_number >= kStreamKinds || !Ring::valid_size(ring.ByteLength())) {
      return fail(info.Env(), "stream out of range");
    }
    const auto kind = static_cast<StreamKind>(kind_number);
    const Ring memory(ring.Data(), static_cast<uint32_t>(ring.ByteLength()));
    Endpoint& endpoint = host_->endpoint();
    const bool opened = outgoing ? endpoint.open_send(view, kind, static_cast<Rank>(rank), memory, Slot(words))
                                 : endpoint.open_receive(view, kind, static_cast<Rank>(rank), memory, Slot(words));
    if (!opened) return fail(info.Env(), "stream can't be opened");
    host_->keep(view, ring);
  }

  // watch(view, ranks, intervalMicros): exactly these are watched from now on
  void watch(const Napi::CallbackInfo& info) {
    if (!is_open(info.Env())) return;
    const uint32_t view = info[0].As<Napi::Number>();
    const Napi::Array given = info[1].As<Napi::Array>();
    std::vector<Rank> ranks(given.Length());
    for (uint32_t i = 0; i < ranks.size(); i++)
      ranks[i] = static_cast<Rank>(given.Get(i).As<Napi::Number>().Uint32Value());
    host_->endpoint().watch(view, ranks, static_cast<Micros>(info[2].As<Napi::Number>().Int64Value()));
    host_->flush();
  }

  // change(view, what, rank, rank, position): 'exclude', 'holder', 'stop', 'retire'
  void change(const Napi::CallbackInfo& info) {
    if (!is_open(info.Env())) return;
    const uint32_t view = info[0].As<Napi::Number>();
    const std::string what = info[1].As<Napi::String>();
    const auto rank = static_cast<Rank>(info[2].As<Napi::Number>().Uint32Value());
    const auto other = static_cast<Rank>(info[3].As<Napi::Number>().Uint32Value());
    const auto position = static_cast<Position>(info[4].As<Napi::Number>().Int64Value());
    Endpoint& endpoint = host_->endpoint();
    if (what == "exclude") endpoint.exclude(view, rank);
    if (what == "holder") endpoint.set_holder(view, rank, other, position);
    if (what == "stop") endpoint.stop_at(view, rank, position);
    if (what == "retire") {
      endpoint.retire(view);
      std::erase_if(counters_, [view](const auto& each) { return each.first == view; });
      host_->release(view);
    }
    host_->flush();
  }

  void flush(const Napi::CallbackInfo&) {
    if (host_ != nullptr) host_->flush();
  }

  // The next stream that waits to be opened as [view, origin, kind], or undefined.
  Napi::Value take_wanted(const Napi::CallbackInfo& info) {
    Endpoint::WantedStream wanted{};
    if (host_ == nullptr || !host_->endpoint().take_wanted(wanted)) return info.Env().Undefined();
    return numbers(info.Env(), {static_cast<double>(wanted.view), static_cast<double>(wanted.stream.origin),
                                static_cast<double>(wanted.stream.kind)});
  }

  // The next datagram of no view as { host, port, bytes }, or undefined.
  Napi::Value take_unattached(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Endpoint::Unattached datagram;
    if (host_ == nullptr || !host_->endpoint().take_unattached(datagram)) return env.Undefined();
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, datagram.bytes.size());
    std::memcpy(bytes.Data(), datagram.bytes.data(), datagram.bytes.size());
    const Napi::Object out = Napi::Object::New(env);
    out.Set("host", Napi::String::New(env, datagram.from.host()));
    out.Set("port", Napi::Number::New(env, datagram.from.port()));
    out.Set("bytes", bytes);
    return out;
  }

  // The next address to which a datagram was refused as { host, port }, or undefined.
  Napi::Value take_refused(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Address address;
    if (host_ == nullptr || !host_->endpoint().take_refused(address)) return env.Undefined();
    const Napi::Object out = Napi::Object::New(env);
    out.Set("host", Napi::String::New(env, address.host()));
    out.Set("port", Napi::Number::New(env, address.port()));
    return out;
  }

  // sendUnattached(host, port, bytes) -> whether it went out
  Napi::Value send_unattached(const Napi::CallbackInfo& info) {
    Address to;
    const Napi::Uint8Array body = info[2].As<Napi::Uint8Array>();
    const bool sent = host_ != nullptr &&
                      parse_address(info[0].As<Napi::String>(),
                                    static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value()), to) &&
                      host_->endpoint().send_unattached(to, body.Data(), static_cast<uint32_t>(body.ByteLength()));
    return Napi::Boolean::New(info.Env(), sent);
  }

  // All counters, then the rejections, in the order of stats.h.
  Napi::Value stats(const Napi::CallbackInfo& info) {
    if (host_ != nullptr) last_stats_ = host_->endpoint().stats();
    return stats_array(info.Env(), last_stats_);
  }

  Napi::Value close(const Napi::CallbackInfo& info) {
    if (host_ == nullptr) return info.Env().Undefined();
    last_stats_ = host_->endpoint().stats();
    PlaneHost* host = host_;
    host_ = nullptr;
    Unref();
    return host->close(info.Env());
  }

  bool is_open(Napi::Env env) {
    if (host_ != nullptr) return true;
    fail(env, "the plane is closed");
    return false;
  }

  uint32_t* words_of(uint32_t view, uint32_t slot) const {
    for (const auto& [number, words] : counters_) {
      if (number == view && (slot + 1) * size_t{kSlotWords} <= words.second) return words.first + slot * kSlotWords;
    }
    return nullptr;
  }

  PlaneHost* host_ = nullptr;  // owns itself; gone once close() has been called
  std::vector<std::pair<uint32_t, std::pair<uint32_t*, size_t>>> counters_;
  Stats last_stats_;
};

}  // namespace

Napi::Function define_plane(Napi::Env env) { return PlaneObject::define(env); }

}  // namespace consort

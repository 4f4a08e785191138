#include "addon/limit_functions.h"

#include <cstring>

#include "addon/values.h"
#include "io/limit_loop.h"

namespace consort {
namespace {

class LimitObject : public Napi::ObjectWrap<LimitObject> {
 public:
  // new LimitSocket(host, offload); its port is then in `port`, what the kernel has of offload in `segments` and
  // `coalesces`
  explicit LimitObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LimitObject>(info) {
    Address local;
    if (!parse_address(info[0].As<Napi::String>(), 0, local)) {
      fail(info.Env(), "not an address in numbers");
      return;
    }
    if (const int error = socket_.open(local, info[1].As<Napi::Boolean>()); error != 0) {
      fail(info.Env(), std::strerror(error));
      return;
    }
    const Napi::Object self = info.This().As<Napi::Object>();
    self.Set("port", Napi::Number::New(info.Env(), local.port()));
    self.Set("segments", Napi::Boolean::New(info.Env(), socket_.segments()));
    self.Set("coalesces", Napi::Boolean::New(info.Env(), socket_.coalesces()));
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "LimitSocket",
                       {InstanceMethod<&LimitObject::send>("send"), InstanceMethod<&LimitObject::receive>("receive")});
  }

 private:
  // send({ host, port, frameBytes, messageBytes, seconds }) -> { bytes, messages, seconds, checksum }
  Napi::Value send(const Napi::CallbackInfo& info) {
    const LimitOptions options = options_of(info[0].As<Napi::Object>());
    const bool sound =
        options.peer.length != 0 && options.frame_bytes >= kMinFrameBytes && options.frame_bytes <= kMaxFrameBytes;
    if (!sound) {
      fail(info.Env(), "limit options out of range");
      return info.Env().Undefined();
    }
    return result(info.Env(), socket_.send(options));
  }

  // receive({ messageBytes, seconds }) -> the same
  Napi::Value receive(const Napi::CallbackInfo& info) {
    return result(info.Env(), socket_.receive(options_of(info[0].As<Napi::Object>())));
  }

  static LimitOptions options_of(const Napi::Object& given) {
    LimitOptions options{};
    if (!parse_address(text(given, "host"), static_cast<uint16_t>(number(given, "port")), options.peer))
      options.peer.length = 0;
    options.frame_bytes = number(given, "frameBytes");
    options.message_bytes = number(given, "messageBytes");
    options.seconds = real(given, "seconds");
    return options;
  }

  static Napi::Value result(Napi::Env env, const LimitResult& from) {
    const Napi::Object out = Napi::Object::New(env);
    out.Set("bytes", Napi::Number::New(env, static_cast<double>(from.bytes)));
    out.Set("messages", Napi::Number::New(env, static_cast<double>(from.messages)));
    out.Set("seconds", Napi::Number::New(env, from.seconds));
    out.Set("checksum", Napi::Number::New(env, static_cast<double>(from.checksum)));
    return out;
  }

  LimitSocket socket_;
};

}  // namespace

void define_limit_functions(Napi::Env env, Napi::Object exports) {
  exports.Set("LimitSocket", LimitObject::define(env));
}

}  // namespace consort

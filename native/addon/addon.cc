// What the addon exports. It is loaded by one file, ts/data-plane/addon-loader.ts; nothing here is called per message.
//
//   Plane             a member's sockets and views          (plane_object.cc)
//   Core              one view without I/O, for tests       (core_object.cc)
//   LimitSocket       the bench's limit row                (limit_functions.cc)
//   threadCpuMicros   CPU time of the calling thread
#include <napi.h>

#include <ctime>

#include "addon/core_object.h"
#include "addon/limit_functions.h"
#include "addon/plane_object.h"

namespace consort {
namespace {

Napi::Value thread_cpu_micros(const Napi::CallbackInfo& info) {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return Napi::Number::New(info.Env(),
                           static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Plane", define_plane(env));
  exports.Set("Core", define_core(env));
  exports.Set("threadCpuMicros", Napi::Function::New(env, thread_cpu_micros, "threadCpuMicros"));
  define_limit_functions(env, exports);
  return exports;
}

}  // namespace
}  // namespace consort

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return consort::init(env, exports); }
NODE_API_MODULE(consort, InitModule)

#include "addon/plane_host.h"

#include <algorithm>

#include "io/clock.h"

namespace consort {

PlaneHost::PlaneHost(Napi::Env env, const Napi::Function& on_ready, Napi::Int32Array awake)
    : env_(env),
      async_context_(env, "consort:plane"),
      on_ready_(Napi::Persistent(on_ready)),
      awake_(Napi::Reference<Napi::Int32Array>::New(awake, 1)),
      slot_(reinterpret_cast<uint32_t*>(awake.Data())) {}

PlaneHost::~PlaneHost() {
  // References can't be given back to an environment that is ending: it drops them itself.
  if (!env_ending_) return;
  on_ready_.SuppressDestruct();
  awake_.SuppressDestruct();
  for (Kept& each : kept_) each.memory.SuppressDestruct();
}

PlaneHost* PlaneHost::open(Napi::Env env, const Options& options, Napi::Int32Array awake,
                           const Napi::Function& on_ready, int& error, std::string& failed_call) {
  auto* host = new PlaneHost(env, on_ready, awake);
  error = host->start(options, failed_call);
  if (error == 0) return host;
  host->loop_->close([host] { delete host; });
  return nullptr;
}

int PlaneHost::start(const Options& options, std::string& failed_call) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env_, &loop);
  loop_ = std::make_unique<EventLoop>(loop, EventLoop::Callbacks{
                                                [this] { tell_script(); },
                                                [this](bool readable) { step(readable, true); },
                                                [this] { endpoint_->note_error(); },
                                                [this] { step(true, true); },
                                            });
  endpoint_ = std::make_unique<Endpoint>(options.endpoint, slot_);
  if (const int error = endpoint_->open(failed_call); error != 0) return error;
  failed_call = "uv";
  if (const int error = loop_->open(); error != 0) return -error;
  if (options.threaded) {
    thread_ = std::make_unique<IoThread>(*endpoint_, slot_, [this] {
      if (note_progress()) loop_->notify();
    });
    thread_->start();
  } else if (const int error = loop_->watch(endpoint_->fd(), endpoint_->group_fd()); error != 0) {
    return -error;
  }
  napi_add_async_cleanup_hook(
      env_,
      [](napi_async_cleanup_hook_handle, void* data) {
        auto* host = static_cast<PlaneHost*>(data);
        host->env_ending_ = true;
        host->begin_close();
      },
      this, &cleanup_);
  return 0;
}

void PlaneHost::flush() {
  if (closing_) return;
  if (thread_ != nullptr) {
    thread_->flush();
  } else {
    // JavaScript is on the stack: it is told later, by the loop.
    step(true, false);
  }
}

void PlaneHost::step(bool readable, bool may_call) {
  if (closing_) return;
  const Micros deadline = endpoint_->step(readable);
  if (endpoint_->has_news_for_script() && note_progress()) {
    if (may_call) {
      tell_script();
      if (closing_) return;
    } else {
      loop_->notify();
    }
  }
  loop_->want_room(endpoint_->blocked());
  loop_->wake_at(deadline, now_us());
}

// Counts a step that JavaScript should look at; true if it listens and has to be told.
bool PlaneHost::note_progress() {
  slot_.increment(kWordProgress);
  return slot_.exchange(kWordListening, 0) != 0;
}

void PlaneHost::tell_script() {
  if (closing_) return;
  const Napi::HandleScope scope(env_);
  napi_value global = nullptr;
  napi_value callback = nullptr;
  napi_value result = nullptr;
  // Not through Napi::Function: an environment that is being terminated refuses the call, and that is no error to
  // throw.
  if (napi_get_global(env_, &global) != napi_ok || napi_get_reference_value(env_, on_ready_, &callback) != napi_ok)
    return;
  if (napi_make_callback(env_, async_context_, global, callback, 0, nullptr, &result) != napi_pending_exception) return;
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
}

void PlaneHost::keep(uint32_t view, const Napi::Value& memory) {
  kept_.push_back({view, Napi::Reference<Napi::Value>::New(memory, 1)});
}

void PlaneHost::release(uint32_t view) {
  std::erase_if(kept_, [view](const Kept& each) { return each.view == view; });
}

Napi::Value PlaneHost::close(Napi::Env env) {
  closed_ = std::make_unique<Napi::Promise::Deferred>(Napi::Promise::Deferred::New(env));
  const Napi::Value promise = closed_->Promise();
  begin_close();
  return promise;
}

void PlaneHost::begin_close() {
  if (closing_) return;
  closing_ = true;
  if (thread_ != nullptr) thread_->stop();
  endpoint_->close();
  loop_->close([this] {
    if (closed_ != nullptr && !env_ending_) {
      const Napi::HandleScope scope(env_);
      // Resolving runs no JavaScript by itself; the callback scope lets the promise's reactions run.
      const Napi::CallbackScope callback_scope(env_, async_context_);
      closed_->Resolve(env_.Undefined());
    }
    if (cleanup_ != nullptr) napi_remove_async_cleanup_hook(cleanup_);
    delete this;
  });
}

}  // namespace consort

// A plane as JavaScript holds it: an endpoint, the thread or event loop that drives it, and the rings and counters that
// it was given.
//
//   JavaScript        flush() --------------------> step (single) or wake the thread (multi)
//   event loop        <------------------ onReady() once per batch, if `listening` was set
//
// No static state: any number of hosts live in one process and in any of its worker threads. A host lives from its
// creation to the end of close(), or to the end of its environment, whichever comes first.
#pragma once
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "addon/event_loop.h"
#include "io/endpoint.h"
#include "io/io_thread.h"

namespace consort {

class PlaneHost {
 public:
  struct Options {
    EndpointOptions endpoint;
    bool threaded;
  };

  // `awake` is the plane's own slot. On failure returns null and says why.
  static PlaneHost* open(Napi::Env env, const Options& options, Napi::Int32Array awake, const Napi::Function& on_ready,
                         int& error, std::string& failed_call);

  Endpoint& endpoint() { return *endpoint_; }
  bool closing() const { return closing_; }
  void flush();
  // Keeps memory of a view where it is until release().
  void keep(uint32_t view, const Napi::Value& memory);
  void release(uint32_t view);
  // Resolves when sockets, thread and handles are gone; the host deletes itself then.
  Napi::Value close(Napi::Env env);

 private:
  struct Kept {
    uint32_t view;
    Napi::Reference<Napi::Value> memory;
  };

  PlaneHost(Napi::Env env, const Napi::Function& on_ready, Napi::Int32Array awake);
  ~PlaneHost();
  int start(const Options& options, std::string& failed_call);
  void begin_close();
  // One turn of the plane on the event loop; tells JavaScript if it listens.
  void step(bool readable, bool may_call);
  void tell_script();
  bool note_progress();

  Napi::Env env_;
  Napi::AsyncContext async_context_;
  Napi::FunctionReference on_ready_;
  Napi::Reference<Napi::Int32Array> awake_;
  Slot slot_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<IoThread> thread_;
  std::vector<Kept> kept_;
  std::unique_ptr<Napi::Promise::Deferred> closed_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool env_ending_ = false;
  bool closing_ = false;
};

}  // namespace consort

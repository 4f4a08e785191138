// Thread mode `multi`: a thread that owns an endpoint's sockets, so that a busy event loop delays neither
// acknowledgements nor resends. Its TypeScript counterpart is a worker (ts/data-plane/typescript/io-worker.ts).
//
// Sleep and wake. Before it sleeps the thread sets `asleep`, then looks once more for work; JavaScript publishes, then
// looks at `asleep` and wakes the thread if it is set. One of the two sees the other.
#pragma once
#include <atomic>
#include <functional>
#include <thread>

#include "io/endpoint.h"
#include "io/waker.h"

namespace consort {

class IoThread {
 public:
  // `notify` is called on the thread when there is something for JavaScript.
  IoThread(Endpoint& endpoint, Slot plane_slot, std::function<void()> notify);
  ~IoThread() { stop(); }

  void start();
  // JavaScript has published or consumed. A sleeping thread takes long to wake: what is little goes out on the caller's
  // own thread, the rest is the I/O thread's work.
  void flush();
  void stop();

 private:
  void run();
  void wake();
  // Waits for the sockets, a wake-up or the deadline. Returns whether a socket may be readable.
  bool wait(Micros deadline);

  Endpoint& endpoint_;
  Slot plane_slot_;
  std::function<void()> notify_;
  Waker waker_;
  std::atomic<bool> stopping_{false};
  std::atomic<Micros> sleeping_until_{0};
  std::thread thread_;
};

}  // namespace consort

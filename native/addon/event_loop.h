// The handles of one plane on Node's event loop. In thread mode `single` they watch the sockets and the next deadline;
// in both modes `async` carries a notification to the loop. All handles are closed before the object may go.
#pragma once
#include <uv.h>

#include <functional>
#include <memory>

#include "core/limits.h"

namespace consort {

class EventLoop {
 public:
  struct Callbacks {
    std::function<void()> notified;             // notify() was called
    std::function<void(bool readable)> socket;  // a socket has something, or room
    std::function<void()> error;                // the socket has an error to tell; socket(true) follows
    std::function<void()> deadline;             // the time given to wake_at() has come
  };

  EventLoop(uv_loop_t* loop, Callbacks callbacks) : loop_(loop), callbacks_(std::move(callbacks)) {}

  // Returns 0 or a libuv error.
  int open();
  // Watches a socket; fd -1 is none.
  int watch(int fd, int group_fd);
  void want_room(bool wanted);
  void wake_at(Micros deadline, Micros now);
  // May be called on any thread.
  void notify() { uv_async_send(&async_); }
  // A plane that has been opened keeps the process alive until it is closed.
  void close(std::function<void()> closed);

 private:
  void start_poll(uv_poll_t& handle);
  void start_timer();

  uv_loop_t* loop_;
  Callbacks callbacks_;
  uv_async_t async_{};
  uv_timer_t timer_{};
  uv_poll_t socket_{};
  uv_poll_t group_{};
  uv_poll_t precise_{};  // a timerfd, where there is one: libuv's timers count milliseconds
  int timer_fd_ = -1;
  bool watching_ = false;
  bool watching_group_ = false;
  bool wants_room_ = false;
  Micros armed_for_ = kNever;
  int open_handles_ = 0;
  std::function<void()> closed_;
};

}  // namespace consort

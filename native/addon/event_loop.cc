#include "addon/event_loop.h"

#include <algorithm>

#if defined(__linux__) && !defined(CONSORT_PORTABLE)
#include <sys/timerfd.h>
#include <unistd.h>
#define CONSORT_TIMERFD 1
#endif

namespace consort {

int EventLoop::open() {
  async_.data = this;
  const int error = uv_async_init(
      loop_, &async_, [](uv_async_t* handle) { static_cast<EventLoop*>(handle->data)->callbacks_.notified(); });
  if (error == 0) open_handles_++;
  return error;
}

int EventLoop::watch(int fd, int group_fd) {
  socket_.data = group_.data = timer_.data = precise_.data = this;
  if (const int error = uv_poll_init(loop_, &socket_, fd); error != 0) return error;
  open_handles_++;
  watching_ = true;
  start_poll(socket_);
  if (group_fd >= 0) {
    if (const int error = uv_poll_init(loop_, &group_, group_fd); error != 0) return error;
    open_handles_++;
    watching_group_ = true;
    start_poll(group_);
  }
  start_timer();
  return 0;
}

void EventLoop::start_poll(uv_poll_t& handle) {
  const bool for_room = &handle == &socket_ && wants_room_;
  uv_poll_start(&handle, UV_READABLE | (for_room ? UV_WRITABLE : 0), [](uv_poll_t* poll, int status, int happened) {
    auto* self = static_cast<EventLoop*>(poll->data);
    if (status < 0) {
      // libuv watches a socket no more that has an error to tell: one that was refused is as good as before.
      self->start_poll(*poll);
      self->callbacks_.error();
    }
    self->callbacks_.socket(status < 0 || (happened & UV_READABLE) != 0);
  });
}

void EventLoop::start_timer() {
#ifdef CONSORT_TIMERFD
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer_fd_ >= 0 && uv_poll_init(loop_, &precise_, timer_fd_) == 0) {
    open_handles_++;
    uv_poll_start(&precise_, UV_READABLE, [](uv_poll_t* poll, int, int) {
      auto* self = static_cast<EventLoop*>(poll->data);
      uint64_t expirations = 0;
      if (read(self->timer_fd_, &expirations, sizeof expirations) < 0) return;
      self->armed_for_ = kNever;
      self->callbacks_.deadline();
    });
    return;
  }
  timer_fd_ = -1;
#endif
  uv_timer_init(loop_, &timer_);
  open_handles_++;
}

void EventLoop::want_room(bool wanted) {
  if (!watching_ || wanted == wants_room_) return;
  wants_room_ = wanted;
  start_poll(socket_);
}

// An earlier alarm than needed does no harm: re-arming costs a system call, so only what is sooner than the alarm that
// stands is set.
void EventLoop::wake_at(Micros deadline, Micros now) {
  if (deadline >= armed_for_ || !watching_) return;
  armed_for_ = deadline;
  const Micros left = std::max<Micros>(deadline - std::min(deadline, now), 1);
#ifdef CONSORT_TIMERFD
  if (timer_fd_ >= 0) {
    itimerspec time{};
    time.it_value = {static_cast<time_t>(left / 1'000'000), static_cast<long>(left % 1'000'000 * 1'000)};
    timerfd_settime(timer_fd_, 0, &time, nullptr);
    return;
  }
#endif
  uv_timer_start(
      &timer_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<EventLoop*>(timer->data);
        self->armed_for_ = kNever;
        self->callbacks_.deadline();
      },
      (left + 999) / 1'000, 0);
}

void EventLoop::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  const auto on_close = [](uv_handle_t* handle) {
    auto* self = static_cast<EventLoop*>(handle->data);
    if (--self->open_handles_ > 0) return;
#ifdef CONSORT_TIMERFD
    if (self->timer_fd_ >= 0) ::close(self->timer_fd_);
#endif
    // The callback may delete this.
    const auto callback = std::move(self->closed_);
    callback();
  };
  if (open_handles_ == 0) {
    const auto callback = std::move(closed_);
    return callback();
  }
  const auto close_one = [&on_close](auto& handle) { uv_close(reinterpret_cast<uv_handle_t*>(&handle), on_close); };
  if (watching_) close_one(socket_);
  if (watching_group_) close_one(group_);
  if (watching_ && timer_fd_ >= 0) close_one(precise_);
  if (watching_ && timer_fd_ < 0) close_one(timer_);
  watching_ = watching_group_ = false;
  close_one(async_);
}

}  // namespace consort

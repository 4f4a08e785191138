#include "io/io_thread.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "io/clock.h"

namespace consort {
namespace {

// So long after the last datagram there is still traffic.
constexpr Micros kActiveUs = 100'000;

}  // namespace

IoThread::IoThread(Endpoint& endpoint, Slot plane_slot, std::function<void()> notify)
    : endpoint_(endpoint), plane_slot_(plane_slot), notify_(std::move(notify)) {}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}

void IoThread::flush() {
  // An awake thread looks for work before it sleeps.
  if (plane_slot_.load(kWordAsleep) == 0) return;
  Micros deadline = 0;
  if (!endpoint_.try_small_step(deadline) || deadline < sleeping_until_.load() || endpoint_.blocked()) wake();
}

void IoThread::wake() {
  if (plane_slot_.exchange(kWordAsleep, 0) != 0) waker_.wake();
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  waker_.wake();
  thread_.join();
}

void IoThread::run() {
  bool readable = true;
  Micros last_active = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    Micros deadline = endpoint_.step(readable);
    if (endpoint_.has_news_for_script()) notify_();
    if (deadline <= now_us()) {
      readable = true;
      continue;
    }
    // While there is traffic the thread looks up by itself in time for the first HEARTBEAT: so what JavaScript sends
    // seldom has to wake it.
    const Micros now = now_us();
    if (readable) last_active = now;
    if (now - last_active < kActiveUs) deadline = std::min(deadline, now + kHeartbeatMinUs);
    sleeping_until_.store(deadline);
    plane_slot_.exchange(kWordAsleep, 1);
    // What JavaScript published before it could see the flag.
    deadline = std::min(deadline, endpoint_.step(false));
    sleeping_until_.store(deadline);
    if (endpoint_.has_news_for_script()) notify_();
    readable = wait(deadline);
    plane_slot_.exchange(kWordAsleep, 0);
  }
}

bool IoThread::wait(Micros deadline) {
  const short socket_events = static_cast<short>(POLLIN | (endpoint_.blocked() ? POLLOUT : 0));
  pollfd watched[3] = {{waker_.fd(), POLLIN, 0}, {endpoint_.fd(), socket_events, 0}, {endpoint_.group_fd(), POLLIN, 0}};
  const nfds_t count = endpoint_.group_fd() >= 0 ? 3 : 2;
  const Micros now = now_us();
  const Micros left = deadline == kNever ? kNever : deadline - std::min(deadline, now);
#if defined(__linux__)
  const timespec time = {static_cast<time_t>(left / 1'000'000), static_cast<long>(left % 1'000'000 * 1'000)};
  ppoll(watched, count, left == kNever ? nullptr : &time, nullptr);
#else
  poll(watched, count, left == kNever ? -1 : static_cast<int>(std::min<Micros>((left + 999) / 1'000, 60'000)));
#endif
  if ((watched[0].revents & POLLIN) != 0) waker_.clear();
  if ((watched[1].revents & POLLERR) != 0) endpoint_.note_error();
  return (watched[1].revents & (POLLIN | POLLERR)) != 0 || (count == 3 && (watched[2].revents & POLLIN) != 0);
}

}  // namespace consort

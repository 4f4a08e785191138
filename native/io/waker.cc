#include "io/waker.h"

#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__) && !defined(CONSORT_PORTABLE)
#include <sys/eventfd.h>
#define CONSORT_EVENTFD 1
#endif

namespace consort {

#ifdef CONSORT_EVENTFD

Waker::Waker() : read_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), write_fd_(read_fd_) {}

Waker::~Waker() { close(read_fd_); }

#else

Waker::Waker() {
  int ends[2];
  if (pipe(ends) != 0) return;
  for (const int end : ends) {
    fcntl(end, F_SETFL, O_NONBLOCK);
    fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  read_fd_ = ends[0];
  write_fd_ = ends[1];
}

Waker::~Waker() {
  close(read_fd_);
  close(write_fd_);
}

#endif

void Waker::wake() const {
  const uint64_t one = 1;
  // A full pipe or counter is as good: the other side will wake.
  if (write(write_fd_, &one, sizeof one) < 0) return;
}

void Waker::clear() const {
  uint64_t sink[8];
  while (read(read_fd_, sink, sizeof sink) == static_cast<ssize_t>(sizeof sink)) {
  }
}

}  // namespace consort

// Lets one thread wake another that waits in poll(): an eventfd on Linux, a pipe elsewhere.
#pragma once
#include <cstdint>

namespace consort {

class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  int fd() const { return read_fd_; }
  void wake() const;
  void clear() const;

 private:
  int read_fd_ = -1;
  int write_fd_ = -1;
};

}  // namespace consort

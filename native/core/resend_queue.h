// Ranges that NAKs asked for and that wait to go out again, first come, first served. Twin:
// ts/data-plane/typescript/resend-queue.ts
#pragma once
#include <vector>

#include "core/frame.h"

namespace consort {

struct Resend {
  StreamKind kind;
  Rank origin;
  Rank to;    // who asked
  bool done;  // no bytes: say NAK_DONE, all before this have gone out
  uint32_t serial;
  Position from;
  Position end;
};

// A ring of kMaxResends entries. When it is full what comes is dropped: the requester asks again.
class ResendQueue {
 public:
  ResendQueue() : entries_(kMaxResends) {}

  bool push(const Resend& resend) {
    if (count_ == kMaxResends) return false;
    entries_[(first_ + count_) % kMaxResends] = resend;
    count_++;
    return true;
  }
  uint32_t size() const { return count_; }
  Resend& at(uint32_t index) { return entries_[(first_ + index) % kMaxResends]; }
  void drop(uint32_t count) {
    first_ = (first_ + count) % kMaxResends;
    count_ -= count;
  }

 private:
  std::vector<Resend> entries_;
  uint32_t first_ = 0;
  uint32_t count_ = 0;
};

}  // namespace consort

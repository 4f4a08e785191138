#include "core/resend_queue.h"

#include <deque>
#include <random>

#include "test/check.h"

namespace consort {
namespace {

Resend entry(uint32_t serial) { return {StreamKind::kCast, 0, 1, false, serial, 0, 8}; }

TEST("what is pushed comes out in order") {
  ResendQueue queue;
  CHECK_EQ(queue.size(), 0u);
  for (uint32_t i = 0; i < 10; i++) CHECK(queue.push(entry(i)));
  CHECK_EQ(queue.size(), 10u);
  queue.drop(3);
  for (uint32_t i = 0; i < 7; i++) CHECK_EQ(queue.at(i).serial, i + 3);
}

TEST("a full queue refuses, and keeps what it has") {
  ResendQueue queue;
  for (uint32_t i = 0; i < kMaxResends; i++) CHECK(queue.push(entry(i)));
  CHECK(!queue.push(entry(99)));
  CHECK_EQ(queue.size(), kMaxResends);
  for (uint32_t i = 0; i < kMaxResends; i++) CHECK_EQ(queue.at(i).serial, i);
  queue.drop(1);
  CHECK(queue.push(entry(kMaxResends)));
  CHECK_EQ(queue.at(kMaxResends - 1).serial, kMaxResends);
}

TEST("an entry can be shortened in place") {
  ResendQueue queue;
  queue.push(entry(1));
  queue.at(0).from = 4;
  CHECK_EQ(queue.at(0).from, 4u);
}

TEST("random pushes and drops agree with a deque, round and round the ring") {
  ResendQueue queue;
  std::deque<uint32_t> model;
  std::mt19937 random(1);
  uint32_t serial = 0;
  for (int step = 0; step < 2000; step++) {
    for (uint32_t n = random() % 200; n > 0; n--) {
      const bool took = queue.push(entry(serial));
      CHECK_EQ(took, model.size() < kMaxResends);
      if (took) model.push_back(serial);
      serial++;
    }
    const uint32_t gone = random() % 200 % (queue.size() + 1);
    queue.drop(gone);
    model.erase(model.begin(), model.begin() + gone);
    CHECK_EQ(queue.size(), model.size());
    if (!model.empty()) {
      CHECK_EQ(queue.at(0).serial, model.front());
      CHECK_EQ(queue.at(queue.size() - 1).serial, model.back());
    }
  }
  CHECK(serial > 4 * kMaxResends);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

#include "core/random.h"

#include <set>

#include "test/check.h"

namespace consort {
namespace {

TEST("the same seed gives the numbers that Marsaglia's xorshift32 gives") {
  Random random(1);
  CHECK_EQ(random.next(), 270369u);
  CHECK_EQ(random.next(), 67634689u);
  CHECK_EQ(random.next(), 2647435461u);
  CHECK_EQ(random.next(), 307599695u);
}

TEST("seed 0, which would stay 0 for ever, is replaced") {
  Random random(0);
  CHECK(random.next() != 0);
  CHECK(random.next() != random.next());
}

TEST("below() stays below its bound and reaches every value") {
  Random random(7);
  std::set<uint32_t> found;
  for (int i = 0; i < 1000; i++) {
    const uint32_t value = random.below(10);
    CHECK(value < 10);
    found.insert(value);
  }
  CHECK_EQ(found.size(), 10u);
  CHECK_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

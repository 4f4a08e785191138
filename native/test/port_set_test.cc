// Ports in memory that somebody else changes.
#include "core/port_set.h"

#include "test/check.h"

namespace consort {
namespace {

TEST("a set has the ports whose bits are set, and no others") {
  uint32_t words[kPortSetWords] = {};
  const PortSet set(words);
  CHECK(set.exists());
  words[0] = 1u | 1u << 31;
  words[1] = 2;
  words[kPortSetWords - 1] = 1u << 31;
  for (uint32_t port = 0; port < 65536; port++) {
    const bool added = port == 0 || port == 31 || port == 33 || port == 65535;
    CHECK_EQ(set.has(static_cast<uint16_t>(port)), added);
  }
  words[1] = 0;
  CHECK(!set.has(33));
}

TEST("a set without memory is empty") {
  const PortSet set;
  CHECK(!set.exists());
  CHECK(!set.has(0));
  CHECK(!set.has(65535));
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

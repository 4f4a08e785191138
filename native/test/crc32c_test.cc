#include "core/crc32c.h"

#include <vector>

#include "test/check.h"

namespace consort {
namespace {

// The check values of RFC 3720, appendix B.4, and of the catalogue of parametrised CRC algorithms.
TEST("crc32c gives the published check values") {
  CHECK_EQ(crc32c(reinterpret_cast<const uint8_t*>("123456789"), 9), 0xE3069283u);
  std::vector<uint8_t> bytes(32, 0);
  CHECK_EQ(crc32c(bytes.data(), 32), 0x8A9136AAu);
  bytes.assign(32, 0xFF);
  CHECK_EQ(crc32c(bytes.data(), 32), 0x62A8AB43u);
  for (uint8_t i = 0; i < 32; i++) bytes[i] = i;
  CHECK_EQ(crc32c(bytes.data(), 32), 0x46DD794Eu);
  for (uint8_t i = 0; i < 32; i++) bytes[i] = static_cast<uint8_t>(31 - i);
  CHECK_EQ(crc32c(bytes.data(), 32), 0x113FDB5Cu);
}

TEST("crc32c of nothing is what came before") {
  CHECK_EQ(crc32c(nullptr, 0), 0u);
  CHECK_EQ(crc32c(nullptr, 0, 0x12345678), 0x12345678u);
}

TEST("crc32c in two steps equals one step, wherever it is cut and however it is aligned") {
  std::vector<uint8_t> bytes(97);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(i * 37 + 11);
  for (size_t start = 0; start < 9; start++) {
    const size_t length = bytes.size() - start;
    const uint32_t whole = crc32c(bytes.data() + start, length);
    for (size_t at = 0; at <= length; at++) {
      CHECK_EQ(crc32c(bytes.data() + start + at, length - at, crc32c(bytes.data() + start, at)), whole);
    }
  }
}

TEST("crc32c notices every single flipped bit") {
  std::vector<uint8_t> bytes(41, 0x5A);
  const uint32_t before = crc32c(bytes.data(), bytes.size());
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK(crc32c(bytes.data(), bytes.size()) != before);
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

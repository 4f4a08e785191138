#include "core/ring.h"

#include <vector>

#include "test/check.h"

namespace consort {
namespace {

constexpr uint32_t kBytes = kMinRingBytes;

TEST("a ring's size is a power of two between the bounds") {
  CHECK(Ring::valid_size(kMinRingBytes));
  CHECK(Ring::valid_size(kMaxRingBytes));
  CHECK(!Ring::valid_size(0));
  CHECK(!Ring::valid_size(kMinRingBytes / 2));
  CHECK(!Ring::valid_size(uint64_t{kMaxRingBytes} * 2));
  CHECK(!Ring::valid_size(kMinRingBytes + 8));
  CHECK(!Ring::valid_size(uint64_t{1} << 32));
}

TEST("a position lives at the position modulo the size, beyond 2^32 too") {
  std::vector<uint8_t> memory(kBytes);
  const Ring ring(memory.data(), kBytes);
  CHECK_EQ(ring.at(0), memory.data());
  CHECK_EQ(ring.at(kBytes), memory.data());
  CHECK_EQ(ring.at((uint64_t{1} << 32) + 16), memory.data() + 16);
  CHECK_EQ(ring.at(kMaxPosition - 7), memory.data() + kBytes - 8);
  CHECK_EQ(ring.contiguous(0), kBytes);
  CHECK_EQ(ring.contiguous(kBytes - 8), 8u);
  CHECK_EQ(ring.contiguous((uint64_t{1} << 40) + kBytes), kBytes);
}

TEST("what is copied in across the end comes out again in two pieces") {
  std::vector<uint8_t> memory(kBytes);
  const Ring ring(memory.data(), kBytes);
  std::vector<uint8_t> bytes(kBytes);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(i * 31 + i / 256);
  for (const uint32_t start : {0u, 8u, kBytes - 8, kBytes / 2}) {
    for (const uint32_t length : {8u, 16u, kBytes / 2, kBytes}) {
      memory.assign(kBytes, 0);
      ring.copy_in(uint64_t{3} * kBytes + start, bytes.data(), length);
      Piece pieces[2];
      const uint32_t count = ring.pieces(start, length, pieces);
      CHECK_EQ(count, start + length > kBytes ? 2u : 1u);
      std::vector<uint8_t> out;
      for (uint32_t i = 0; i < count; i++) out.insert(out.end(), pieces[i].data, pieces[i].data + pieces[i].bytes);
      CHECK_EQ(out.size(), length);
      CHECK(std::memcmp(out.data(), bytes.data(), length) == 0);
    }
  }
}

TEST("bytes that were received in place are left where they are") {
  std::vector<uint8_t> memory(kBytes, 7);
  const Ring ring(memory.data(), kBytes);
  ring.copy_in(kBytes + 64, memory.data() + 64, 128);
  for (const uint8_t byte : memory) CHECK_EQ(byte, 7);
}

}  // namespace
}  // namespace consort

CHECK_MAIN()

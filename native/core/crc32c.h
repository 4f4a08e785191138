// CRC-32C (Castagnoli) of a CHECKED frame. Twin: ts/data-plane/typescript/crc32c.ts
#pragma once
#include <cstddef>
#include <cstdint>

namespace consort {

// Continues from `crc`, the value returned for the bytes before; 0 to begin.
uint32_t crc32c(const uint8_t* bytes, size_t length, uint32_t crc = 0);

}  // namespace consort

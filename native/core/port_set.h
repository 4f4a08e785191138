// UDP ports in memory that JavaScript shares, one bit each: it may change them at any time, and who looks at a frame's
// port needs one load. Twin: ts/data-plane/typescript/port-set.ts
#pragma once
#include <atomic>
#include <cstdint>

namespace consort {

inline constexpr uint32_t kPortSetWords = 65536 / 32;

class PortSet {
 public:
  // Without memory, and always empty.
  PortSet() = default;
  // kPortSetWords words, which must stay where they are.
  explicit PortSet(uint32_t* words) : words_(words) {}

  // Whether any port may ever be in it.
  bool exists() const { return words_ != nullptr; }
  bool has(uint16_t port) const {
    if (words_ == nullptr) return false;
    const uint32_t word = std::atomic_ref<uint32_t>(words_[port / 32]).load(std::memory_order_relaxed);
    return (word >> (port % 32) & 1) != 0;
  }

 private:
  uint32_t* words_ = nullptr;
};

}  // namespace consort

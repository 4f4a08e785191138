// What JavaScript does with rings and slots, for tests: writes a stream whose every word says where it belongs, and
// checks it.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "core/counters.h"
#include "core/frame.h"
#include "core/ring.h"
#include "test/check.h"

namespace consort::test {

// The eight bytes at `position` of the stream named `key` (splitmix64): a byte that is misplaced, stale or another
// stream's shows.
inline uint64_t word_at(uint64_t key, Position position) {
  uint64_t z = key * 0x9E3779B97F4A7C15ull + position + 0x632BE59BD9B4E019ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

inline std::vector<uint8_t> bytes_at(uint64_t key, Position position, size_t length) {
  std::vector<uint8_t> bytes(length);
  for (size_t i = 0; i + 8 <= length; i += 8) store64(bytes.data() + i, word_at(key, position + i));
  return bytes;
}

inline uint64_t stream_key(Rank origin, StreamKind kind, Rank to) {
  return (static_cast<uint64_t>(origin) << 32) | (static_cast<uint64_t>(kind) << 16) |
         (is_pt2pt(kind) ? to : kAllRanks);
}

// A ring and a slot.
struct StreamMemory {
  explicit StreamMemory(uint32_t ring_bytes) : bytes(ring_bytes, uint8_t{0xEE}), words(kSlotWords, 0) {}
  Ring ring() { return Ring(bytes.data(), static_cast<uint32_t>(bytes.size())); }
  Slot slot() { return Slot(words.data()); }
  uint32_t word(uint32_t index) { return slot().load(index); }

  std::vector<uint8_t> bytes;
  std::vector<uint32_t> words;
};

class Writer {
 public:
  Writer(uint64_t key, uint32_t ring_bytes) : memory(ring_bytes), key_(key) {}

  Position written() const { return written_; }
  Position limit() { return limit_ = memory.slot().extend(kWordFromPlane, limit_, UINT32_MAX); }
  Position room() { return limit() - written_; }
  Position stable() { return stable_ = memory.slot().extend(kWordStable, stable_, UINT32_MAX); }

  // Writes and publishes; the caller has looked at room().
  void write(Position length) {
    for (Position end = written_ + length; written_ < end; written_ += 8)
      store64(memory.ring().at(written_), word_at(key_, written_));
    memory.slot().store(kWordFromScript, written_);
  }
  // Publishes whatever the ring holds, to get far along cheaply.
  void skip(Position length) {
    written_ += length;
    memory.slot().store(kWordFromScript, written_);
  }

  StreamMemory memory;

 private:
  uint64_t key_;
  Position written_ = 0;
  Position limit_ = 0;
  Position stable_ = 0;
};

class Reader {
 public:
  Reader(uint64_t key, uint32_t ring_bytes) : memory(ring_bytes), key_(key) {}

  Position consumed() const { return consumed_; }
  Position received() { return received_ = memory.slot().extend(kWordFromPlane, received_, UINT32_MAX); }
  Position stable() { return stable_ = memory.slot().extend(kWordStable, stable_, UINT32_MAX); }

  // Checks up to `most` bytes that have arrived, and consumes them. Returns how many.
  Position read(Position most = UINT64_MAX) {
    const Position end = std::min(received(), most > UINT64_MAX - consumed_ ? UINT64_MAX : consumed_ + most);
    const Position from = consumed_;
    CHECK(end - from <= memory.bytes.size());
    for (; consumed_ < end; consumed_ += 8) {
      if (load64(memory.ring().at(consumed_)) != word_at(key_, consumed_)) {
        fail(__FILE__, __LINE__,
             "wrong bytes at position " + std::to_string(consumed_) + " of stream " + std::to_string(key_));
      }
    }
    memory.slot().store(kWordFromScript, consumed_);
    return end - from;
  }
  // Consumes without looking.
  void skip() {
    consumed_ = received();
    memory.slot().store(kWordFromScript, consumed_);
  }

  StreamMemory memory;

 private:
  uint64_t key_;
  Position consumed_ = 0;
  Position received_ = 0;
  Position stable_ = 0;
};

}  // namespace consort::test

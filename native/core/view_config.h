// What is agreed of a view before its first frame. Twin: ts/data-plane/typescript/view-config.ts
#pragma once
#include "core/frame.h"

namespace consort {

struct ViewConfig {
  uint64_t connection;  // names the view, its group and key
  Rank my_rank;
  uint32_t members;  // 1 .. kMaxMembers
  uint32_t
      frame_bytes;  // the largest frame to send, trailer included; kMinFrameBytes .. kMaxFrameBytes, a multiple of 8
  uint32_t max_window;  // bytes of a stream on their way at most
  bool checked;         // whether frames carry a checksum, and must
  uint32_t seed;
  bool prompt = false;  // of casts, what has arrived here and what is stable is told in the step in which it grew

  // Whether news of streams of this kind is told at once.
  bool is_prompt(StreamKind kind) const { return prompt && kind == StreamKind::kCast; }
};

// Where in a table of a view's streams one is found.
inline size_t index_of(StreamKind kind, Rank rank) {
  return static_cast<size_t>(rank) * kStreamKinds + static_cast<size_t>(kind);
}

}  // namespace consort

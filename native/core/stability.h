// What each receiver of one of my streams has said that it has. Twin: ts/data-plane/typescript/stability.ts
//
//   0 ......... consumed ......... received ......... seen ......... sent
//     handled by    |   all arrived    |   holes in here  |  on its way
//
// The smallest `received` over all who have not failed is the stable position.
#pragma once
#include <vector>

#include "core/limits.h"

namespace consort {

class Stability {
 public:
  struct Row {
    Rank rank;
    bool live;
    Position received;
    Position consumed;
    Position seen;
  };

  explicit Stability(std::vector<Rank> receivers);

  // News from a receiver; what is older than known changes nothing. Returns whether anything grew; false for a stranger.
  bool update(Rank rank, Position received, Position consumed, Position seen);

  // A failed receiver no longer holds anything back.
  void exclude(Rank rank);

  // The smallest over the live receivers; `none` when there are none.
  Position received(Position none) const { return live_ == 0 ? none : received_; }
  Position consumed(Position none) const { return live_ == 0 ? none : consumed_; }
  Position seen(Position none) const { return live_ == 0 ? none : seen_; }

  const std::vector<Row>& rows() const { return rows_; }
  // The ranks of the live receivers.
  const std::vector<Rank>& live() const { return live_ranks_; }
  const Row* find(Rank rank) const;

 private:
  void recompute();

  std::vector<Row> rows_;
  std::vector<Rank> live_ranks_;
  uint32_t live_ = 0;
  Position received_ = 0;
  Position consumed_ = 0;
  Position seen_ = 0;
};

}  // namespace consort

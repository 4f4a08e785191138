// What each receiver of one of my streams has said that it has. Twin: ts/data-plane/typescript/stability.ts
//
//   0 ......... consumed ......... received ......... seen ......... sent
//     handled by    |   all arrived    |   holes in here  |  on its way
//
// The smallest `received` over all who have not failed is the stable position. Over all, the failed ones too, it is the
// safe position: who was taken for failed may be on the other side of a partition, and lives.
#pragma once
#include <vector>

#include "core/frame.h"

namespace consort {

class Stability {
 public:
  struct Row {
    Rank rank;
    bool live;
    Position received;
    Position consumed;
    Position seen;
    Position told_stable;  // of what I told it about the stable position, the last that it has confirmed
    Position lost;         // bytes that it asked for again in this round
  };

  explicit Stability(std::vector<Rank> receivers);

  // News from a receiver; what is older than known changes nothing. Returns whether anything grew; false for a
  // stranger.
  bool update(Rank rank, const Progress& progress);

  // Bytes that a receiver asked for again, until the round is over.
  void note_lost(Rank rank, Position bytes);
  // The most that any live receiver asked for again; begins the next round.
  Position take_lost();

  // A failed receiver no longer holds anything back.
  void exclude(Rank rank);

  // The smallest over the live receivers; `none` when there are none.
  Position received(Position none) const { return live_ranks_.empty() ? none : received_; }
  // The smallest over all receivers, whoever has failed.
  Position safe(Position none) const { return rows_.empty() ? none : received_of_all_; }
  Position consumed(Position none) const { return live_ranks_.empty() ? none : consumed_; }
  Position seen(Position none) const { return live_ranks_.empty() ? none : seen_; }
  Position told_stable(Position none) const { return live_ranks_.empty() ? none : told_stable_; }

  const std::vector<Row>& rows() const { return rows_; }
  // The ranks of the live receivers.
  const std::vector<Rank>& live() const { return live_ranks_; }
  const Row* find(Rank rank) const;

 private:
  void recompute();

  std::vector<Row> rows_;
  std::vector<Rank> live_ranks_;
  Position received_ = 0;
  Position received_of_all_ = 0;
  Position consumed_ = 0;
  Position seen_ = 0;
  Position told_stable_ = 0;
};

}  // namespace consort

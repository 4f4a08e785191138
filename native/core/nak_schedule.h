// When what of a stream is asked for. Twin: ts/data-plane/typescript/nak-schedule.ts
//
// The first time a gap is noticed it is asked for after a short random delay; `frontier_` is the position up to which
// gaps were asked for. Each NAK covers a region and stays outstanding until the region is whole. NAK_DONE with its
// serial means that the resends are behind us, so what is still missing was lost again: it is asked for at once, with a
// new serial. Without an answer the NAK is repeated after a time-out with back-off, under the serial it has: the one
// who is asked sends the bytes once for a serial, and says NAK_DONE again where it has done so.
//
// Allocates nothing after construction.
#pragma once
#include <algorithm>
#include <vector>

#include "core/intervals.h"
#include "core/nak.h"
#include "core/random.h"

namespace consort {

// Of the stream: `received` is where its first gap begins, `edge` the end of what can be asked for.
class NakSchedule {
 public:
  explicit NakSchedule(const Intervals& intervals) : intervals_(intervals) {
    outstanding_.reserve(kMaxOutstandingNaks);
  }

  // Nothing beyond the frontier is about to be asked for: who sees that there is more says so, by note_edge or
  // note_room.
  bool is_idle() const { return first_at_ == kNever; }
  // There may be a gap that was not asked for yet: see that it will be.
  void note_edge(Position received, Position edge, Micros now, Random& random) {
    if (has_unasked(received, edge)) first_at_ = now + random.below(kNakDelayUs + 1);
  }
  // There is room for more of what was announced long ago.
  void note_room(Position received, Position edge) {
    if (has_unasked(received, edge)) first_at_ = 0;
  }
  void handle_done(uint32_t serial);
  // Nothing at or beyond `cut` is asked for any more.
  void cut_at(Position cut);
  // Asks for what is missing again, at once: the one who is asked has changed.
  void ask_again(Position received, Position edge);

  // When the next NAK is due.
  Micros deadline() const { return outstanding_.empty() ? first_at_ : next_deadline(); }
  // The next NAK that is due, if any. `retry_us`: how long an answer may take at least.
  bool poll(Position received, Position edge, Micros now, Micros retry_us, Nak& nak) {
    return poll_repeat(received, now, retry_us, nak) || poll_first(received, edge, now, retry_us, nak);
  }

 private:
  // A region [from, to) that was asked for and is not whole yet.
  struct Outstanding {
    uint32_t serial;
    bool done;           // NAK_DONE has come
    bool answered;       // and was looked at: the next NAK is a new question
    uint32_t attempt;    // repeats for want of an answer
    uint32_t fruitless;  // answers after which as much was missing as before
    Position missing;    // bytes asked for
    Position from;
    Position to;
    Micros deadline;
  };

  bool has_unasked(Position received, Position edge) const { return is_idle() && edge > std::max(frontier_, received); }
  Micros next_deadline() const;
  bool poll_repeat(Position received, Micros now, Micros retry_us, Nak& nak);
  bool poll_first(Position received, Position edge, Micros now, Micros retry_us, Nak& nak);

  const Intervals& intervals_;
  Position frontier_ = 0;
  Micros first_at_ = kNever;  // when gaps beyond the frontier are asked for
  uint32_t next_serial_ = 1;
  std::vector<Outstanding> outstanding_;  // at most kMaxOutstandingNaks, oldest first
};

}  // namespace consort

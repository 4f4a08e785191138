// Another member's stream as it arrives here: bytes go straight to their place in the ring, gaps are found and asked
// for. Twin: ts/data-plane/typescript/receive-stream.ts
//
//   - consumed ------ received ~~~~ gap ~~~~ [interval) ~~ gap ~~ [interval) ---- seen ---- announced
//     JavaScript        all before this       arrived out of order                 last      told by a HEARTBEAT, or by
//     is here           has arrived                                                byte      the cut of a view change
//
// NAKs. The first time a gap is noticed it is asked for after a short random delay; `frontier_` is the position up to
// which gaps were asked for. Each NAK covers a region and stays outstanding until the region is whole. NAK_DONE with
// its serial means that the resends are behind us, so what is still missing was lost again: it is asked for at once,
// with a new serial. Without an answer the NAK is repeated after a time-out with back-off, under the serial it has: the
// one who is asked sends the bytes once for a serial, and says NAK_DONE again where it has done so.
#pragma once
#include <algorithm>
#include <vector>

#include "core/counters.h"
#include "core/frame.h"
#include "core/random.h"
#include "core/ring.h"

namespace consort {

class ReceiveStream {
 public:
  // kOverrun: beyond what flow control allows, or one gap too many; as if it was lost.
  enum class Placed { kNew, kDuplicate, kOverrun };
  struct Interval {
    Position start;
    Position end;
  };
  struct Nak {
    uint32_t serial;
    uint32_t count;
    Range ranges[kMaxNakRanges];
  };

  ReceiveStream(StreamKind kind, Rank origin, Ring ring, Slot slot);

  StreamKind kind() const { return kind_; }
  Rank origin() const { return origin_; }
  const Ring& ring() const { return ring_; }
  Position received() const { return received_; }
  Position consumed() const { return consumed_; }
  Position seen() const { return seen_; }
  // The ring still holds [retained(), received()): what others may fetch from here when the origin has failed.
  Position retained() const { return written_ > ring_.bytes() ? written_ - ring_.bytes() : 0; }

  // Takes in what JavaScript has consumed since.
  void refresh() {
    const Position before = consumed_;
    consumed_ = slot_.extend(kWordFromScript, consumed_, static_cast<uint32_t>(received_ - consumed_));
    // There is room for more of what was announced.
    if (consumed_ != before && first_nak_at_ == kNever && edge() > std::max(frontier_, received_)) first_nak_at_ = 0;
  }

  // Lets JavaScript see how many frames have come from the origin.
  void note_heard(uint32_t frames) const { slot_.note(kWordHeard, frames); }

  Placed handle_data(Position position, const uint8_t* bytes, uint32_t length, Micros now, Random& random);
  // How much of the stream is known to be everywhere, as the origin told.
  Position stable() const { return stable_; }
  // The origin's HEARTBEAT, or the cut: the stream reaches up to `sent`. False if that is beyond what flow control
  // allows.
  bool handle_announced(Position sent, Position stable, Micros now, Random& random);
  // The stream is to be had up to here, whatever the origin could say of it.
  void expect(Position up_to) { announced_ = std::max(announced_, std::min(up_to, cut_)); }
  void handle_nak_done(uint32_t serial);
  // The stream ends here: what has arrived beyond is forgotten, nothing beyond is taken in or asked for any more.
  void stop_at(Position cut);
  // Asks for what is missing again, at once: the one who is asked has changed.
  void ask_again();

  // The next NAK that is due, if any. `retry_us`: how long an answer may take at least.
  bool poll_nak(Micros now, Micros retry_us, Nak& nak);
  Micros nak_deadline() const;

 private:
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

  Placed insert(Position start, Position end);
  void note_seen(Position end);
  void absorb();
  void note_edge(Micros now, Random& random);
  // The end of what can be asked for: what is known to be there, as far as there is room for it.
  Position edge() const { return std::min(std::max(seen_, announced_), consumed_ + ring_.bytes()); }
  // Collects what is missing in [from, to); returns the end of what was looked at (before `to` if ranges ran out).
  Position collect_missing(Position from, Position to, Nak& nak) const;
  bool poll_repeat(Micros now, Micros retry_us, Nak& nak);
  bool poll_first(Micros now, Micros retry_us, Nak& nak);

  StreamKind kind_;
  Rank origin_;
  Ring ring_;
  Slot slot_;
  Position received_ = 0;
  Position consumed_ = 0;
  Position seen_ = 0;
  Position written_ = 0;  // as seen_, but not drawn back to the cut: ring bytes before written_ - ring are gone
  Position announced_ = 0;
  Position stable_ = 0;
  Position cut_ = kMaxPosition;
  std::vector<Interval> intervals_;  // sorted, apart, all beyond received_; at most kMaxIntervals

  Position frontier_ = 0;
  Micros first_nak_at_ = kNever;
  uint32_t next_serial_ = 1;
  std::vector<Outstanding> outstanding_;  // at most kMaxOutstandingNaks, oldest first
};

}  // namespace consort

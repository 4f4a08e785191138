// Another member's stream as it arrives here: bytes go straight to their place in the ring, gaps are found and asked
// for (nak_schedule.h). Twin: ts/data-plane/typescript/receive-stream.ts
//
//   - consumed ------ received ~~~~ gap ~~~~ [interval) ~~ gap ~~ [interval) ---- seen ---- announced
//     JavaScript        all before this       arrived out of order                 last      told by a HEARTBEAT, or by
//     is here           has arrived                                                byte      the cut of a view change
#pragma once
#include <algorithm>

#include "core/counters.h"
#include "core/frame.h"
#include "core/intervals.h"
#include "core/nak_schedule.h"
#include "core/random.h"
#include "core/ring.h"

namespace consort {

class ReceiveStream {
 public:
  ReceiveStream(StreamKind kind, Rank origin, Ring ring, Slot slot)
      : kind_(kind), origin_(origin), ring_(ring), slot_(slot) {}
  // Its parts refer to each other.
  ReceiveStream(const ReceiveStream&) = delete;
  ReceiveStream& operator=(const ReceiveStream&) = delete;

  StreamKind kind() const { return kind_; }
  Rank origin() const { return origin_; }
  const Ring& ring() const { return ring_; }
  Position received() const { return received_; }
  Position consumed() const { return consumed_; }
  Position seen() const { return seen_; }
  // How much of the stream is known to be everywhere, as the origin told.
  Position stable() const { return stable_; }
  // The ring still holds [retained(), received()): what others may fetch from here when the origin has failed.
  Position retained() const { return written_ > ring_.bytes() ? written_ - ring_.bytes() : 0; }

  // Takes in what JavaScript has consumed since.
  void refresh() {
    const Position before = consumed_;
    consumed_ = slot_.extend(kWordFromScript, consumed_, static_cast<uint32_t>(received_ - consumed_));
    if (consumed_ != before && naks_.is_idle()) naks_.note_room(received_, edge());
  }

  // Lets JavaScript see how many frames have come from the origin.
  void note_heard(uint32_t frames) const { slot_.note(kWordHeard, frames); }

  // DATA: `length` bytes of the stream at `position`.
  Placed handle_data(Position position, const uint8_t* bytes, uint32_t length, Micros now, Random& random);
  // The origin's HEARTBEAT, or the cut: the stream reaches up to `sent`. False if that is beyond what flow control
  // allows.
  bool handle_announced(Position sent, Position stable, Micros now, Random& random);
  // The stream is to be had up to here, whatever the origin could say of it.
  void expect(Position up_to) { announced_ = std::max(announced_, std::min(up_to, cut_)); }
  void handle_nak_done(uint32_t serial) { naks_.handle_done(serial); }
  // The stream ends here: what has arrived beyond is forgotten, nothing beyond is taken in or asked for any more.
  void stop_at(Position cut);
  // Asks for what is missing again, at once: the one who is asked has changed.
  void ask_again() { naks_.ask_again(received_, edge()); }

  // The next NAK that is due, if any. `retry_us`: how long an answer may take at least.
  bool poll_nak(Micros now, Micros retry_us, Nak& nak) { return naks_.poll(received_, edge(), now, retry_us, nak); }
  Micros nak_deadline() const { return naks_.deadline(); }

 private:
  void note_seen(Position end);
  // The end of what can be asked for: what is known to be there, as far as there is room for it.
  Position edge() const { return std::min(std::max(seen_, announced_), consumed_ + ring_.bytes()); }

  StreamKind kind_;
  Rank origin_;
  Ring ring_;
  Slot slot_;
  Position received_ = 0;
  Position consumed_ = 0;
  Position seen_ = 0;
  Position written_ = 0;  // as seen, but not drawn back to the cut: ring bytes before written_ - ring are gone
  Position announced_ = 0;
  Position stable_ = 0;
  Position cut_ = kMaxPosition;
  Intervals intervals_;  // all beyond received_
  NakSchedule naks_{intervals_};
};

}  // namespace consort

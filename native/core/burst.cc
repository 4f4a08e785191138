#include "core/burst.h"

#include "core/crc32c.h"

namespace consort {

void Burst::add_data(const FrameHeader& header, StreamKind stream, Rank origin, const Ring& ring, Position position,
                     uint32_t length) {
  const size_t first_piece = pieces_.size();
  uint8_t* at = headers_[frames_].bytes;
  write_header(at, header);
  write_data(at + kHeaderBytes, stream, origin, length, position);
  pieces_.push_back({at, kDataOverheadBytes});
  Piece parts[2];
  const uint32_t count = ring.pieces(position, length, parts);
  for (uint32_t i = 0; i < count; i++) pieces_.push_back(parts[i]);
  end_frame(first_piece, data_frame_bytes(length));
}

void Burst::add_frame(const uint8_t* frame, uint32_t length) {
  const size_t first_piece = pieces_.size();
  pieces_.push_back({frame, length});
  end_frame(first_piece, length + (checked_ ? kTrailerBytes : 0));
}

void Burst::end_frame(size_t first_piece, uint32_t frame_bytes) {
  if (checked_) {
    uint32_t crc = 0;
    for (size_t i = first_piece; i < pieces_.size(); i++) crc = crc32c(pieces_[i].data, pieces_[i].bytes, crc);
    uint8_t* at = trailers_[frames_].bytes;
    write_trailer(at, crc);
    pieces_.push_back({at, kTrailerBytes});
  }
  if (frames_ == 0) segment_ = frame_bytes;
  last_ = frame_bytes;
  bytes_ += frame_bytes;
  frames_++;
}

}  // namespace consort

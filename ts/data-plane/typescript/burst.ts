// Frames that go out in one system call. Twin: native/core/burst.cc
//
//   burst = frame frame frame ...        all of `segment` bytes but the last, which may be shorter (what UDP_SEGMENT demands)
//   frame = header piece, then one or two pieces of a ring: the stream's bytes are never copied on their way to the socket
//
// Headers and trailers are written into spaces that are used again and again. What a frame costs are the views of the ring.
import { crc32c } from './crc32c.js';
import type { FrameHeader, StreamKind } from './frame.js';
import { DATA_OVERHEAD_BYTES, HEADER_BYTES, TRAILER_BYTES, writeData, writeHeader, writeTrailer } from './frame.js';
import type { Position, Rank } from './limits.js';
import { MAX_BURST_BYTES, MAX_BURST_FRAMES } from './limits.js';
import type { Ring } from './ring.js';

/** Where frames go. */
export interface Sink {
  /**
   * Returns false when it cannot take the burst now; nothing of it went out then, and the plane offers it again when
   * polled next. The burst and the memory it points to are valid during the call only.
   */
  send(burst: Burst): boolean;
}

const NOBODY: readonly Rank[] = [];

export class Burst {
  private readonly checked: boolean;
  private readonly headers: Spaces;
  private readonly trailers: Spaces;
  private readonly firstPieces = new Uint16Array(MAX_BURST_FRAMES + 1);
  /** Those from `pieceCount` on are of bursts before. Never made shorter: an array that is emptied takes new memory when it fills again. */
  private readonly _pieces: Uint8Array[] = [];
  private pieceCount = 0;
  private _destinations: readonly Rank[] = NOBODY;
  private _all = false;
  private _frames = 0;
  private _segment = 0;
  private _bytes = 0;
  private last = 0;

  constructor(checked: boolean) {
    this.checked = checked;
    this.headers = new Spaces(DATA_OVERHEAD_BYTES);
    this.trailers = new Spaces(TRAILER_BYTES);
  }

  /**
   * Empties the burst and names the ranks that it goes to; they must outlive it. `all`: every live member of the view,
   * so one multicast will do.
   */
  begin(destinations: readonly Rank[], all: boolean): void {
    this._destinations = destinations;
    this._all = all;
    this._frames = this._segment = this._bytes = this.last = this.pieceCount = 0;
  }

  /** Whether a frame of this many bytes may follow those that are in. */
  fits(frameBytes: number): boolean {
    if (this._frames === 0) return true;
    return (
      this._frames < MAX_BURST_FRAMES &&
      this.last === this._segment &&
      frameBytes <= this._segment &&
      this._bytes + frameBytes <= MAX_BURST_BYTES
    );
  }

  /** A DATA frame of `length` bytes of the ring at `position`. The caller has asked fits(dataFrameBytes(length)). */
  addData(header: FrameHeader, stream: StreamKind, origin: Rank, ring: Ring, position: Position, length: number): void {
    const firstPiece = this.pieceCount;
    const at = this.headers.at(this._frames);
    writeHeader(at, 0, header);
    writeData(at, HEADER_BYTES, stream, origin, length, position);
    this._pieces[this.pieceCount++] = at;
    this.pieceCount += ring.pieces(position, length, this._pieces, this.pieceCount);
    this.endFrame(firstPiece, this.dataFrameBytes(length));
  }

  /** A frame that is written out already, header included, all but the trailer; its bytes must outlive the burst. */
  addFrame(frame: Uint8Array, length: number): void {
    const firstPiece = this.pieceCount;
    this._pieces[this.pieceCount++] = frame.subarray(0, length);
    this.endFrame(firstPiece, length + (this.checked ? TRAILER_BYTES : 0));
  }

  dataFrameBytes(length: number): number {
    return DATA_OVERHEAD_BYTES + length + (this.checked ? TRAILER_BYTES : 0);
  }

  get empty(): boolean {
    return this._frames === 0;
  }

  get frames(): number {
    return this._frames;
  }

  get segment(): number {
    return this._segment;
  }

  get bytes(): number {
    return this._bytes;
  }

  get all(): boolean {
    return this._all;
  }

  get destinations(): readonly Rank[] {
    return this._destinations;
  }

  /** Of its frames: see firstPiece(). What comes after the last frame's is of no burst. */
  get pieces(): readonly Uint8Array[] {
    return this._pieces;
  }

  /**
   * Frame i is pieces[firstPiece(i)] up to but not pieces[firstPiece(i + 1)]. Only in this twin: Node's sockets take a
   * datagram at a time.
   */
  firstPiece(frame: number): number {
    return this.firstPieces[frame] as number;
  }

  private endFrame(firstPiece: number, frameBytes: number): void {
    if (this.checked) {
      let crc = 0;
      for (let i = firstPiece; i < this.pieceCount; i++) {
        const piece = this._pieces[i] as Uint8Array;
        crc = crc32c(piece, piece.length, crc);
      }
      const at = this.trailers.at(this._frames);
      writeTrailer(at, 0, crc);
      this._pieces[this.pieceCount++] = at;
    }
    if (this._frames === 0) this._segment = frameBytes;
    this.last = frameBytes;
    this._bytes += frameBytes;
    this._frames++;
    this.firstPieces[this._frames] = this.pieceCount;
  }
}

/** As many spaces of one size as a burst has frames, made when they are first wanted: many a view never fills a burst. */
class Spaces {
  private readonly made: Uint8Array[] = [];

  constructor(private readonly bytes: number) {}

  at(index: number): Uint8Array {
    this.made[index] ??= new Uint8Array(this.bytes);
    return this.made[index];
  }
}

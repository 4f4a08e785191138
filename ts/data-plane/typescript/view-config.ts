// What is agreed of a view before its first frame. Twin: native/core/view_config.h
import { StreamKind } from './frame.js';
import type { Rank } from './limits.js';

export interface ViewConfig {
  readonly connectionLow: number; // names the view, its group and key: 64 bits in two halves
  readonly connectionHigh: number;
  readonly myRank: Rank;
  readonly members: number; // 1 .. MAX_MEMBERS
  readonly frameBytes: number; // the largest frame to send, trailer included; MIN_FRAME_BYTES .. MAX_FRAME_BYTES, a multiple of 8
  readonly maxWindow: number; // bytes of a stream on their way at most
  readonly checked: boolean; // whether frames carry a checksum, and must
  readonly seed: number; // 32 bits
  readonly prompt: boolean; // of casts, what has arrived here and what is stable is told in the step in which it grew
}

/** Whether news of streams of this kind is told at once. */
export function isPrompt(config: ViewConfig, kind: StreamKind): boolean {
  return config.prompt && kind === StreamKind.cast;
}

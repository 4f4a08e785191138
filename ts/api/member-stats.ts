/** What a member counts and holds. */
import type { PlaneStats, ThreadMode } from '../data-plane/data-plane.js';

/** What `stats()` shows: the counts of the data plane, and what the member holds now. */
export type MemberStats = PlaneStats & {
  /** Bytes of memory in the rings of the view, in those that wait for the next one, and of long messages that have not arrived wholly. */
  readonly memoryBytes: number;
  /** Bytes that wait for flow control, with the header that each message has. */
  readonly queuedBytes: number;
  readonly mode: 'native' | 'ts';
  readonly threadMode: ThreadMode;
};

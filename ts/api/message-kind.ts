/**
 * What the kind of an application's record says: by which call it was sent, and how safe it is while a state is transferred.
 *
 *   kind   call: CastKind in bits 0-3 | index in SAFETIES in bits 4-5
 *
 * A generic cast is 0, so it takes the fastest way there is.
 */
const CALL_BITS = 4;

export function kindOf(call: number, safety: number): number {
  return call | (safety << CALL_BITS);
}

export function callOf(kind: number): number {
  return kind & ((1 << CALL_BITS) - 1);
}

/** Larger than any of SAFETIES, where nobody writes such a kind. */
export function safetyOf(kind: number): number {
  return kind >>> CALL_BITS;
}

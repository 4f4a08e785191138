/**
 * How strict a state transfer is, and how safe a message. While a state is transferred to a server that joins, messages that may change the state
 * are kept back: what waits is what is less safe than the strictest transfer in progress asks for (invariant 13).
 *
 *   transfer    generic   safe      transfer
 *   none, free  goes      goes      goes
 *   protected   waits     goes      goes
 *   atomic      waits     waits     goes
 *
 * Source: `Maestro_XferType` and `Maestro_MsgXferSafety` of the seed documents.
 */
export const TRANSFER_TYPES = ['none', 'free', 'protected', 'atomic'] as const;
/** How strict: `none` does without a transfer, `free` keeps nothing back. */
export type TransferType = (typeof TRANSFER_TYPES)[number];

export const SAFETIES = ['generic', 'safe', 'transfer'] as const;
/** `generic`: it may change the state. `safe`: it does not. `transfer`: it belongs to the transfer itself. */
export type Safety = (typeof SAFETIES)[number];

/** The least level of safety (its index in SAFETIES) that goes out during such a transfer. */
export function gateOf(type: TransferType): number {
  return Math.max(0, TRANSFER_TYPES.indexOf(type) - 1);
}

/** The strictest of them; `none` of none. */
export function strictest(types: Iterable<TransferType>): TransferType {
  let level = 0;
  for (const type of types) level = Math.max(level, TRANSFER_TYPES.indexOf(type));
  return TRANSFER_TYPES[level] as TransferType;
}

/** The options that servers with a transfer of their state have besides those of clients and servers. */
import type { ClientServerOptions } from './client-server-options.js';
import type { OptionDeclaration } from './option-table.js';

export interface StateTransferOptions extends ClientServerOptions {
  readonly stateTimeout?: number | undefined;
  readonly maxStateSize?: number | undefined;
}

const GIB = 2 ** 30;

export const STATE_TRANSFER_OPTIONS = {
  stateTimeout: {
    kind: { type: 'integer', unit: 'ms', min: 1, max: 86_400_000 },
    default: 10_000,
    sentence:
      'A server that was asked for the state, and says nothing for so long, is given up, and another one is asked.',
  },
  maxStateSize: {
    kind: { type: 'integer', unit: 'bytes', min: 0, max: 64 * GIB },
    default: GIB,
    sentence: 'The largest state, or part of it, that `getState()` takes; `streamState()` has no limit.',
  },
} as const satisfies Record<string, OptionDeclaration>;

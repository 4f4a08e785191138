/**
 * The bench's limit row: the same bytes through the same system calls, with no protocol and no JavaScript (native/io/limit_loop.h). Not
 * part of the public face.
 */
import { type AddonLimitSocket, loadAddon } from './addon-loader.js';

export type { LimitResult } from './addon-loader.js';
export type LimitSocket = AddonLimitSocket;

/** Opens a socket on `host`. Throws when there is no addon, or no socket to be had. */
export function openLimitSocket(host: string, offload: boolean): LimitSocket {
  const result = loadAddon();
  if (!result.loaded) throw new Error(`no limit row without the addon: ${result.reason}`);
  return new result.addon.LimitSocket(host, offload);
}

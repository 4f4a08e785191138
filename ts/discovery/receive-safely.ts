/** Hands an announcement up. What is thrown there must not come out of a socket's event, where it would end the process. */
import { ConsortError } from '../base/errors.js';
import type { DiscoveryContext } from './discovery.js';
import type { Troubles } from './troubles.js';

export function receiveSafely(context: DiscoveryContext, troubles: Troubles, body: Uint8Array): void {
  try {
    context.receive(body);
  } catch (cause) {
    troubles.tell(
      'receive',
      () => new ConsortError('ERR_DISCOVERY', "discovery: an announcement can't be handled", { cause }),
    );
  }
}

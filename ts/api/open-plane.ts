/** From options to a bound socket with a data plane behind it, or to an error with nothing left open. */

import { Endpoint } from '../base/endpoint.js';
import { ConsortArgumentError, ConsortError, isConsortError } from '../base/errors.js';
import type { Address } from '../data-plane/data-plane.js';
import { type DriverFactory, Plane, type PlaneEvents } from '../data-plane/plane.js';
import { familyOf, resolveAddress } from '../transport/address.js';
import type { CheckedOptions } from './options.js';

/** Asked of the kernel for each direction; it may give less. */
export const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/** How the data plane of a mode is had: `driverFor` of ts/data-plane/drivers.ts. */
export type DriverChoice = (
  mode: CheckedOptions['mode'],
) => Promise<{ readonly mode: 'native' | 'ts'; readonly create: DriverFactory }>;

export async function openPlane(
  options: CheckedOptions,
  chooseDriver: DriverChoice,
  events: PlaneEvents,
): Promise<Plane> {
  const { multicastGroup } = options;
  const address = await resolveAddress(options.address, multicastGroup === undefined ? 0 : familyOf(multicastGroup));
  checkFamilies(address, multicastGroup);
  const { create } = await chooseDriver(options.mode);
  try {
    return await Plane.open(
      create,
      {
        threadMode: options.threadMode,
        address,
        multicast: multicastGroup,
        socketBufferBytes: SOCKET_BUFFER_BYTES,
        offload: options.offload,
        drop: options.drop ?? { rate: 0, seed: 0 },
        frameBytes: options.mtu,
      },
      events,
    );
  } catch (cause) {
    if (isConsortError(cause)) throw cause;
    const { name } = new Endpoint(address.host, address.port);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConsortError('ERR_BIND', `the socket can't be bound to ${name}: ${reason}`, {
      cause,
      details: { address },
    });
  }
}

function checkFamilies(address: Address, multicastGroup: Address | undefined): void {
  if (multicastGroup === undefined || familyOf(address) === familyOf(multicastGroup)) return;
  throw new ConsortArgumentError(
    'ERR_INVALID_OPTION',
    `options.multicastGroup: ${multicastGroup.host} is IPv${familyOf(multicastGroup)} and options.address ` +
      `${address.host} is IPv${familyOf(address)}, want both of one family`,
    { details: { path: 'options.multicastGroup', got: multicastGroup, address } },
  );
}

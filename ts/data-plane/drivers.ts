/** Chooses between the two implementations of the data plane. */
import { ConsortError } from '../base/errors.js';
import { loadAddon } from './addon-loader.js';
import { createNativeDriver } from './native.js';
import type { DriverFactory } from './plane.js';
import { createTypeScriptDriver } from './typescript/io-driver.js';

export type Mode = 'auto' | 'native' | 'ts';

export interface NativeStatus {
  readonly loaded: boolean;
  /** Where the addon was loaded from. */
  readonly path?: string;
  /** Why there is none: what was tried, and what went wrong. */
  readonly reason?: string;
}

/** Whether the C++ addon can be used in this process, and why not. */
export function nativeStatus(): NativeStatus {
  const result = loadAddon();
  return result.loaded ? { loaded: true, path: result.path } : { loaded: false, reason: result.reason };
}

let warned = false;

/**
 * The driver for a mode. `'auto'` takes the addon where there is one, and says once where there is none.
 *
 * @throws ConsortError ERR_NATIVE_UNAVAILABLE for `'native'` without an addon
 */
export async function driverFor(mode: Mode): Promise<{ mode: 'native' | 'ts'; create: DriverFactory }> {
  const result = mode === 'ts' ? undefined : loadAddon();
  if (result?.loaded === true) {
    const { addon } = result;
    return { mode: 'native', create: (options, events) => createNativeDriver(addon, options, events) };
  }
  if (result !== undefined && mode === 'native') {
    throw new ConsortError('ERR_NATIVE_UNAVAILABLE', `the native data plane can't be loaded: ${result.reason}`);
  }
  if (result !== undefined && !warned && process.env.CONSORT_MODE !== 'ts') {
    warned = true;
    process.emitWarning(`the native data plane can't be loaded, going on in 'ts' mode: ${result.reason}`, {
      code: 'CONSORT_NO_NATIVE',
    });
  }
  return { mode: 'ts', create: createTypeScriptDriver };
}

/** Time, timers and randomness of this machine, for the protocol. */
import { randomInt } from 'node:crypto';
import type { Environment } from '../stack/environment.js';

export const systemEnvironment: Environment = {
  now: () => performance.now(),
  setTimer: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
  defer: (callback) => {
    setImmediate(callback);
  },
  random: (bound) => randomInt(bound),
};

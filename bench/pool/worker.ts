/** What runs in each thread of the pool: carries out commands until the pool is destroyed. */
import type { MessagePort } from 'node:worker_threads';
import { createCommands } from '../roles/commands.js';
import { isUnverified } from '../verify/unverified-error.js';
import type { Call, Reply } from './protocol.js';

/** The pool's task. It never ends: the thread is one member's for as long as it lives. */
export function serve(port: MessagePort): Promise<never> {
  const commands = createCommands() as Record<string, (argument: unknown) => unknown>;
  const answer = async ({ id, name, argument }: Call): Promise<Reply> => {
    try {
      return { id, value: await commands[name]?.(argument) };
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { id, error: text, unverified: isUnverified(error) };
    }
  };
  return new Promise((_, reject) => {
    port.on('message', (call: Call) => {
      answer(call).then((reply) => port.postMessage(reply), reject);
    });
  });
}

/** Where output goes: a file, or '-' for standard output. */
import { writeFile } from 'node:fs/promises';
import { UsageError } from './usage-error.js';

export const STANDARD_OUTPUT = '-';

/** @throws UsageError when the file can't be written */
export async function writeOutput(where: string, text: string): Promise<void> {
  if (where === STANDARD_OUTPUT) return write(process.stdout, text);
  try {
    await writeFile(where, text);
  } catch (error) {
    throw new UsageError(`${where}: can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Resolves when it is written: the process may end right after. */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

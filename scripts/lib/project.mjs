// What the scripts share: where the project is, what is in it, how to run a tool of it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A file of a development tool, whether or not its package exports it. */
export function toolFile(packageName, file) {
  return join(root, 'node_modules', packageName, file);
}

/** Files under a folder of the project whose path matches, sorted, relative to the project; none if it is absent. */
export function listFiles(folder, pattern) {
  const from = join(root, folder);
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => pattern.test(path))
    .sort();
}

/** Runs a command in the project with our standard streams; its exit code, or 1 when it did not run or was killed. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) console.error(`${command}: ${result.error.message}`);
  return result.status ?? 1;
}

export function runNode(args, options) {
  return run(process.execPath, args, options);
}

/** Whether a command is on the PATH and starts. */
export function isInstalled(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The value after a `--name` on the command line. */
export function optionValue(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

/** The line that ends every test run; whoever reads logs by machine relies on its form. */
export function summaryLine({ passed, failed, skipped = 0 }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

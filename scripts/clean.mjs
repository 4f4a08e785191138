// Removes everything that a build, a test run or a packing has made.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/project.mjs';

for (const folder of ['build', 'dist', 'prebuilds', 'coverage']) {
  rmSync(join(root, folder), { recursive: true, force: true });
}

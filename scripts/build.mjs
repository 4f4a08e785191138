// Builds everything a checkout needs: the addon (where this machine can) and dist/. Runs as `prepare`,
// so that `npm ci` alone gives a working checkout.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, root, runNode, toolFile } from './lib/project.mjs';

// tsc leaves the output of a source that has since been deleted or renamed; it would be published, and
// an import of it would go on working here and nowhere else.
function removeOutputsWithoutSource() {
  for (const file of listFiles('dist', /\.js$/)) {
    const stem = file.slice('dist/'.length, -'.js'.length);
    if (existsSync(join(root, `${stem}.ts`))) continue;
    for (const ending of ['.js', '.js.map', '.d.ts']) rmSync(join(root, 'dist', stem + ending), { force: true });
  }
}

const native = process.argv.includes('--ts-only') ? 0 : runNode([join(root, 'scripts/build-native.mjs')]);
if (native !== 0) process.exit(native);
// The scripts of the bench's page know a browser and no Node: they have settings of their own.
const projects = ['tsconfig.json', 'bench/report/page/browser/tsconfig.json'];
const compiled = projects.map((file) => runNode([toolFile('typescript', 'lib/tsc.js'), '-p', join(root, file)]));
removeOutputsWithoutSource();
process.exitCode = Math.max(...compiled);

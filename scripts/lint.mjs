// All static checks, each run even when an earlier one failed. --fix formats instead.
import { join } from 'node:path';
import { listFiles, root, runNode, toolFile } from './lib/project.mjs';

const fix = process.argv.includes('--fix');

function biome() {
  const mode = fix ? ['check', '--write'] : ['check', '--error-on-warnings'];
  return runNode([toolFile('@biomejs/biome', 'bin/biome'), ...mode, '.']);
}

function clangFormat() {
  const files = listFiles('native', /\.(cc|h)$/);
  if (files.length === 0) return 0;
  const mode = fix ? ['-i'] : ['--dry-run', '--Werror'];
  return runNode([toolFile('clang-format', 'index.js'), ...mode, ...files]);
}

function types() {
  const projects = [['tsconfig.test.json'], ['bench/report/page/browser/tsconfig.json', '--noEmit']];
  const check = ([file, ...more]) => runNode([toolFile('typescript', 'lib/tsc.js'), '-p', join(root, file), ...more]);
  return Math.max(...projects.map(check));
}

function importRules() {
  const folders = ['ts', 'bench', 'test', 'examples'].filter((folder) => listFiles(folder, /\.ts$/).length > 0);
  const cli = toolFile('dependency-cruiser', 'bin/dependency-cruise.mjs');
  return runNode([cli, '--config', '.dependency-cruiser.mjs', ...folders]);
}

const checks = fix ? { biome, clangFormat } : { biome, clangFormat, types, importRules };
const failed = Object.entries(checks).filter(([, check]) => check() !== 0);
for (const [name] of failed) console.error(`lint: ${name} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

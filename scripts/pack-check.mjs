// Packs the package and checks the tarball as its users will meet it: what is in it, how large it is,
// that publint and attw find no fault, that ESM and CommonJS programs can import it, and that its types
// hold in a strict program. Nothing is installed: the unpacked tarball finds its dependencies in our
// node_modules, and the import rules see that it imports no development package.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, root, run, runNode, summaryLine, toolFile } from './lib/project.mjs';

const maxTarballBytes = 1.5 * 1024 * 1024;
const folder = 'build/pack';
const consumer = join(root, folder, 'consumer');
const unpacked = `${folder}/consumer/node_modules/consort`;

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function pack() {
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, unpacked), { recursive: true });
  if (run(npm, ['pack', '--silent', '--pack-destination', folder]) !== 0) throw new Error('npm pack failed');
  const tarball = join(
    folder,
    readdirSync(join(root, folder)).find((name) => name.endsWith('.tgz')),
  );
  if (run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]) !== 0) throw new Error('tar failed');
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  return tarball;
}

function contentFaults(tarball) {
  const files = listFiles(unpacked, /./).map((file) => file.slice(unpacked.length + 1));
  const manifest = JSON.parse(readFileSync(join(root, unpacked, 'package.json'), 'utf8'));
  const faults = [];
  // npm compiles in every install what has this file, and newer npm refuses to.
  if (files.includes('binding.gyp')) faults.push('binding.gyp is in the tarball');
  for (const script of ['preinstall', 'install', 'postinstall']) {
    if (manifest.scripts?.[script]) faults.push(`there is a script "${script}"`);
  }
  for (const wanted of ['LICENSE', 'README.md', 'dist/ts/index.js', 'dist/ts/index.d.ts', 'dist/ts/cli/main.js']) {
    if (!files.includes(wanted)) faults.push(`${wanted} is missing`);
  }
  for (const file of files.filter((name) => /(^|\/)(test|node_modules|build)\/|\.tsbuildinfo$/.test(name))) {
    faults.push(`${file} does not belong in it`);
  }
  const bytes = statSync(join(root, tarball)).size;
  console.log(`${tarball}: ${files.length} files, ${bytes} bytes`);
  if (bytes > maxTarballBytes) faults.push(`it has ${bytes} bytes, more than ${maxTarballBytes}`);
  for (const fault of faults) console.error(`  ${fault}`);
  return faults.length === 0;
}

function runInConsumer(file, source) {
  writeFileSync(join(consumer, file), source);
  return spawnSync(process.execPath, [file], { cwd: consumer, stdio: 'inherit' }).status === 0;
}

function typesHold() {
  writeFileSync(
    join(consumer, 'use.ts'),
    "import * as consort from 'consort';\nexport type Face = keyof typeof consort;\n",
  );
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
  const settings = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node'];
  const modes = [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ];
  const tsc = toolFile('typescript', 'lib/tsc.js');
  return modes.every((mode) => runNode([tsc, ...options, ...settings, ...mode, 'use.ts'], { cwd: consumer }) === 0);
}

const tarball = pack();
const checks = {
  content: () => contentFaults(tarball),
  publint: () => runNode([toolFile('publint', 'src/cli.js'), 'run', tarball, '--strict']) === 0,
  attw: () => runNode([toolFile('@arethetypeswrong/cli', 'dist/index.js'), tarball, '--profile', 'esm-only']) === 0,
  'ESM import': () => runInConsumer('use.mjs', "await import('consort');\n"),
  'CommonJS require': () => runInConsumer('use.cjs', "require('consort');\n"),
  types: typesHold,
};
const failed = Object.keys(checks).filter((name) => !checks[name]());
for (const name of failed) console.error(`FAIL ${name}`);
console.log(summaryLine({ passed: Object.keys(checks).length - failed.length, failed: failed.length }));
process.exitCode = failed.length > 0 ? 1 : 0;

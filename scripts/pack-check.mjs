// Packs the package and checks the tarball as its users will meet it: what is in it, how large it is,
// that publint and attw find no fault, that ESM and CommonJS programs can import it, that its types
// hold in a strict program, and that the first program of the README does what the README says. Nothing is installed: the unpacked tarball finds its dependencies in our
// node_modules, and the import rules see that it imports no development package.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listFiles, root, run, runNode, summaryLine, toolFile } from './lib/project.mjs';

const maxTarballBytes = 1.5 * 1024 * 1024;
const readmeMs = 30_000;
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

/** The README's chat, in two processes: what is typed at one is read at the other, which sees it go. */
async function readmeHolds() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, program] = /```js\n(\/\/ chat\.mjs\n.*?)```/s.exec(readme) ?? [];
  if (program === undefined) throw new Error('README.md has no chat.mjs');
  // A group of its own: others may run this on this machine.
  writeFileSync(join(consumer, 'chat.mjs'), program.replace("'chat'", `'chat ${process.pid} ${Date.now()}'`));
  const members = [chat(), chat()];
  const timer = setTimeout(() => members.forEach(({ child }) => void child.kill()), readmeMs);
  const [first, second] = members;
  await Promise.all(members.map((each) => each.line(/^2 here: /)));
  first.child.stdin.write('hello\n');
  await second.line(/: hello$/);
  first.child.stdin.end();
  await second.line(/^1 here: /, 1);
  second.child.stdin.end();
  const codes = await Promise.all(members.map(({ ended }) => ended));
  clearTimeout(timer);
  return codes.every((code) => code === 0);
}

function chat() {
  const child = spawn(process.execPath, ['chat.mjs'], { cwd: consumer, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  let look = () => {};
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    look();
  });
  const ended = new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code);
      look();
    });
  });
  /** Waits for a line; the second parameter is how many lines do not count. */
  const line = async (pattern, from = 0) => {
    while (!lines.slice(from).some((each) => pattern.test(each))) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await new Promise((resolve) => {
        look = resolve;
      });
    }
  };
  return { child, line, ended };
}

const tarball = pack();
const checks = {
  content: () => contentFaults(tarball),
  publint: () => runNode([toolFile('publint', 'src/cli.js'), 'run', tarball, '--strict']) === 0,
  attw: () => runNode([toolFile('@arethetypeswrong/cli', 'dist/index.js'), tarball, '--profile', 'esm-only']) === 0,
  'ESM import': () => runInConsumer('use.mjs', "await import('consort');\n"),
  'CommonJS require': () => runInConsumer('use.cjs', "require('consort');\n"),
  types: typesHold,
  'the program of README.md': readmeHolds,
};
const failed = [];
for (const [name, check] of Object.entries(checks)) {
  if (!(await check())) failed.push(name);
}
for (const name of failed) console.error(`FAIL ${name}`);
console.log(summaryLine({ passed: Object.keys(checks).length - failed.length, failed: failed.length }));
process.exitCode = failed.length > 0 ? 1 : 0;

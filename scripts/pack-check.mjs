// Packs the package and checks the tarball as its users will meet it: what is in it, how large it is,
// that publint and attw find no fault, that ESM and CommonJS programs can import it, that its types
// hold in a strict program, and that the first program of the README, the benchmark of docs/benchmarking.md and the
// example of a store do what is said there. Nothing is installed: the unpacked tarball finds its dependencies in our
// node_modules, and the import rules see that it imports no development package.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listFiles, root, run, runNode, summaryLine, toolFile } from './lib/project.mjs';

const maxTarballBytes = 1.5 * 1024 * 1024;
const readmeMs = 30_000;
const programMs = 240_000; // on a machine with other things to do
const folder = 'build/pack';
const consumer = join(root, folder, 'consumer');
const unpacked = `${folder}/consumer/node_modules/consort`;
const command = join(root, unpacked, 'dist/ts/cli/main.js');

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
    [
      "import * as consort from 'consort';",
      "import { type Benchmark, defineBenchmarks } from 'consort/check';",
      'export type Face = keyof typeof consort;',
      "const one: Benchmark = { name: 'one', setup: () => ({ run: (iterations: number) => iterations }) };",
      'export const benchmarks: readonly Benchmark[] = defineBenchmarks([one]);',
      '',
    ].join('\n'),
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

/** Runs a program in the consumer's folder; what it has said, or undefined when it failed or took too long. */
function outputOf(args, codes = [0]) {
  const options = { cwd: consumer, encoding: 'utf8', timeout: programMs, stdio: ['ignore', 'pipe', 'pipe'] };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  if (codes.includes(status)) return stdout;
  console.error(`${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
  return undefined;
}

/** The benchmark that docs/benchmarking.md begins with, of a project that is there twice and the same. */
function checkHolds() {
  const page = readFileSync(join(root, 'docs/benchmarking.md'), 'utf8');
  const [, program] = /```js\n(\/\/ consort\.check\.mjs\n.*?)```/s.exec(page) ?? [];
  if (program === undefined) throw new Error('docs/benchmarking.md has no consort.check.mjs');
  for (const side of ['base', 'head']) {
    mkdirSync(join(consumer, side, 'dist'), { recursive: true });
    // Both have what they import in a node_modules of their own.
    symlinkSync(join(consumer, 'node_modules'), join(consumer, side, 'node_modules'));
    writeFileSync(join(consumer, side, 'consort.check.mjs'), program);
    const parse = "export const parse = (text) => new Map(text.split(';').map((pair) => pair.split('=')));\n";
    writeFileSync(join(consumer, side, 'dist/parse.js'), parse);
  }
  const sides = ['head/consort.check.mjs', '--base-dir', 'base', '--head-dir', 'head'];
  const words = [...sides, '--quick', '--warm-up', '30', '--quartets', '10', '--json', '-', '--quiet'];
  // How fast this machine is today, and how steady, is not what is to be found out: no code but those of a check that worked.
  const json = outputOf([command, 'check', ...words], [0, 1, 3]);
  if (json === undefined) return false;
  const [benchmark] = JSON.parse(json).benchmarks;
  const holds = benchmark?.name === 'parse' && benchmark.counters[0]?.verdict === 'equal' && benchmark.launches > 0;
  if (!holds) console.error(json);
  return holds;
}

/** The store that counts while its replicas are killed. */
function storeHolds() {
  const said = outputOf(['node_modules/consort/examples/replicated-store.mjs', 'store']);
  return said !== undefined && /^after all of that it is 300$/m.test(said);
}

const tarball = pack();
const checks = {
  content: () => contentFaults(tarball),
  publint: () => runNode([toolFile('publint', 'src/cli.js'), 'run', tarball, '--strict']) === 0,
  attw: () => runNode([toolFile('@arethetypeswrong/cli', 'dist/index.js'), tarball, '--profile', 'esm-only']) === 0,
  'ESM import': () => runInConsumer('use.mjs', "await import('consort');\n"),
  'ESM import of consort/check': () => runInConsumer('use-check.mjs', "await import('consort/check');\n"),
  'CommonJS require': () => runInConsumer('use.cjs', "require('consort');\n"),
  types: typesHold,
  'the program of README.md': readmeHolds,
  'the benchmark of docs/benchmarking.md': checkHolds,
  'the example of a store': storeHolds,
  'the help of consort bench store': () => /--quick/.test(outputOf([command, 'bench', 'store', '--help']) ?? ''),
};
const failed = [];
for (const [name, check] of Object.entries(checks)) {
  if (!(await check())) failed.push(name);
}
for (const name of failed) console.error(`FAIL ${name}`);
console.log(summaryLine({ passed: Object.keys(checks).length - failed.length, failed: failed.length }));
process.exitCode = failed.length > 0 ? 1 : 0;

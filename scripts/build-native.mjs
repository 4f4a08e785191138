// Compiles the addon to build/Release/consort.node.
//
// Consort works without it (mode 'ts'), so a machine with no compiler is no reason to fail an install:
// this prints one warning and exits 0, unless the addon is required by CONSORT_NATIVE=required or
// --required. CONSORT_NATIVE=off compiles nothing. --prebuild also puts a stripped copy where the
// published package carries it.
//
// The script is published too: it must not need anything but node-gyp, node-addon-api and the files
// beside it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeSources } from './native-sources.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const addon = join(root, 'build/Release/consort.node');
const stampFile = join(root, 'build/consort-configured');
const gypFile = join(root, 'binding.gyp');
const required = process.env.CONSORT_NATIVE === 'required' || process.argv.includes('--required');
const prebuild = process.argv.includes('--prebuild');

class BuildFailure extends Error {
  constructor(reason, log = '') {
    super(reason);
    this.log = log;
  }
}

function resolveOrFail(request, packageName) {
  try {
    return require.resolve(request);
  } catch {
    throw new BuildFailure(`${packageName} is not installed (npm install --no-save node-gyp node-addon-api)`);
  }
}

// node-gyp downloads the headers of this Node unless it is told where they are. Distributions install
// them beside the executable, so that a build there needs no network.
function nodeDirFlags() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

// What a Makefile of an earlier configure depends on. A new .cc file is among it: gyp looks for
// sources only when it configures.
function configuration(flags) {
  const parts = [gypFile, join(root, 'scripts/addon.gypi')].map((file) => readFileSync(file, 'utf8'));
  parts.push(nativeSources.join('\n'), flags.join(' '), process.version, process.arch, root);
  parts.push(process.env.CXX ?? '', process.env.CXXFLAGS ?? '');
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

function nodeGyp(...args) {
  const cli = resolveOrFail('node-gyp/bin/node-gyp.js', 'node-gyp');
  const run = spawnSync(process.execPath, [cli, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const log = `${run.stdout ?? ''}${run.stderr ?? ''}`;
  if (run.status !== 0) throw new BuildFailure(reasonIn(log) ?? `node-gyp ${args[0]} failed`, log);
}

// The first line that says what went wrong; the rest of a node-gyp log is stack traces of its own.
function reasonIn(log) {
  const patterns = [/^.*?((?:fatal )?error: .*)$/m, /^gyp ERR! stack (?:Error: )?(.*)$/m, /^gyp ERR! (.*)$/m];
  const compilerLine = /^(\S+:\d+(?::\d+)?: (?:fatal )?error: .*)$/m.exec(log);
  if (compilerLine) return compilerLine[1].replace('../', '');
  for (const pattern of patterns) {
    const match = pattern.exec(log);
    if (match) return match[1];
  }
  return undefined;
}

function writeGypFileIfMissing() {
  if (!existsSync(gypFile)) writeFileSync(gypFile, '{ "includes": ["scripts/addon.gypi"] }\n');
}

function compile() {
  if (nativeSources.length === 0) throw new BuildFailure('there is no C++ source under native/');
  resolveOrFail('node-addon-api', 'node-addon-api');
  writeGypFileIfMissing();
  const flags = nodeDirFlags();
  const wanted = configuration(flags);
  const configured = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
  if (!configured) {
    nodeGyp('configure', ...flags);
    writeFileSync(stampFile, wanted);
  }
  nodeGyp('build', '-j', String(availableParallelism()), ...flags);
  if (!existsSync(addon)) throw new BuildFailure('node-gyp reported success but made no build/Release/consort.node');
}

function prebuiltFile() {
  // glibc and musl builds of one architecture must not be taken for each other.
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  return join(folder, musl ? 'consort.musl.node' : 'consort.node');
}

function copyToPrebuilds() {
  const target = prebuiltFile();
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(addon, target);
  // Without strip the copy is larger, and otherwise the same.
  spawnSync('strip', process.platform === 'darwin' ? ['-x', target] : ['--strip-unneeded', target]);
}

function reportFailure(failure) {
  // An addon of older sources must not pass for one of these.
  rmSync(addon, { force: true });
  if (prebuild) rmSync(prebuiltFile(), { force: true });
  if (required) {
    console.error(failure.log);
    console.error(`consort: the native data plane was not built: ${failure.message}`);
    process.exitCode = 1;
    return;
  }
  console.warn(
    `consort: WARNING: the native data plane was not built, consort will run in 'ts' mode: ${failure.message}` +
      ' (CONSORT_NATIVE=required node scripts/build-native.mjs shows the whole log)',
  );
}

if (process.env.CONSORT_NATIVE === 'off') {
  console.log('consort: CONSORT_NATIVE=off, the native data plane is not built');
} else {
  try {
    compile();
    if (prebuild) copyToPrebuilds();
    console.log('consort: build/Release/consort.node is up to date');
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    reportFailure(error);
  }
}

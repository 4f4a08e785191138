// Compiles the stand-alone C++ programs of native/test (unit tests, fuzz targets) and runs them.
//
// A unit test, native/test/<unit>_test.cc, is a program: it prints `ok <name>` or `not ok <name>` for
// each test and exits non-zero when one failed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isInstalled, listFiles, root, run } from './project.mjs';

// As scripts/addon.gypi compiles it: what throws or needs RTTI has to fail here too.
const commonFlags = [
  '-std=c++20',
  '-g1', // lines for stack traces; variables would take a fifth longer to compile
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fno-exceptions',
  '-fno-rtti',
  '-pthread',
  '-Inative',
];

export function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++'];
  return candidates.find(isInstalled);
}

/** clang++ takes half as long as g++ to put AddressSanitizer in, but may be there without its run-time libraries. */
export function findSanitizingCompiler() {
  if (!process.env.CXX && canSanitize('clang++', 'address,undefined') && canSanitize('clang++', 'thread'))
    return 'clang++';
  return findCompiler();
}

/** Whether it links a program that does nothing. */
export function canSanitize(compiler, sanitizers, input = 'int main() { return 0; }') {
  if (!isInstalled(compiler)) return false;
  const folder = mkdtempSync(join(tmpdir(), 'consort-probe-'));
  const args = ['-x', 'c++', `-fsanitize=${sanitizers}`, '-', '-o', join(folder, 'probe')];
  const { status } = spawnSync(compiler, args, { input, stdio: ['pipe', 'ignore', 'ignore'] });
  rmSync(folder, { recursive: true });
  return status === 0;
}

export const unitTestSources = () => listFiles('native/test', /_test\.cc$/);

// io/ code that needs Node's headers cannot be linked into a program without Node; its tests are
// those of the addon.
function librarySources() {
  const needsNode = /#\s*include\s*[<"](napi|node_api|js_native_api|uv|node)\.h[>"]/;
  return listFiles('native', /^native\/(core|io)\/[^/]+\.cc$/).filter(
    (file) => !needsNode.test(readFileSync(join(root, file), 'utf8')),
  );
}

function writeIfChanged(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(file, text);
}

/**
 * Compiles `sources` with `flags`, and gives [{ name, file }], or undefined when that failed (the
 * compiler has said why). `flavor` names a folder under build/, in which unchanged files are not
 * compiled again; other flags get another folder.
 */
export function buildPrograms({ flavor, compiler, flags, sources }) {
  const cxxflags = [...commonFlags, ...flags].join(' ');
  const digest = createHash('sha256').update(`${compiler} ${cxxflags}`).digest('hex').slice(0, 8);
  const out = `build/native-${flavor}-${digest}`;
  const library = librarySources();
  mkdirSync(join(root, out), { recursive: true });
  writeIfChanged(join(root, out, 'library.txt'), library.join('\n'));
  const status = run('make', [
    '--silent',
    '-f',
    'scripts/native.mk',
    '-j',
    String(availableParallelism()),
    `OUT=${out}`,
    `CXX=${compiler}`,
    `CXXFLAGS=${cxxflags}`,
    `LIBRARY_SOURCES=${library.join(' ')}`,
    `PROGRAM_SOURCES=${sources.join(' ')}`,
  ]);
  if (status !== 0) return undefined;
  return sources.map((source) => ({
    name: basename(source, '.cc'),
    file: join(root, out, source.replace(/\.cc$/, '')),
  }));
}

// The sanitizers of today's compilers map their shadow at fixed places, and some kernels put the
// program there first: "unexpected memory mapping". Without address-space randomization they do not.
let withoutRandomization;
export function sanitizerCommand(file, args = []) {
  withoutRandomization ??= spawnSync('setarch', ['-R', 'true'], { stdio: 'ignore' }).status === 0;
  return withoutRandomization ? ['setarch', ['-R', file, ...args]] : [file, args];
}

function runUnitTest({ name, file }, { sanitized, env, timeoutMs }) {
  const [command, args] = sanitized ? sanitizerCommand(file) : [file, []];
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text;
    });
  }
  return new Promise((resolve) => {
    let error;
    child.on('error', (failure) => {
      error = failure;
    });
    child.on('close', (status, signal) => resolve(tellOutcome(name, { ...said, status, signal, error }, timeoutMs)));
  });
}

function tellOutcome(name, result, timeoutMs) {
  const passed = result.stdout.match(/^ok /gm)?.length ?? 0;
  const notOk = result.stdout.match(/^not ok /gm)?.length ?? 0;
  const fault = faultOf(result, { passed, notOk, timeoutMs });
  const failed = fault ? Math.max(notOk, 1) : 0;
  console.log(`${fault ? 'FAIL' : 'ok  '} ${name} (${passed} passed${failed ? `, ${failed} failed: ${fault}` : ''})`);
  if (fault) process.stdout.write(`${result.stdout}${result.stderr}`);
  return { passed, failed };
}

function faultOf(result, { passed, notOk, timeoutMs }) {
  if (result.error) return result.error.message;
  if (result.signal) return `killed by ${result.signal}; it may take ${timeoutMs / 1000} s`;
  if (result.status !== 0) return `exit code ${result.status}`;
  if (notOk > 0) return 'a test printed "not ok", yet the program exited with 0';
  if (passed === 0) return 'it printed no "ok" line';
  return undefined;
}

/** Compiles and runs every C++ unit test, as many at a time as there are processors; the number of tests that passed and failed. */
export async function runUnitTests({ flavor, compiler, flags, sanitized = false, env = {}, timeoutMs = 120_000 }) {
  const sources = unitTestSources();
  const programs = buildPrograms({ flavor, compiler, flags, sources });
  if (!programs) {
    console.log(`FAIL the C++ unit tests do not compile (${flavor})`);
    return { passed: 0, failed: 1 };
  }
  const counts = { passed: 0, failed: 0 };
  await inParallel(programs, async (program) => {
    const { passed, failed } = await runUnitTest(program, { sanitized, env, timeoutMs });
    counts.passed += passed;
    counts.failed += failed;
  });
  return counts;
}

/** Does the work for each item, for as many at a time as there are processors. */
export async function inParallel(items, work) {
  const left = [...items];
  const worker = async () => {
    while (left.length > 0) await work(left.shift());
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** The C++ unit tests as a developer runs them: optimized, assertions on, no sanitizer. */
export async function runPlainUnitTests() {
  const sources = unitTestSources();
  if (sources.length === 0) return { passed: 0, failed: 1, reason: 'there is no native/test/*_test.cc' };
  const compiler = isInstalled('make') ? findCompiler() : undefined;
  if (compiler) return runUnitTests({ flavor: 'plain', compiler, flags: ['-O2'] });
  const reason = 'no C++ compiler and make on this machine';
  if (process.env.CONSORT_NATIVE === 'required') return { passed: 0, failed: 1, reason };
  return { passed: 0, failed: 0, skipped: sources.length, reason };
}

// Fuzzes the C++ core: every native/test/fuzz_<unit>.cc, with libFuzzer, AddressSanitizer and
// UndefinedBehaviorSanitizer.
//
//   npm run fuzz -- [--seconds N] [--only fuzz_<unit>] [--seed N]
//
// --seconds is for each target (default 60). Inputs that reach new code are kept in build/fuzz/<target>/corpus and
// tried first the next time, beside those of native/test/corpus/<target>. Exit codes: 0 nothing found,
// 1 a finding, 2 usage, 3 this machine has no libFuzzer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { buildPrograms, canSanitize, inParallel, sanitizerCommand } from './lib/native-programs.mjs';
import { listFiles, optionValue, root } from './lib/project.mjs';

const limits = {
  rssMb: 1024, // memory that a hostile input makes us take
  inputSeconds: 10, // time that one input may take
};

const maxLogLines = 100; // of a failed target, on the terminal; the whole log stays in its file

const compiler = /clang/.test(process.env.CXX ?? '') ? process.env.CXX : 'clang++';
const fuzzFlags = [
  '-O1',
  '-fno-omit-frame-pointer',
  '-fno-sanitize-recover=all',
  '-fsanitize=fuzzer,address,undefined',
];

const EMPTY_TARGET = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }';

// clang may be there without its run-time libraries.
const hasLibFuzzer = () => canSanitize(compiler, 'fuzzer,address,undefined', EMPTY_TARGET);

async function fuzz({ name, file }, seconds, seed) {
  const folder = join('build/fuzz', name);
  const corpus = join(folder, 'corpus');
  const given = join('native/test/corpus', name);
  mkdirSync(join(root, corpus), { recursive: true });
  const args = [
    `-max_total_time=${seconds}`,
    `-timeout=${limits.inputSeconds}`,
    `-rss_limit_mb=${limits.rssMb}`,
    `-artifact_prefix=${folder}/`,
    ...(seed ? [`-seed=${seed}`] : []),
    corpus,
    ...(existsSync(join(root, given)) ? [given] : []),
  ];
  console.log(`${name}: ${seconds} s, log in ${folder}/log`);
  const log = openSync(join(root, folder, 'log'), 'w');
  const child = spawn(...sanitizerCommand(file, args), { cwd: root, stdio: ['ignore', log, log] });
  const [status] = await once(child, 'close');
  closeSync(log);
  const passed = status === 0;
  report({ name, file, folder, passed });
  return passed;
}

function report({ name, file, folder, passed }) {
  const log = readFileSync(join(root, folder, 'log'), 'utf8');
  if (passed) {
    console.log(`${name}: ${/^#\d+\s+DONE.*$/m.exec(log)?.[0] ?? 'done'}`);
    return;
  }
  console.error(log.split('\n').slice(-maxLogLines).join('\n'));
  console.error(`${name}: FOUND a fault. To see it again:`);
  const inputs = readdirSync(join(root, folder)).filter((entry) => entry !== 'corpus' && entry !== 'log');
  for (const input of inputs) console.error(`  ${relative(root, file)} ${folder}/${input}`);
}

async function fuzzAll(sources, seconds, seed) {
  const programs = buildPrograms({ flavor: 'fuzz', compiler, flags: fuzzFlags, sources });
  if (!programs) return 1;
  let findings = 0;
  await inParallel(programs, async (program) => {
    if (!(await fuzz(program, seconds, seed))) findings++;
  });
  console.log(`fuzz: ${programs.length} targets, ${findings} with findings`);
  return findings > 0 ? 1 : 0;
}

async function main() {
  const seconds = Number(optionValue('seconds', '60'));
  if (!Number.isInteger(seconds) || seconds < 1) {
    console.error('fuzz: --seconds wants a whole number of at least 1');
    return 2;
  }
  const only = optionValue('only', '');
  const sources = listFiles('native/test', /\/fuzz_[^/]+\.cc$/).filter(
    (file) => !only || basename(file, '.cc') === only,
  );
  if (sources.length === 0) {
    console.error(only ? `fuzz: there is no native/test/${only}.cc` : 'fuzz: there is no native/test/fuzz_*.cc');
    return only ? 2 : 1;
  }
  if (!hasLibFuzzer()) {
    console.error(
      'fuzz: needs clang++ with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer.\n' +
        'Debian, Ubuntu: apt-get install clang libclang-rt-dev   Fedora: dnf install clang compiler-rt',
    );
    return 3;
  }
  return fuzzAll(sources, seconds, optionValue('seed', ''));
}

process.exitCode = await main();

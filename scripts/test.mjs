// All tests: brings the build up to date, runs the C++ unit tests, then vitest (arguments go to vitest).
// The last line is `N passed, N failed`, with `, N skipped` when there are any.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runPlainUnitTests } from './lib/native-programs.mjs';
import { root, runNode, summaryLine, toolFile } from './lib/project.mjs';

const summaryFile = join(root, 'build/vitest-summary.json');

function runVitest(args) {
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(summaryFile, { force: true });
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/lib/vitest-summary.mjs')}`];
  const status = runNode([toolFile('vitest', 'vitest.mjs'), 'run', ...reporters, ...args], {
    env: { ...process.env, CONSORT_TEST_SUMMARY: summaryFile },
  });
  const summary = existsSync(summaryFile)
    ? JSON.parse(readFileSync(summaryFile, 'utf8'))
    : { passed: 0, failed: 0, skipped: [] };
  // Vitest can fail with no failed test: no test found, a coverage threshold, a crash.
  if (status !== 0 && summary.failed === 0) summary.failed = 1;
  return summary;
}

// Tests that are skipped for one reason are told as one line.
function printSkipped(skipped) {
  const byReason = new Map();
  for (const test of skipped) {
    const key = `${test.file}: ${test.reason}`;
    byReason.set(key, (byReason.get(key) ?? 0) + 1);
  }
  for (const [reason, count] of byReason) console.log(`skipped ${count} in ${reason}`);
}

async function testAll() {
  if (runNode([join(root, 'scripts/build.mjs')]) !== 0) {
    console.log('FAIL the build');
    return { passed: 0, failed: 1 };
  }
  console.log('\nC++ unit tests');
  const native = await runPlainUnitTests();
  if (native.reason) console.log(`${native.failed > 0 ? 'FAIL' : 'skipped'} C++ unit tests: ${native.reason}`);
  const vitest = runVitest(process.argv.slice(2));
  printSkipped(vitest.skipped);
  return {
    passed: native.passed + vitest.passed,
    failed: native.failed + vitest.failed,
    skipped: (native.skipped ?? 0) + vitest.skipped.length,
  };
}

const counts = await testAll();
process.exitCode = counts.failed > 0 ? 1 : 0;
console.log(summaryLine(counts));

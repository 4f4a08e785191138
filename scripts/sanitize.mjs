// Runs the C++ unit tests twice more: under AddressSanitizer with UndefinedBehaviorSanitizer, then
// under ThreadSanitizer (the two do not go together).
import { findSanitizingCompiler, runUnitTests, unitTestSources } from './lib/native-programs.mjs';
import { isInstalled, summaryLine } from './lib/project.mjs';

const common = ['-O1', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all'];

// g++ warns of every stand-alone fence, which ThreadSanitizer does not understand; a race that this
// hides or invents is for the report to show, not for the compilation to fail.
const fences = (compiler) => (/g\+\+/.test(compiler) && !/clang/.test(compiler) ? ['-Wno-error=tsan'] : []);

const flavors = [
  {
    title: 'AddressSanitizer and UndefinedBehaviorSanitizer',
    flavor: 'asan',
    flags: () => ['-fsanitize=address,undefined'],
    env: {
      ASAN_OPTIONS: 'detect_stack_use_after_return=1:strict_string_checks=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  },
  {
    title: 'ThreadSanitizer',
    flavor: 'tsan',
    flags: (compiler) => ['-fsanitize=thread', ...fences(compiler)],
    env: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' },
  },
];

async function sanitizeWith(compiler) {
  const total = { passed: 0, failed: 0 };
  for (const { title, flavor, flags, env } of flavors) {
    console.log(`\n${title} (${compiler})`);
    const counts = await runUnitTests({
      flavor,
      compiler,
      flags: [...common, ...flags(compiler)],
      sanitized: true,
      env,
      timeoutMs: 300_000,
    });
    total.passed += counts.passed;
    total.failed += counts.failed;
  }
  return total;
}

const compiler = findSanitizingCompiler();
if (!compiler || !isInstalled('make')) {
  console.error('sanitize: install g++ or clang++, and make (Debian, Ubuntu: apt-get install g++ make)');
  process.exitCode = 3;
} else if (unitTestSources().length === 0) {
  console.error('sanitize: there is no native/test/*_test.cc');
  process.exitCode = 1;
} else {
  const total = await sanitizeWith(compiler);
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

// A vitest reporter that writes the counts of a run, with the reason of each skipped test, as JSON to
// the file named by CONSORT_TEST_SUMMARY. Vitest's own JSON report leaves those reasons out.
import { writeFileSync } from 'node:fs';

function reasonOf(test, result) {
  if (test.options.mode === 'todo') return 'to be written';
  if (result.state === 'pending') return 'did not run';
  return result.note ?? 'no reason given';
}

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that cannot be loaded, or a hook that throws, fails without failing a test.
      summary.failed += module.errors().length > 0 ? 1 : 0;
      for (const suite of module.children.allSuites()) summary.failed += suite.errors().length > 0 ? 1 : 0;
      for (const test of module.children.allTests()) this.#count(summary, module, test);
    }
    writeFileSync(process.env.CONSORT_TEST_SUMMARY, JSON.stringify(summary));
  }

  #count(summary, module, test) {
    const result = test.result();
    if (result.state === 'passed') summary.passed++;
    else if (result.state === 'failed') summary.failed++;
    else summary.skipped.push({ file: module.relativeModuleId, name: test.fullName, reason: reasonOf(test, result) });
  }
}
